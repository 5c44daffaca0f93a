"""`weaver.checking.cached_functions`: results that could not be kept, told from the words alone."""

from collections.abc import Callable

import pytest

Told = Callable[..., list[str]]
HEAD = "from dataclasses import dataclass\nfrom weaver.cache import cached, cached_members\n\n"
CHUNK = "```{python}\nfrom lab import fit\n\nfit()\n```\n"


def report(code: str, chunk: str = CHUNK) -> dict[str, str]:
    """Return the files of a report whose chunk calls a function of this module."""
    return {"report/report.qmd": f"# One\n\n{chunk}", "src/lab.py": HEAD + code}


@pytest.mark.parametrize(
    ("returns", "found"),
    [
        ("", "expected a return annotation, found none: results are kept by type"),
        (" -> list", "found list"),
        (" -> 'set[int]'", "found set[int]"),
        (" -> tuple[float, Any]", "found Any"),
        (" -> dict[int, str]", "found int"),
        (" -> Run", "found Run"),
        (" -> int | object", "found object"),
    ],
)
def test_what_cannot_be_kept_is_told(told: Told, returns: str, found: str) -> None:
    """Today it would be told when the function is called for the first time, after others have trained."""
    code = f"@dataclass\nclass Run:\n    loss: float\n\n@cached\ndef fit(){returns}:\n    ...\n"
    (line,) = told(report(code))
    assert line.startswith("src/lab.py:9: the cached function 'fit': ")
    assert line.endswith(found)


@pytest.mark.parametrize(
    "returns",
    [
        "None",
        "float",
        "np.ndarray",
        "tuple[Run, ...]",
        "Mapping[str, float]",
        "Other",
        "'Run | None'",
        "Optional[Run]",
    ],
)
def test_what_may_be_kept_is_believed(told: Told, returns: str) -> None:
    """A name that is imported is not looked up."""
    code = (
        f"@dataclass(frozen=True)\nclass Run:\n    loss: float\n\n@cached\ndef fit() -> {returns}:\n    ...\n"
    )
    assert told(report(code), "fault", "notice") == []


def test_members_are_many(told: Told) -> None:
    """A function of several members returns one result for each."""
    (line,) = told(report("@cached_members\ndef fit(members) -> float:\n    ...\n"))
    assert "expected it to return Sequence[…] or tuple[…, ...], found float" in line


def test_a_function_that_nothing_uses_stops_no_build(told: Told) -> None:
    """It would not be called."""
    code = "def fit() -> None: ...\n\n@cached\ndef other(): ...\n"
    assert told(report(code)) == []
    assert len(told(report(code), "notice")) == 1


def test_a_chunk_keeps_no_results(told: Told) -> None:
    """What a function takes from around it there could not be part of a key."""
    chunk = (
        "```{python}\nfrom weaver.cache import cached\n\n@cached\ndef fit() -> int: return 1\nfit()\n```\n"
    )
    (line,) = told(report("", chunk))
    assert line.startswith(
        "report/report.qmd:7: the cached function 'fit': expected it at the top of a module"
    )


def test_another_decorator_may_change_the_result(told: Told) -> None:
    """A figure is kept as it is shown."""
    assert told(report("@cached\n@drawing\ndef fit() -> object: ...\n"), "fault", "notice") == []
