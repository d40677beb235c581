"""Crashes, and what must be left after them."""
