"""What the commands beside `build` and `preview` do."""
