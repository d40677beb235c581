"""The legacy format, pure: names, envelope, message, archive layout, and the reading of answers. No I/O of its own."""
