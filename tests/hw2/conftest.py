"""Tests of the science keep what they train in a folder of their own, not in the project's cache."""

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all of these tests keep what they train."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="package", autouse=True)
def _kept_apart(kept: Path) -> Iterator[None]:
    """Keep apart what the fixtures of modules train."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEAVER_CACHE", str(kept))
        yield


@pytest.fixture(autouse=True)
def _kept_apart_in_tests(surroundings: None, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    """Keep apart what tests train, in which the caller's settings are forgotten."""
    monkeypatch.setenv("WEAVER_CACHE", str(kept))
