"""From the executed notebook to pages, by Quarto or without it."""
