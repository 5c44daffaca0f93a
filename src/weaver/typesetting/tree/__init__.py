"""Pandoc's tree: Quarto's constructs, numbers and references."""
