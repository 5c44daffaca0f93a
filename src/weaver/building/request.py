"""What a build is asked for; quick to import."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from weaver.errors import ProjectError
from weaver.paths import PARENT

if TYPE_CHECKING:
    from weaver.chunk_options import Target

QUICK = "quick"  # the profile of a first look
ENGINES = ("auto", "quarto", "builtin")
# What may be asked for, in Quarto's words: a PDF by Typst or by LaTeX, or a page for the browser.
FORMATS: Mapping[str, "Target"] = {"pdf": "typst", "html": "html", "latex": "pdf"}


@dataclass(frozen=True)
class Request:
    """What is to be built: the whole report, or one chapter; one of `ENGINES` and one of `FORMATS`.

    In a `draft` a placeholder stands where only Quarto could set what the document has; a `strict` build
    fails where anything is noticed.
    """

    profile: str = "full"
    engine: str = "auto"
    chapter: str | None = None
    format: str = "pdf"
    draft: bool = False
    strict: bool = False

    @property
    def target(self) -> "Target":
        """The format as Quarto names it.

        Raises:
            ProjectError: there is no such format.
        """
        if self.format not in FORMATS:
            raise ProjectError(f"FORMAT: expected one of {', '.join(FORMATS)}, found '{self.format}'")
        return FORMATS[self.format]

    @property
    def file(self) -> str:
        """The name of the file that is built."""
        suffix = "html" if self.target == "html" else "pdf"
        return f"{self.chapter or PARENT.stem}.{suffix}"
