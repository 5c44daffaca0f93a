"""Which entries are used: the cache raises an audit event for each, and listeners may collect them."""

import logging
import sys
from collections.abc import Sequence

from weaver.cache.checkpoints import CURRENT
from weaver.dependencies.hooks import USED

logger = logging.getLogger("weaver.cache")


def tell(event: str, function: str, key: str, uses: Sequence[str]) -> None:
    """Say that an entry was read (a hit) or computed (a miss), and which entries its computation used.

    Those are used along with it: when its own code changes, they are wanted again. An audit event reaches
    listeners from every thread, whatever a chapter does to its logging.
    """
    used = (key, *uses)
    logger.debug("%s %s %s", event, function, key)
    sys.audit(USED, used)
    computation = CURRENT.get()
    if computation is not None:
        computation.uses.extend(used)
