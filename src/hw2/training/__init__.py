"""From settings to trained networks, through the cache."""
