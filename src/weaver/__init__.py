"""From Quarto documents to PDF, running only what must run. Knows nothing of neural networks."""
