"""Who hands a report in."""

from typing import Any

import pytest

from weaver.commands.author import Author, author, placeholder_author
from weaver.errors import ProjectError

PLACES = ["A University", "Student number 07"]
ADA: dict[str, Any] = {"name": "Ada", "email": "a@b.org", "affiliations": PLACES}


@pytest.mark.parametrize("authors", [ADA, [ADA, {"name": "Second"}]])
def test_the_author_is_read(authors: object) -> None:
    """Name, e-mail and student number come from the first author as Quarto's metadata has them."""
    assert author({"author": authors}) == Author("Ada", "a@b.org", "07")


@pytest.mark.parametrize(
    ("authors", "message"),
    [
        (None, "author: expected 'name', 'email' and 'affiliations', found None"),
        ("Ada", "found 'Ada'"),
        ([], r"found \[\]"),
        ({**ADA, "email": ""}, "expected 'email', found none"),
        ({**ADA, "affiliations": ["A University"]}, "affiliations: - Student number 12345678"),
        ({"name": "Ada", "email": "a@b.org"}, "Student number"),
    ],
)
def test_an_author_who_is_not_whole(authors: object, message: str) -> None:
    """What is missing is named in the words of `_quarto.yml`."""
    with pytest.raises(ProjectError, match=message):
        author({"author": authors})


def test_a_new_report_has_only_placeholders() -> None:
    """A report that `weaver new` has laid names no one yet, and what is filled in counts."""
    assert len(placeholder_author().placeholders) == 3
    assert Author("Ada", placeholder_author().email, "07").placeholders == [placeholder_author().email]
    assert Author("Ada", "a@b.org", "07").placeholders == []
