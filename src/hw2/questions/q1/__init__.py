"""Question 1: autoencoders on faces, eigenfaces and restoration."""
