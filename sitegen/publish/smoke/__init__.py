"""Smoke: the checks that a deploy must pass before the public sees it, run by pytest against any address."""
