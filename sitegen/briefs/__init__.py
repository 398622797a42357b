"""Briefs: the Markdown files that editors own, and the records of how they came to be."""
