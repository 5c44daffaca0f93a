"""In a chapter's kernel: what the weaver's own modules warn of, kept off the page.

Without a handler Python writes warnings to the standard error stream, which is an output of the chunk: a
damaged entry would be reported in the report, for ever. The build asks for them and tells its user.
"""

import json
import logging

PACKAGE = "weaver"


class Notices(logging.Handler):
    """Collects the warnings of this package."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def start(self) -> None:
        """Begin to listen, in place of every other handler."""
        logger = logging.getLogger(PACKAGE)
        logger.addHandler(self)
        logger.propagate = False  # whatever a chapter does with the root logger

    def emit(self, record: logging.LogRecord) -> None:
        """Called by logging for each warning."""
        self.texts.append(record.getMessage())

    def take(self) -> str:
        """Return as JSON what was collected since the last time."""
        texts, self.texts = self.texts, []
        return json.dumps(texts)
