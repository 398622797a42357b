"""The enrichment half: documents to summaries, resumable, journalled, cached."""
