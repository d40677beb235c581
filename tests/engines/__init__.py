"""Engines that the tests start for themselves."""
