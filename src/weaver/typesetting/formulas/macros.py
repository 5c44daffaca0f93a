"""Macros of TeX: their definitions, wherever a document has them, and what they stand for."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from weaver.typesetting.formulas import tex
from weaver.typesetting.formulas.tex import FormulaError, Reader

DEFINING = frozenset(
    {
        "\\newcommand",
        "\\renewcommand",
        "\\providecommand",
        "\\def",
        "\\gdef",
        "\\let",
        "\\DeclareMathOperator",
        "\\DeclarePairedDelimiter",
        "\\definecolor",
    }
)
DEFINITION = re.compile(
    r"\\(?:(?:re)?newcommand|providecommand|g?def|let|DeclareMathOperator|DeclarePairedDelimiter|definecolor)"
    r"(?![A-Za-z])"
)
TEXT = frozenset({"\\text", "\\textrm", "\\textbf", "\\textit", "\\texttt", "\\textsf", "\\mbox"})
# What acts on all that follows it, or belongs to rows and fences: braces around it would change what it does.
OPEN = frozenset(
    {"&", "\\\\", "\\left", "\\right", "\\begin", "\\end", "\\color", "\\displaystyle"}
    | {"\\textstyle", "\\limits", "\\nolimits"}
)
MOST = 10_000  # steps; a report needs a few hundred


@dataclass(frozen=True)
class Macro:
    """What a control sequence stands for.

    `default` is the value of its first parameter where it is left out; a `primitive` is another name of
    something that TeX itself has; `fences` stand around the argument of a paired delimiter.
    """

    body: tuple[str, ...]
    parameters: int = 0
    default: tuple[str, ...] | None = None
    primitive: bool = False
    fences: tuple[tuple[str, ...], tuple[str, ...]] | None = None


class Macros:
    """The macros of a document, as far as it has been read."""

    def __init__(self, known: dict[str, Macro] | None = None) -> None:
        self.known = dict(known or {})

    def expand(self, text: str) -> str:
        """Return TeX with macros replaced by what they stand for; definitions in it are taken out.

        Raises:
            FormulaError: a definition cannot be understood, or a macro lacks an argument or never ends.
        """
        return tex.joined(self._expanded(Reader(tex.tokens(text))))

    def _expanded(self, reader: Reader) -> Iterator[str]:
        steps = 0
        while reader:
            token = reader.take()
            if token in DEFINING:
                self._define(token, reader)
            elif token in TEXT and reader.next == "{":
                yield token
                yield from self._text(reader.argument(token))
            elif (macro := self.known.get(token)) is None:
                yield token
            elif macro.primitive:
                yield from macro.body
            elif macro.fences:
                reader.push(_fenced(token, *macro.fences, reader))
            else:
                steps += 1
                if steps > MOST:
                    raise FormulaError(f"the macro '{token}' never ends")
                reader.push(_filled(token, macro, reader))

    def _text(self, content: Sequence[str]) -> Iterator[str]:
        """Yield an argument that is text, as it stands but for the formulas in it."""
        parts = split(content, "$")
        yield "{"
        for index, part in enumerate(parts):
            yield from ("$",) if index else ()
            yield from self._expanded(Reader(part)) if index % 2 else part
        yield "}"

    def _define(self, command: str, reader: Reader) -> None:
        if command == "\\let":
            self._let(reader)
            return
        if command == "\\definecolor":  # a formula that asks for the colour learns that there is none
            for _ in ("name", "model", "value"):
                reader.argument(command)
            return
        starred = reader.took("*")
        reader.skip_space()
        name = _name(command, reader)
        if command == "\\DeclareMathOperator":
            star = ["*"] if starred else []
            self.known[name] = Macro(("\\operatorname", *star, "{", *reader.argument(command), "}"))
            return
        if command == "\\DeclarePairedDelimiter":
            fences = (tuple(reader.argument(command)), tuple(reader.argument(command)))
            self.known[name] = Macro((), fences=fences)
            return
        if command in {"\\def", "\\gdef"}:
            count, default = _parameters(command, reader), None
        else:
            count = int("".join(reader.option() or ["0"]))
            default = reader.option() if count else None
        body = tuple(reader.argument(command))
        if command != "\\providecommand" or name not in self.known:
            self.known[name] = Macro(body, count, None if default is None else tuple(default))

    def _let(self, reader: Reader) -> None:
        name = _name("\\let", reader)
        reader.took("=")
        reader.skip_space()
        meaning = reader.take()
        self.known[name] = self.known.get(meaning, Macro((meaning,), primitive=True))


def _name(command: str, reader: Reader) -> str:
    found = [part for part in reader.argument(command) if not part.isspace()]
    if len(found) != 1 or not found[0].startswith("\\"):
        raise FormulaError(f"'{command}' expects the name of a macro, found '{''.join(found)}'")
    return found[0]


def _parameters(command: str, reader: Reader) -> int:
    """Take the parameters of a plain definition, which are all that stands before the braces."""
    found = ""
    while reader and reader.next != "{":
        found += reader.take()
    count = found.count("#")
    if found.strip() != "".join(f"#{number}" for number in range(1, count + 1)):
        raise FormulaError(f"'{command}' has the parameters '{found}': write '\\newcommand' instead")
    return count


def _filled(name: str, macro: Macro, reader: Reader) -> list[str]:
    """Return the body of a macro with its arguments, in braces where these change nothing else."""
    given: list[Sequence[str]] = []
    if macro.default is not None:
        option = reader.option()
        given.append(macro.default if option is None else option)
    given += [reader.argument(name) for _ in range(macro.parameters - len(given))]
    body: list[str] = []
    parts = Reader(macro.body)
    while parts:
        part = parts.take()
        number = parts.next if part == "#" else ""
        if number.isdigit() and 0 < int(number) <= len(given):
            body += given[int(parts.take()) - 1]
        else:
            body.append(part)
    return body if len(body) < 2 or OPEN & set(macro.body) else ["{", *body, "}"]


def _fenced(name: str, left: Sequence[str], right: Sequence[str], reader: Reader) -> list[str]:
    """Return an argument in its fences: behind a star they grow with it, in brackets stands their size."""
    if reader.took("*"):
        return ["\\left", *left, *reader.argument(name), "\\right", *right]
    size = "".join(reader.option() or []).strip()
    opening, closing = ([f"{size}l"], [f"{size}r"]) if size else ([], [])
    return [*opening, *left, *reader.argument(name), *closing, *right]


def split(content: Sequence[str], at: str) -> list[list[str]]:
    """Return the parts of a text between the tokens `at`."""
    parts: list[list[str]] = [[]]
    for token in content:
        if token == at:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


@cache
def standard() -> dict[str, Macro]:
    """Return what stands for commands of LaTeX that Pandoc does not read, or reads as something else."""
    macros = Macros()
    macros.expand((files("weaver.typesetting.formulas") / "standard.tex").read_text(encoding="utf-8"))
    return macros.known
