"""Text as Markdown that prints it: a value in the prose is not markup, whatever letters it has."""

import re

# What has a meaning anywhere; the last four only in a row, so that a number stays one in a formula too.
MARKUP = re.compile(
    r"""[\\`*_{}\[\]<>$~^|@#"'&]|-(?=-)|(?<=-)-|\.(?=\.)|(?<=\.)\.|:(?=:)|(?<=:):|^=(?==*$)"""
)
# What begins a list, a definition or a line under a heading where a paragraph begins with the value.
OPENING = re.compile(r"^( ?(?:\(?\w+)?)([-+:.)])(?= |$)")
ATTRIBUTE = re.compile(r"""\{[^{}\n]*="(?:[^"\\\n]|\\.)*$""")  # what stands before a value in one
SPACES = re.compile(r"[ \t\r\n\f\v]+")


def markdown(text: str) -> str:
    """Return Markdown that prints a text; its white space becomes single spaces, and no-break ones stay."""
    return OPENING.sub(r"\1\\\2", MARKUP.sub(r"\\\g<0>", SPACES.sub(" ", text)))


def in_attribute(markdown: str) -> str:
    """Return Markdown as it is written in an attribute, such as a callout's title: it is read twice."""
    return re.sub(r"""([\\&"])""", r"\\\1", markdown)
