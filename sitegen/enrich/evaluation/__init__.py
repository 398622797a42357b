"""Evaluation: engines and prompts side by side on the same documents. The site's briefs and journal stay untouched."""
