"""Which entries are used: the cache tells of each, and whoever wants to know listens."""

import logging
from collections.abc import Sequence

from weaver.cache.unfinished import CURRENT

logger = logging.getLogger("weaver.cache")


class UsedKeys(logging.Handler):
    """Collects the keys of the entries that this process uses from `start` to `stop`.

    An entry that was read brings along those that its computation once used: when its own code changes, they
    are wanted again.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.keys: set[str] = set()

    def start(self) -> None:
        """Begin to listen."""
        logger.setLevel(logging.DEBUG)
        logger.addHandler(self)

    def stop(self) -> None:
        """Listen no more."""
        logger.removeHandler(self)
        logger.setLevel(logging.NOTSET)

    def emit(self, record: logging.LogRecord) -> None:
        """Called by logging for each event of the cache."""
        self.keys.update(getattr(record, "used_keys", ()))


def tell(event: str, function: str, key: str, uses: Sequence[str]) -> None:
    """Say that an entry was read (a hit) or computed (a miss), and which entries its computation used."""
    used = (key, *uses)
    logger.debug("%s %s %s", event, function, key, extra={"used_keys": used})
    computation = CURRENT.get()
    if computation is not None:
        computation.uses.extend(used)
