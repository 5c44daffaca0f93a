"""Facts as a chapter's chunks state them, and the words for their outcomes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from weaver.progress import WANTED

MIME = "application/vnd.weaver.facts+json"
NAME = re.compile(r"[A-Za-z][\w-]*")


@dataclass(frozen=True)
class Words:
    """The wording that was chosen for an outcome; as text it is the wording alone."""

    wording: str
    needs: str

    def __str__(self) -> str:
        return self.wording

    def _repr_markdown_(self) -> str:
        """Print the wording as a claim that needs what it was chosen for."""
        return f"[{self.wording}]{{.claim needs={self.needs}}}"


@dataclass(frozen=True)
class Fact:
    """Something that holds or not; its outcomes are "yes" and "no".

    Raises:
        ValueError: the name is not letters, digits, hyphens and underscores after a letter.
    """

    name: str
    holds: bool
    evidence: object

    OUTCOMES: ClassVar[tuple[str, ...]] = ("yes", "no")

    def __post_init__(self) -> None:
        _check_name(self.name)

    @property
    def outcome(self) -> str:
        """What has come out."""
        return "yes" if self.holds else "no"

    def words(self, *, yes: str, no: str) -> Words:
        """Return the wording for what has come out; it stands alone in its inline expression.

        Raises:
            ValueError: a wording is empty, for which plain Quarto would print the code.
        """
        return _chosen(self, {"yes": yes, "no": no})


@dataclass(frozen=True)
class Comparison:
    """A difference known by an interval from `low` to `high`, such as a confidence interval of 95 %.

    Its outcome is "equal" where the whole interval lies within ± `margin`, the largest difference that does
    not matter (Lakens 2017, doi:10.1177/1948550617697177); else "higher" or "lower" where zero lies outside
    of it; else it is "open", as with a bound that is not a number. All three have one unit.

    Raises:
        ValueError: the name is not as `Fact` wants it, `low` exceeds `high`, or the margin is negative.
    """

    name: str
    low: float
    high: float
    margin: float
    evidence: object = ""

    OUTCOMES: ClassVar[tuple[str, ...]] = ("higher", "lower", "equal", "open")

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.low > self.high:
            raise ValueError(
                f"comparison '{self.name}': expected low <= high, found {self.low} > {self.high}"
            )
        if not self.margin >= 0:
            raise ValueError(f"comparison '{self.name}': expected a margin of 0 or more, found {self.margin}")

    @property
    def outcome(self) -> str:
        """What has come out."""
        if not self.low <= self.high:  # one is not a number
            return "open"
        if -self.margin <= self.low and self.high <= self.margin:
            return "equal"
        return "higher" if self.low > 0 else "lower" if self.high < 0 else "open"

    def words(self, *, higher: str, lower: str, equal: str, open: str) -> Words:  # noqa: A002 - the outcome's name
        """Return the wording for what has come out; it stands alone in its inline expression.

        Raises:
            ValueError: a wording is empty, for which plain Quarto would print the code.
        """
        return _chosen(self, {"higher": higher, "lower": lower, "equal": equal, "open": open})


def state(*facts: Fact | Comparison) -> None:
    """State facts, so that sentences of this chapter, and of the whole report's own text, may need them.

    The build keeps them in the chapter's notebook, as an output that shows nothing; anywhere else this does
    nothing.
    """
    if WANTED.is_set():
        from IPython.display import publish_display_data  # noqa: PLC0415 - there is no kernel without it

        publish_display_data({MIME: {"facts": [record(fact) for fact in facts]}})  # type: ignore[no-untyped-call]


def record(fact: Fact | Comparison) -> Mapping[str, Any]:
    """Return a fact in JSON's types, as the notebook keeps it."""
    evidence = str(fact.evidence)
    if isinstance(fact, Comparison) and not evidence:
        evidence = f"interval {fact.low:.3g} to {fact.high:.3g}, equal within ± {fact.margin:.3g}"
    return {
        "name": fact.name,
        "outcome": fact.outcome,
        "outcomes": list(fact.OUTCOMES),
        "evidence": evidence,
    }


def _chosen(fact: Fact | Comparison, wordings: Mapping[str, str]) -> Words:
    for outcome, wording in wordings.items():
        if not wording.strip():
            raise ValueError(
                f"the wording of '{fact.name}' for '{outcome}' is empty: expected at least one word"
            )
    return Words(wordings[fact.outcome], f"{fact.name}.{fact.outcome}")


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise ValueError(
            f"expected a fact's name of letters, digits, '-' and '_' such as 'wide-wins', found '{name}'"
        )
