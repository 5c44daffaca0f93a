"""What Pandoc loses of a formula without a word, put in words that it keeps, or refused.

Pandoc's reader of TeX passes over sizes, colours, numbers, rules of arrays and more. A mark, which it takes
for a fence, stands in their place; `mathml` finds it again in what Pandoc has written.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from weaver.typesetting.formulas import macros, tex
from weaver.typesetting.formulas.tex import FormulaError, Reader

PUNCTUATION = frozenset(",;:")
MARK = "\ue000"
INFIX = {"\\over": "frac", "\\atop": "atop", "\\choose": "binom"}
# Times the size of the type around it.
SIZES = {"tiny": 0.6, "scriptsize": 0.7, "footnotesize": 0.8, "small": 0.9, "normalsize": 1, "large": 1.1}
SIZES |= {"Large": 1.2, "LARGE": 1.44, "huge": 1.73, "Huge": 2.07}
FRACTIONS = {"0": "displaystyle", "1": "textstyle", "2": "scriptstyle", "3": "scriptscriptstyle"}
STYLES = {"\\displaystyle", "\\textstyle", "\\scriptstyle", "\\scriptscriptstyle"}
CLASSES = {f"\\math{name}": name for name in ("op", "rel", "bin", "ord", "open", "close", "punct", "inner")}
FONTS = {"\\mathbf": "bold", "\\mathbfup": "bold", "\\symbf": "bold", "\\mathscr": "script"}
SWITCHES = {
    **{"\\bf": "\\mathbf", "\\bfseries": "\\mathbf", "\\rm": "\\mathrm", "\\it": "\\mathit"},
    **{"\\cal": "\\mathcal", "\\sf": "\\mathsf", "\\tt": "\\mathtt"},
}
LENGTHS = {"\\hspace", "\\mspace", "\\hskip", "\\kern", "\\mkern", "\\mskip", "\\hspace*"}
LENGTH = re.compile(r"^\s*(?P<number>[-+]?\s*(?:\d+\.?\d*|\.\d+))\s*(?P<unit>[a-z]{2})")
# In the size of the type that TeX has by default, ten points.
UNITS = {
    "em": 1.0,
    "ex": 0.43,
    "mu": 1 / 18,
    "pt": 0.1,
    "bp": 0.1004,
    "pc": 1.2,
    "mm": 0.2845,
    "cm": 2.845,
    "in": 7.227,
}
ROWS = {
    "align",
    "aligned",
    "alignat",
    "alignedat",
    "flalign",
    "flaligned",
    "gather",
    "gathered",
    "split",
    "multline",
}
ROWS |= {"multlined", "eqnarray", "dcases"}
ENVIRONMENTS = ROWS | {"array", "cases", "equation", "smallmatrix"}
ENVIRONMENTS |= {f"{kind}matrix" for kind in ("", "p", "b", "B", "v", "V")}
# So that a sign at the beginning of a cell has the spaces of an operator.
EMPTY = dict.fromkeys(ROWS - {"gather", "gathered", "multline", "multlined", "eqnarray", "dcases"}, ("&",))
EMPTY |= dict.fromkeys(("multline", "multlined"), ("\\\\",))
WITH_COUNT = {"alignat", "alignedat"}
# Commands whose arguments are not words of the formula, so that what it loses cannot be named.
INEXACT = {
    "\\hyperref",
    "\\ang",
    "\\num",
    "\\numlist",
    "\\numrange",
    "\\si",
    "\\unit",
    "\\SI",
    "\\qty",
}
INEXACT |= {"\\SIrange", "\\qtyrange"}
COLOURS = {
    **{"red": "ff0000", "green": "00ff00", "blue": "0000ff", "cyan": "00ffff", "magenta": "ff00ff"},
    **{"yellow": "ffff00", "black": "000000", "gray": "808080", "white": "ffffff", "darkgray": "404040"},
    **{"lightgray": "bfbfbf", "brown": "bf8040", "lime": "bfff00", "olive": "808000", "orange": "ff8000"},
    **{"pink": "ffbfbf", "purple": "bf0040", "teal": "008080", "violet": "800080", "grey": "808080"},
}
HEX = re.compile(r"#?([0-9A-Fa-f]{6})")


@dataclass(frozen=True)
class Prepared:
    """TeX for Pandoc; its number, if it says one; and the letters and digits that must be on the page."""

    tex: str
    tag: str
    letters: Counter[str]


def prepare(text: str) -> Prepared:
    """Prepare a formula, in which no macro of the document is left, for Pandoc.

    Raises:
        FormulaError: it has something that Pandoc would lose and that is not carried out here.
    """
    expanded = macros.Macros(macros.standard()).expand(text)
    preparation = _Preparation()
    found = tex.joined(preparation.sequence(_in_rows(tex.tokens(expanded))))
    if len(preparation.tags) > 1:
        raise FormulaError("more than one '\\tag' in a formula: give each its own '$$'")
    letters = preparation.letters if preparation.exact else Counter[str]()
    return Prepared(found, "".join(preparation.tags), letters)


def _in_rows(content: list[str]) -> list[str]:
    """Put rows that stand in no environment into one, as MathJax does."""
    depth, found = 0, set()
    for token in content:
        depth += {"{": 1, "\\begin": 1, "}": -1, "\\end": -1}.get(token, 0)
        found |= {token} if depth == 0 else set()
    if not found & {"\\\\", "&"}:
        return content
    name = list("{aligned}" if "&" in found else "{gathered}")
    return ["\\begin", *name, *content, "\\end", *name]


class _Preparation:
    """Goes through a formula from its outermost group to the inner ones."""

    def __init__(self) -> None:
        self.tags: list[str] = []
        self.letters: Counter[str] = Counter()
        self.exact = True
        self.commands: dict[str, Callable[[Reader, str], Iterator[str]]] = {
            **dict.fromkeys(STYLES, lambda _, token: iter(mark(token[1:]))),
            **{f"\\{name}": _sized(size) for name, size in SIZES.items()},
            **dict.fromkeys(CLASSES, self._class),
            **dict.fromkeys(("\\vphantom", "\\hphantom"), self._unseen),
            **dict.fromkeys(FONTS, self._font),
            **dict.fromkeys(SWITCHES, self._switch),
            **dict.fromkeys(LENGTHS, self._space),
            **dict.fromkeys(macros.TEXT, self._text),
            **{
                "\\color": self._colour,
                "\\textcolor": self._coloured,
                "\\tag": self._tag,
                "\\label": self._label,
                "\\begin": self._environment,
                "\\genfrac": self._genfrac,
            },
            **{
                "\\hline": lambda *_: iter(mark("rule")),
                "\\limits": self._limits,
                "~": self._tie,
                "{": self._group,
            },
            **{"\\left": self._left, "\\right": self._right, "\\\\": self._newline},
        }

    def sequence(self, content: Sequence[str], empty: Sequence[str] = ()) -> list[str]:
        """Prepare what is in a group; behind each token of `empty` LaTeX has an empty symbol."""
        reader = Reader(content)
        found: list[str] = []
        while reader:
            token = reader.take()
            if token in {"\\left"} and found[-1:] == ["\\!"]:
                found.pop()  # takes away a space that TeX alone puts there
            self.exact = self.exact and token not in INEXACT
            if token in INFIX:
                return _fraction(INFIX[token], found, self.sequence(_rest(reader)))
            if token in self.commands:
                found += self.commands[token](reader, token)
            else:
                self._count(token)
                found.append(token)
            found += ["{}"] if token in empty else []
        return found

    def _count(self, text: str) -> None:
        if not text.startswith("\\"):
            self.letters.update(letter for letter in text if letter.isascii() and letter.isalnum())

    def _braced(self, content: Sequence[str]) -> list[str]:
        return ["{", *self.sequence(content), "}"]

    def _group(self, reader: Reader, _: str) -> Iterator[str]:
        content = reader.group()
        lone = len(content) == 1 and content[0] in PUNCTUATION  # as in 1{,}000
        yield from self._marked("class ord", content) if lone else self._braced(content)

    def _marked(self, what: str, content: Sequence[str]) -> Iterator[str]:
        yield from ("{", *mark(what), *self.sequence(content), "}")

    def _class(self, reader: Reader, token: str) -> Iterator[str]:
        return self._marked(f"class {CLASSES[token]}", reader.argument(token))

    def _unseen(self, reader: Reader, token: str) -> Iterator[str]:
        return self._marked(token[1:], reader.argument(token))

    def _font(self, reader: Reader, token: str) -> Iterator[str]:
        return self._marked(f"font {FONTS[token]}", reader.argument(token))

    def _switch(self, reader: Reader, token: str) -> Iterator[str]:
        """Make a switch of LaTeX 2.09 a command over the rest of its group or cell."""
        yield from self.sequence([SWITCHES[token], "{", *_rest(reader), "}"])

    def _space(self, reader: Reader, token: str) -> Iterator[str]:
        reader.took("*")
        reader.skip_space()
        if reader.next == "{":
            text = tex.joined(reader.argument(token))
        else:
            text = ""
            while reader and (reader.next in "+-. " or reader.next.isalnum()) and not LENGTH.match(text):
                text += reader.take()
        match = LENGTH.match(text)
        if match is None or match["unit"] not in UNITS:
            raise FormulaError(f"'{token}' expects a length such as 2em, found '{text}'")
        yield from space(float(match["number"].replace(" ", "")) * UNITS[match["unit"]])

    def _tie(self, *_: object) -> Iterator[str]:
        return space(1 / 3)

    def _text(self, reader: Reader, token: str) -> Iterator[str]:
        """Keep text as it stands, but prepare the formulas in it."""
        yield token
        if reader.next != "{":
            return
        yield "{"
        for index, part in enumerate(macros.split(reader.argument(token), "$")):
            if index % 2:
                yield from ("$", *self.sequence(part), "$")
            else:
                yield from self._words(part)
        yield "}"

    def _words(self, part: Sequence[str]) -> Iterator[str]:
        """Keep the space behind an escaped character, which Pandoc takes for its end."""
        for before, each in pairwise(["", *part]):
            self._count(each)
            escaped = len(before) == 2 and before[0] == "\\" and not before[1].isalpha()
            yield "\\ " if each.isspace() and escaped else each

    def _colour(self, reader: Reader, token: str) -> Iterator[str]:
        model = "".join(reader.option() or [])
        name = "".join(reader.argument(token)).strip()
        yield from mark(f"color {_colour(model, name)}")

    def _coloured(self, reader: Reader, token: str) -> Iterator[str]:
        yield from ("{", *self._colour(reader, token), *self.sequence(reader.argument(token)), "}")

    def _tag(self, reader: Reader, token: str) -> Iterator[str]:
        starred = reader.took("*")
        text = "".join(reader.argument(token)).strip()
        if "\\" in text or "$" in text:
            raise FormulaError(f"'\\tag{{{text}}}': expected plain text such as 3a")
        self.tags.append(text if starred else f"({text})")
        yield ""

    def _label(self, reader: Reader, token: str) -> Iterator[str]:
        reader.argument(token)  # prints nothing in LaTeX either
        yield ""

    def _genfrac(self, reader: Reader, token: str) -> Iterator[str]:
        opening, closing, thickness, style = ("".join(reader.argument(token)).strip() for _ in range(4))
        above, below = (self.sequence(reader.argument(token)) for _ in range(2))
        plain = "".join(thickness.split()) == "0pt"
        binomial = plain and (opening, closing) == ("(", ")")
        yield "{"
        yield from mark(FRACTIONS[style]) if style in FRACTIONS else ()
        body = _fraction("binom" if binomial else "atop" if plain else "frac", above, below)
        fenced = (opening or closing) and not binomial
        yield from ("\\left", opening or ".", *body, "\\right", closing or ".") if fenced else body
        yield "}"

    def _newline(self, reader: Reader, token: str) -> Iterator[str]:
        """Leave out the height of a row, which is set as it comes."""
        yield token
        if reader.next == "[" and (height := reader.option()) and not LENGTH.match("".join(height)):
            yield from self.sequence(["[", *height, "]"])

    def _limits(self, reader: Reader, token: str) -> Iterator[str]:
        """Mark the limits themselves, which Pandoc sets as a text line would have them."""
        yield token
        reader.skip_space()
        if reader.next in {"_", "^"}:
            yield reader.take()
            yield from self._marked("limits", reader.argument(token))

    def _left(self, reader: Reader, token: str) -> Iterator[str]:
        reader.skip_space()
        yield from (token, reader.take()) if reader else (token,)

    def _right(self, reader: Reader, token: str) -> Iterator[str]:
        yield from self._left(reader, token)
        reader.took("\\!")

    def _environment(self, reader: Reader, token: str) -> Iterator[str]:
        name = "".join(reader.argument(token))
        kind = name.removesuffix("*")
        if kind not in ENVIRONMENTS:
            raise FormulaError(
                f"no environment is called '{name}': expected one of {', '.join(sorted(ENVIRONMENTS))}"
            )
        yield "{"
        yield from mark("scriptstyle") if kind == "smallmatrix" else ()
        yield from mark("rows") if kind in ROWS else ()
        arguments: list[str] = []
        if kind == "array":
            reader.option()
            columns = tex.joined(reader.argument(name))
            yield from mark(f"columns {','.join(map(str, _rules(columns)))}") if "|" in columns else ()
            arguments = ["{", columns.replace("|", ""), "}"]
        elif kind in WITH_COUNT:
            arguments = ["{", *reader.argument(name), "}"]
        content = self.sequence(reader.environment(name), EMPTY.get(kind, ()))
        inner = "cases" if kind == "dcases" else kind
        yield from (f"\\begin{{{inner}}}", *arguments, *content, f"\\end{{{inner}}}", "}")


def _fraction(kind: str, above: Sequence[str], below: Sequence[str]) -> list[str]:
    if kind == "atop":
        return ["{", "\\begin{matrix}", *above, "\\\\", *below, "\\end{matrix}", "}"]
    return ["{", f"\\{kind}", "{", *above, "}", "{", *below, "}", "}"]


def _rest(reader: Reader) -> list[str]:
    """Take what is left of a group or a cell."""
    found: list[str] = []
    while reader and reader.next not in {"&", "\\\\"}:
        found.append(reader.take())
    return found


def _sized(size: float) -> Callable[[Reader, str], Iterator[str]]:
    return lambda *_: iter(mark(f"size {size}"))


def mark(what: str) -> list[str]:
    """Return TeX that Pandoc takes for a fence and keeps."""
    return [f"\\mathopen{{\\text{{{MARK}{what}}}}}"]


def space(width: float) -> Iterator[str]:
    """Yield a space of so many times the size of the type."""
    yield f"\\hspace{{{width:.3f}em}}"


def _colour(model: str, name: str) -> str:
    """Return a colour as six digits in base sixteen."""
    numbers = name.split(",")
    if not model and name in COLOURS:
        return COLOURS[name]
    if model in {"", "HTML"} and (match := HEX.fullmatch(name)):
        return match[1].lower()
    if model in {"rgb", "RGB"} and len(numbers) == 3:
        scale = 255 if model == "rgb" else 1
        return "".join(f"{round(float(number) * scale):02x}" for number in numbers)
    raise FormulaError(f"no colour is called '{name}': expected #rrggbb or one of {', '.join(COLOURS)}")


def _rules(columns: str) -> list[int]:
    """Return before which columns of an array a rule stands; the number of columns for one behind all."""
    columns = re.sub(r"\*\{(\d+)\}\{([^}]*)\}", lambda match: match[2] * int(match[1]), columns)
    columns = re.sub(r"[@!]\{[^}]*\}|\s", "", columns)
    return [len(columns[:index].replace("|", "")) for index, letter in enumerate(columns) if letter == "|"]
