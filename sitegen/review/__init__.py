"""The review desk: editors read briefs beside their documents, change them, and decide, in a browser on this machine.

It writes the same Markdown files that an editor would. ``docs/decisions/review-desk.md`` says why it is built so.
"""
