"""From request to pages: what is stale runs, the rest is read."""
