"""What a kernel's weaver warns of; how it reaches the build is in `test_execute`."""

import json
import logging
from collections.abc import Iterator

import pytest

from weaver.building.kernel_warnings import Notices


@pytest.fixture
def notices() -> Iterator[Notices]:
    """Listen for the length of a test."""
    logger, listener = logging.getLogger("weaver"), Notices()
    listener.start()
    yield listener
    logger.removeHandler(listener)
    logger.propagate = True


def test_warnings_of_the_package_are_taken_once(notices: Notices, capsys: pytest.CaptureFixture[str]) -> None:
    """They reach neither the standard error stream nor a handler that a chapter has set."""
    chapters = logging.StreamHandler()
    logging.getLogger().addHandler(chapters)
    logging.getLogger("weaver.store").warning("the entry %s is damaged", "ab")
    logging.getLogger("weaver.cache").debug("hit")
    logging.getLogger("science").warning("of the chapter's own")
    logging.getLogger().removeHandler(chapters)
    assert json.loads(notices.take()) == ["the entry ab is damaged"]
    assert json.loads(notices.take()) == []
    assert capsys.readouterr().err == "of the chapter's own\n"
