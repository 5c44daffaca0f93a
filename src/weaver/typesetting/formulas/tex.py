"""TeX as tokens, and a reader that takes arguments from them."""

import re
from collections.abc import Iterable

from weaver.errors import TypesetError

TOKEN = re.compile(r"%[^\n]*(?:\n[ \t]*|$)|\\(?:[A-Za-z]+|.)|\s+|.", re.S)
WORD = re.compile(r"\\[A-Za-z]+")


class FormulaError(TypesetError):
    """A formula cannot be set; the message says why, and knows no place."""


def tokens(text: str) -> list[str]:
    """Split TeX into control sequences, white space and single characters; comments are left out."""
    return [token for token in TOKEN.findall(text) if not token.startswith("%")]


def joined(parts: Iterable[str]) -> str:
    """Write tokens, so that no control word runs into a letter behind it."""
    text: list[str] = []
    for part in parts:
        if text and part[:1].isalpha() and WORD.fullmatch(text[-1]):
            text.append(" ")
        text.append(part)
    return "".join(text)


class Reader:
    """Yields tokens one after another, and the arguments that come next."""

    def __init__(self, text: Iterable[str]) -> None:
        self._left = list(text)[::-1]

    def __bool__(self) -> bool:
        return bool(self._left)

    @property
    def next(self) -> str:
        """The token that comes next, an empty text at the end."""
        return self._left[-1] if self._left else ""

    def take(self) -> str:
        """Take the next token."""
        return self._left.pop()

    def push(self, text: Iterable[str]) -> None:
        """Put tokens before what is left."""
        self._left += list(text)[::-1]

    def skip_space(self) -> None:
        """Pass over white space."""
        while self.next.isspace():
            self.take()

    def took(self, token: str) -> bool:
        """Whether a token stood next, behind white space, and was taken."""
        self.skip_space()
        if self.next == token:
            self.take()
            return True
        return False

    def argument(self, command: str) -> list[str]:
        """Take an argument: what is in the next braces, or the next token.

        Raises:
            FormulaError: there is none.
        """
        self.skip_space()
        if not self or self.next == "}":
            raise FormulaError(f"'{command}' has too few arguments")
        return self.group() if self.took("{") else [self.take()]

    def option(self) -> list[str] | None:
        """Take what is in the next square brackets, None where there are none."""
        return self._until("]") if self.took("[") else None

    def group(self) -> list[str]:
        """Take what is in braces, after the opening one."""
        return self._until("}")

    def environment(self, name: str) -> list[str]:
        """Take all until the end of an environment whose beginning was taken.

        Raises:
            FormulaError: the environment never ends, or another one ends first.
        """
        found: list[str] = []
        depth = 1
        while self:
            token = self.take()
            depth += {"\\begin": 1, "\\end": -1}.get(token, 0)
            if depth == 0:
                if (end := "".join(self.argument(token))) != name:
                    raise FormulaError(f"'\\begin{{{name}}}' ends with '\\end{{{end}}}'")
                return found
            found.append(token)
        raise FormulaError(f"'\\begin{{{name}}}' has no '\\end{{{name}}}'")

    def _until(self, closing: str) -> list[str]:
        """Take all until what closes; braces protect what is in them."""
        found: list[str] = []
        depth = 0
        while self:
            token = self.take()
            if token == closing and depth == 0:
                return found
            depth += {"{": 1, "}": -1}.get(token, 0)
            found.append(token)
        raise FormulaError(f"'{'{' if closing == '}' else '['}' has no '{closing}'")
