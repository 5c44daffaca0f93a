"""The page of messages: each that it explains is one that the code can say."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
EXPLAINED = re.findall(r"^- `(.+?)` →", PAGE, re.M)
GAP = "…"


def messages() -> Iterator[str]:
    """Yield each text in the code, behind a place, and each line of the Makefiles, with gaps to be filled."""
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else GAP for part in node.values)
                yield "".join([f"{GAP}: ", *map(str, parts)])
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield f"{GAP}: {node.value}"
    for path in (ROOT / "Makefile", ROOT / "src/weaver/skeleton/Makefile"):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield re.sub(r"\$+\(.*?\)+", GAP, line)


TEXTS = tuple(messages())


def says(text: str, explained: str) -> bool:
    """Whether a text of the code holds the words of an explained message, in their order."""
    words = [re.escape(part) for part in explained.split(GAP) if part.strip(" :;,")]
    return re.search(".*?".join(words), text, re.DOTALL) is not None


@pytest.mark.parametrize("explained", EXPLAINED)
def test_an_explained_message_is_one_that_the_code_says(explained: str) -> None:
    """Whoever rewords an error finds the line that explains it."""
    assert any(says(text, explained) for text in TEXTS), f"nothing in src/ or Makefile says: {explained}"


def test_a_message_that_nothing_says_is_found_out() -> None:
    """The comparison tells a message that was reworded from one that was not."""
    assert len(EXPLAINED) > 40
    assert not any(says(text, "expected a unicorn, found …") for text in TEXTS)
    assert says("… has no 'title': add one", "… has no '…': add one")
    assert not says("… has no 'title': add one", "… has no '…': add two")
