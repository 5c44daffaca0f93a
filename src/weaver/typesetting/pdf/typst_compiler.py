"""Typst, with what it remembers of the document that it set last, and a folder for that document."""

import re
import tempfile
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal

import typst

from weaver.errors import TypesetError
from weaver.typesetting.markdown.markdown_source import Manuscript
from weaver.typesetting.pdf import page_layout

SOURCE = "report.typ"
Standard = list[Literal["ua-1", "a-2u"]]
# The first two find letters that are missing; the last has nothing against a document without a date, or a
# PDF as an image.
MARK: Standard = ["ua-1"]
STANDARDS: tuple[Standard, ...] = (MARK, ["a-2u"], [])
UNMARKED = re.compile(r"(?:PDF/[\w-]+ error: |(?=embedding PDFs ))(?P<what>.*)", re.S)
GLYPH = re.compile(r'the text `"(?P<text>.+)"` could not be displayed')
WITHOUT_MARK = "the PDF does not bear the mark PDF/UA-1 of accessible documents"
OF_SYSTEM = "is in no font that Typst brings, only in one of this system: elsewhere it may look otherwise"

Explain = Callable[[typst.TypstError], tuple[str, str]]
"""From an error of Typst to its place in the sources, `file:line`, and what is wrong there."""


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
        """Set a document under the best standard that it keeps; what it lacks is told.

        The fonts of the system are used where it names one of them, or has letters that no other font has.

        Raises:
            TypesetError: there is something wrong with it; the message names file and line.
        """
        self._source.write_text(source, encoding="utf-8")
        own, standards = fonts(of_system=False).families(), list(STANDARDS)
        of_system = not page_layout.are_brought(text, own)
        page_layout.tell_fonts(text, own, fonts(of_system=of_system).families())
        while True:
            try:
                return self._compile(timestamp, standards[0], of_system=of_system)
            except typst.TypstError as error:
                place, reason = explain(error)
                missing = GLYPH.search(error.diagnostic)
                if missing and not of_system:
                    of_system = True
                    text.noticed.tell(place, f"'{missing['text']}'", OF_SYSTEM)
                elif standards[1:] and not missing and (lack := UNMARKED.match(error.message)):
                    if standards.pop(0) == MARK:
                        text.noticed.tell(place, "", f"{WITHOUT_MARK}: {lack['what']}")
                else:
                    raise TypesetError(f"{place}: {reason}") from None

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
