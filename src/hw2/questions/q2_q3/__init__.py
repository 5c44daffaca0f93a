"""Questions 2 and 3: shallow and deep perceptrons and how they are chosen."""
