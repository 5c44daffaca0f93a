"""The notebook as one Markdown text for Pandoc."""
