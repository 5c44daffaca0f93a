"""`weaver.claims.spans`: claims as they stand in Markdown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaver.claims import spans
from weaver.errors import DocumentError

WORDS = st.text("abc .,*_$", max_size=12)


def at(text: str) -> spans.Place:
    """Place offsets of a text in a file."""
    return lambda offset: f"q1.qmd:{1 + text.count(chr(10), 0, offset)}"


def read(text: str) -> list[tuple[str, str, str]]:
    """Return what each claim says, what it needs, and the sentence that it stands in."""
    found = spans.read_spans(text, at(text))
    return [
        (text[one.first : one.last], " ".join(map(str, one.needs)), spans.sentence(text, found, one))
        for one in found
    ]


def test_a_claim_is_a_bracketed_sentence_with_its_needs() -> None:
    """Names without an outcome mean that a fact holds; several outcomes and several facts may be named."""
    text = 'It rose. [Depth *lowers* it.]{.claim needs="overfits depth.lower|equal"} The end.'
    assert read(text) == [
        ("Depth *lowers* it.", "overfits.yes depth.lower|equal", "Depth *lowers* it."),
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("One. Depth [lowers]{.claim needs=d.lower} it, e.g. here. Two.", "Depth lowers it, e.g. here."),
        ("- One.\n- Depth [lowers]{.claim needs=d.lower}\n  it.\n- Two.", "Depth lowers it."),
        ("## Depth [lowers]{.claim needs=d.lower} it\n\nMore.", "Depth lowers it"),
        ("One.^[It [lowers]{.claim needs=d.lower} it.] Two.", "It lowers it."),
        ("| Two | It [lowers]{.claim needs=d.lower} it |", "It lowers it"),
        ('::: {.note title="It [lowers]{.claim needs=d.lower} it"}\nText.', "It lowers it"),
        ("::: {.note key='1'}\nIt [lowers]{.claim needs=d.lower} it\n:::\n", "It lowers it"),
        ("In [0, 1) it [lowers]{.claim needs=d.lower} it (see [2]).", "In [0, 1) it lowers it (see [2])."),
    ],
)
def test_words_stand_in_a_sentence(text: str, sentence: str) -> None:
    """The list of claims shows the sentence around a verb, whatever kind of paragraph it is in."""
    assert read(text) == [("lowers", "d.lower", sentence)]


def test_a_claim_may_hold_others() -> None:
    """Each is one claim, in the same sentence."""
    text = "[It [lowers]{.claim needs=d.lower} it by much.]{.claim needs=much}"
    whole = "It lowers it by much."
    assert [(needs, sentence) for _, needs, sentence in read(text)] == [
        ("d.lower", whole),
        ("much.yes", whole),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "`[It rises.]{.claim}`",
        "```markdown\n[It rises.]{.claim}\n\nand on\n```",
        "<!-- [It rises.]{.claim} -->",
        "A \\[bracket\\] and [a link](x.html){.button} and [a span]{.claims-of-others}",
    ],
)
def test_what_only_looks_like_a_claim_is_none(text: str) -> None:
    """Code, comments and other spans say nothing."""
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n\n[It rises.]{.claim}", "q1.qmd:3: a claim needs facts, found ''"),
        ("[It rises.]{.claim needs='the gap'}]", None),
        ("[It rises.]{.claim needs='9'}", "q1.qmd:1: a claim needs facts, found '9'"),
        (
            "[It.]{.claim needs=gap.lowr}",
            "q1.qmd:1: 'gap.lowr': expected one of the outcomes yes, no, higher",
        ),
        ("# It rises {.claim needs=gap}", "q1.qmd:1: '.claim' belongs to no brackets here"),
        ("::: {.claim needs=gap}\nIt rises.\n:::", "q1.qmd:1: '.claim' belongs to no brackets here"),
        ("[It\n\nrises.]{.claim needs=gap}", "q1.qmd:3: '.claim' belongs to no brackets here"),
        ("[It](rises.html){.claim needs=gap}", "q1.qmd:1: '.claim' belongs to no brackets here"),
    ],
)
def test_a_claim_that_cannot_be_held_to_anything_is_refused(text: str, message: str | None) -> None:
    """Nothing that is called a claim goes unchecked: file and line, and what to write."""
    if message is None:
        assert read(text)[0][1] == "the.yes gap.yes"
        return
    with pytest.raises(DocumentError) as error:
        read(text)
    assert str(error.value).startswith(message)


@given(st.lists(st.tuples(WORDS, WORDS), max_size=4), WORDS)
def test_the_marks_of_claims_come_off_without_a_trace(parts: list[tuple[str, str]], rest: str) -> None:
    """Whatever stands in and around claims, without their marks the text is what plain Quarto prints."""
    text = "".join(f"{before}[{said}]{{.claim needs=gap.no}}" for before, said in parts) + rest
    found = spans.read_spans(text, at(text))
    assert len(found) == len(parts)
    assert spans.unmarked(text, found) == "".join(f"{before}{said}" for before, said in parts) + rest


def test_headings_are_those_outside_of_code() -> None:
    """A comment in a listing begins no section."""
    assert [title for _, title in spans.headings("# One {#sec-one}\n\n```python\n# no\n```\n\n## Two\n")] == [
        "One {#sec-one}",
        "Two",
    ]
