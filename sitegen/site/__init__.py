"""The site half: a pure function from files to files. It knows nothing of sources and engines."""
