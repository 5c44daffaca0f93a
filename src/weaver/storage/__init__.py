"""Files that appear whole, and entries by key: written whole or not at all, checked at every read."""
