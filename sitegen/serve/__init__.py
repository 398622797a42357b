"""The local server for authors."""
