"""What a result depends on: the code that was loaded, and what was observed while it ran."""
