"""Tests of the legacy format."""
