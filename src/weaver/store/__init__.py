"""The store: entries by key in a folder, written whole or not at all, checked at every read."""

from weaver.store.entry import Entry, Info
from weaver.store.folder import Store, default_folder, shown

__all__ = ["Entry", "Info", "Store", "default_folder", "shown"]
