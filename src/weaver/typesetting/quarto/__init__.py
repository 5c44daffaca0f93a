"""What Quarto is handed, and how it is called."""
