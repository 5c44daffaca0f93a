"""YAML as Quarto reads it."""

import pytest

from weaver import yaml_reader
from weaver.errors import DocumentError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("012", 12),
        ("0x1F", 31),
        ("1_000", 1000),
        ("1:30", "1:30"),
        ("1e3", 1000.0),
        ("-.5", -0.5),
        ("2025-05-01", "2025-05-01"),
        ("~", None),
        ("", None),
        ("TRUE", True),
        ("0x", "0x"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    """A Quarto with these values in the front matter printed the same: Norwegian is no longer false."""
    found = yaml_reader.read_yaml(f"a: {text}", "a.yml", 1)["a"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2", r"a\.yml:6: invalid YAML: the key 'c' stands twice"),
        ("{a: 1, 'a': 2}", r"a\.yml:3: invalid YAML: the key 'a' stands twice"),
        ("a: [1\nb: 2", r"a\.yml:4: invalid YAML"),
        ("a: \x01", r"a\.yml:3: invalid YAML: unacceptable character"),
        ("a: !r x", r"a\.yml:3: invalid YAML: could not determine a constructor"),
        ("a: &x [*x]", r"a\.yml:3: invalid YAML: Circular"),
        ("- a", r"a\.yml:3: expected 'key: value' lines"),
    ],
)
def test_what_is_no_mapping_names_its_line(text: str, message: str) -> None:
    """Of two equal keys neither is lost in silence, and nothing that cannot be read is a traceback."""
    with pytest.raises(DocumentError, match=message):
        yaml_reader.read_yaml(text, "a.yml", 3)


def test_merged_keys_are_no_doubles() -> None:
    """A key beside `<<` takes the place of the one that is merged in."""
    assert yaml_reader.read_yaml("a: &x {b: 1}\nc:\n  <<: *x\n  b: 2", "a.yml", 1)["c"] == {"b": 2}


def test_each_key_knows_its_line() -> None:
    """Keys within others have lines too; the same text gives values and lines."""
    text = "a: 1\nformat:\n  # a comment\n  typst:\n    toc: true\n  html: {b: 2}\n'c d':\n  - e: 1\n"
    assert yaml_reader.lines(text) == {
        "a": 0,
        "format": 1,
        "format.typst": 3,
        "format.typst.toc": 4,
        "format.html": 5,
        "format.html.b": 5,
        "c d": 6,
    }
