"""Privacy: what in a text may be private, found before the text leaves the house. Both halves of sitegen use it."""
