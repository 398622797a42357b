"""Check: what a build cannot see, or would be too slow to look at each time."""
