"""Typst, with what it remembers of the document that it set last, and a folder for that document."""

import re
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal

import typst

from weaver.errors import TypesetError
from weaver.typesetting.markdown.markdown_source import Manuscript
from weaver.typesetting.pdf import page_layout

SOURCE = "report.typ"
Standard = list[Literal["ua-1", "a-3u"]]
# The first two find letters that are missing; the last has nothing against a document without a date, or a
# PDF as an image.
MARK: Standard = ["ua-1"]
STANDARDS: tuple[Standard, ...] = (MARK, ["a-3u"], [])
UNMARKED = re.compile(r"(?:PDF/[\w-]+ error: |(?=embedding PDFs ))(?P<what>.*)", re.S)
GLYPH = re.compile(r'error: .*the text `"(?P<text>.+)"` could not be displayed(?:.*\n)(?:.+\n)*')
WITHOUT_MARK = "the PDF does not bear the mark PDF/UA-1 of accessible documents"
OF_SYSTEM = "is in no font that Typst brings, only in one of this system: elsewhere it may look otherwise"
NOWHERE = (
    "is in no font that Typst brings, and in none of this system: an empty box stands for it; install a font"
    " that has it, Noto for example, or write it in other letters"
)

Explain = Callable[[str, str], tuple[str, str]]
"""From the message and the details of an error to its place, `file:line`, and what is wrong there."""


class _Attempt:
    """How a document is to be set: what Typst refuses is not asked again, and is reported."""

    def __init__(self, text: Manuscript, explain: Explain) -> None:
        self.text, self.explain = text, explain
        self.standards = STANDARDS
        own = fonts(of_system=False).families()
        self.of_system = not page_layout.are_brought(text, own)
        page_layout.tell_fonts(text, own, fonts(of_system=self.of_system).families())
        self.of_others: dict[str, str] = {}  # the letters that no font of Typst's has, with their places

    def give_way(self, error: typst.TypstError) -> None:
        """Change what Typst does not take.

        Raises:
            TypesetError: nothing can be changed about it; the message names file and line.
        """
        missing = self._missing(error.diagnostic)
        if missing and not self.of_system:
            self.of_system, self.of_others = True, missing
            return
        place, reason = self.explain(error.message, error.diagnostic)
        lack = UNMARKED.match(error.message)
        if not lack or not self.standards[1:]:
            raise TypesetError(reason, place=place) from None
        self.tell_letters(missing, NOWHERE)
        self.of_others = {letters: at for letters, at in self.of_others.items() if letters not in missing}
        if self.standards[0] == MARK:
            self.text.noticed.tell(place, "", f"{WITHOUT_MARK}: {lack['what']}")
        self.standards = self.standards[-1:] if missing else self.standards[1:]

    def tell_letters(self, letters: Mapping[str, str], what: str) -> None:
        """Say of each letter where its shape comes from."""
        for each, place in letters.items():
            self.text.noticed.tell(place, f"'{each}'", what)

    def _missing(self, diagnostic: str) -> dict[str, str]:
        """Return the letters that no font has, each with the first place where it stands."""
        found: dict[str, str] = {}
        for match in GLYPH.finditer(diagnostic):
            place, _ = self.explain(match["text"], match[0])
            found.setdefault(match["text"], place)
        return found


class Press:
    """Sets one document after the other.

    The same compiler over the same file knows which parts of it are as they were: after an edit in a preview
    it takes a fourth of the time, and a twentieth of the memory that a new one would leave behind.
    """

    def __init__(self) -> None:
        self._kept = tempfile.TemporaryDirectory(prefix="weaver-")  # removed when the process ends
        self.folder = Path(self._kept.name)
        self._source = self.folder / SOURCE
        self._source.touch()
        self._compilers: dict[typst.Fonts, typst.Compiler] = {}

    def clear(self) -> None:
        """Remove the images of the last document."""
        for file in self.folder.iterdir():
            if file != self._source:
                file.unlink()

    def set(self, source: str, timestamp: datetime, text: Manuscript, explain: Explain) -> bytes:
        """Set a document under the best standard that it keeps; what it lacks is reported.

        The fonts of the system are used where it names one of them, or has letters that no other font has.
        Where they have none either, Typst prints an empty box.

        Raises:
            TypesetError: there is something wrong with it; the message names file and line.
        """
        self._source.write_text(source, encoding="utf-8")
        attempt = _Attempt(text, explain)
        while True:
            try:
                content = self._compile(timestamp, attempt.standards[0], of_system=attempt.of_system)
            except typst.TypstError as error:
                attempt.give_way(error)
            else:
                attempt.tell_letters(attempt.of_others, OF_SYSTEM)
                return content

    def _compile(self, timestamp: datetime, standard: Standard, *, of_system: bool) -> bytes:
        known = fonts(of_system=of_system)
        if known not in self._compilers:
            self._compilers[known] = typst.Compiler(self._source, root=self.folder, font_paths=known)
        content = self._compilers[known].compile(pdf_standards=[*standard], timestamp=timestamp)
        if not isinstance(content, bytes):
            raise TypesetError("Typst gave no PDF")
        return content


@cache
def press() -> Press:
    """Return the one of this process."""
    return Press()


@cache
def fonts(*, of_system: bool) -> typst.Fonts:
    """Return the fonts that Typst brings, or those of the system too."""
    return typst.Fonts(include_system_fonts=of_system)
