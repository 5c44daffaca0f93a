"""The tree as Typst, and as a PDF."""
