"""Hostile input, made up by hypothesis: how to run more of it stands in docs/architecture.md."""
