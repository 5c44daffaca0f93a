"""Question 4: misleading training labels."""
