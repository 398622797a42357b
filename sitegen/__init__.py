"""sitegen: documents in, short checkable briefs in the middle, a static public site out."""

__version__ = "0.1.0"
