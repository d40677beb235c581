"""Thin programs on the public interfaces."""
