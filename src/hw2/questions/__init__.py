"""What each question of the assignment asks: analyses, figures and tables."""
