"""Backup: what git does not hold, in one file, and back."""
