"""The tree as one page for the browser."""
