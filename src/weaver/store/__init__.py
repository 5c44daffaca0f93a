"""The store: entries by key in a folder, written whole or not at all, checked at every read."""

from weaver.store.entry import Entry, Info
from weaver.store.folder import Leftover, Store, default_folder, shared_address, shown

__all__ = ["Entry", "Info", "Leftover", "Store", "default_folder", "shared_address", "shown"]
