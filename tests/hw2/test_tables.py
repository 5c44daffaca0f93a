"""Tables as Markdown."""

from math import nan

from hw2.tables import emphasised, markdown


def test_cells_are_printed_as_given() -> None:
    """A table must not reformat a number: `0.10` has two digits because its caller says so."""
    table = markdown(["a", "b"], [["x", "0.10"], ["y", 12]])
    assert [cell.strip() for cell in table.splitlines()[2].strip("|").split("|")] == ["x", "0.10"]


def test_alignment_is_first_left_then_right_unless_said() -> None:
    """Pipe tables say alignment by colons in their second line."""
    assert markdown(["a", "b"], [["x", "y"]]).splitlines()[1].replace("-", "") == "|:|:|"
    ruled = [
        rule.strip("-") for rule in markdown(["a", "b"], [["x", "y"]]).splitlines()[1].strip("|").split("|")
    ]
    assert ruled == [":", ":"]
    centred = markdown(["a", "b"], [["x", "y"]], align="rc").splitlines()[1].strip("|").split("|")
    assert centred[0].endswith(":")
    assert centred[1].startswith(":")
    assert centred[1].endswith(":")


def test_the_best_of_a_column_is_bold() -> None:
    """Those that are equal are all the best, and what is not compared is none."""
    assert emphasised(["a", "b", "c"], [1.0, 2.0, 1.0], min) == ["**a**", "b", "**c**"]
    assert emphasised(["a", "b"], [1.0, nan], max) == ["**a**", "b"]
    assert emphasised(["a"], [nan], max) == ["a"]
