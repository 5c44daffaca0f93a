"""How much is trained."""

import pytest

from hw2 import profile


def test_full_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a word the whole report is trained, and nothing warns of a quick look."""
    monkeypatch.delenv(profile.VARIABLE, raising=False)
    assert profile.current() == profile.FULL
    assert profile.FULL.notice == ""


def test_quick_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quick look must say so, and cut the trainings."""
    monkeypatch.setenv(profile.VARIABLE, "quick")
    found = profile.current()
    assert "quick look" in found.notice
    assert found.epochs(300) == 15
    assert found.epochs(20) == 4
    assert found.epochs(2) == 2


def test_an_unknown_profile_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip of the pen must not train the whole report, nor pass for a profile."""
    monkeypatch.setenv(profile.VARIABLE, "qiuck")
    with pytest.raises(ValueError, match="'full' or 'quick'"):
        profile.current()


def test_comparisons_have_at_least_three_seeds() -> None:
    """Accuracies are compared over three seeds or more in every profile."""
    assert min(len(each.seeds) for each in (profile.FULL, profile.QUICK)) >= 3
