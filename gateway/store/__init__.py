"""Rows and bytes: tables, queries and blobs."""
