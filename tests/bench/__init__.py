"""The arithmetic of the measurements; the measurements themselves are no tests."""
