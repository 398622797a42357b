"""The daemon: it watches the source and the site's files, pulls, builds, and tells how it is."""
