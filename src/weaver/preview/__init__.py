"""Edits seen at once in a browser."""
