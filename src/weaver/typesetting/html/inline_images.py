"""Images inside of the page itself: an SVG as an element of its own, anything else as data."""

import base64
import re
import shutil
import tempfile
from html import escape
from pathlib import Path

import typst

from weaver.errors import TypesetError
from weaver.typesetting import named_files
from weaver.typesetting.html import inline_svg
from weaver.typesetting.markdown.markdown_source import Position
from weaver.typesetting.pandoc import Node
from weaver.typesetting.tree.images import ImageFolders, Picture

MIME = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}
PLACEHOLDER = "<weaver-picture-{}/>"
PLACEHOLDERS = re.compile(rb"<weaver-picture-(\d+)/>")


class Embedded:
    """Keeps the images of a page out of Pandoc's hands, which is faster, and puts them in at the end."""

    def __init__(self, folders: ImageFolders) -> None:
        self.folders = folders
        self.elements: list[str] = []

    def element(self, image: Node, position: Position) -> str:
        """Return what stands for an image until `filled`.

        Raises:
            TypesetError: the image cannot be shown.
        """
        picture = self.folders.find(image, position)
        try:
            self.elements.append(_element(picture, f"picture-{len(self.elements) + 1}"))
        except TypesetError as error:
            position.fail(named_files.spelt(image["c"][2][0]), str(error))
        return PLACEHOLDER.format(len(self.elements) - 1)

    def filled(self, page: str) -> bytes:
        """Return a page with the images in their places, in UTF-8."""
        elements = [element.encode() for element in self.elements]
        return PLACEHOLDERS.sub(lambda match: elements[int(match[1])], page.encode())


def _element(picture: Picture, identifier: str) -> str:
    style = "; ".join(f"{side}: {number:g}{unit}" for side, (number, unit) in picture.sizes.items())
    suffix = picture.path.suffix.lower()
    if suffix in {".svg", ".pdf"}:
        return _drawing(picture, identifier, style)
    if suffix not in MIME:
        known = ", ".join((".svg", ".pdf", *MIME))
        raise TypesetError(
            f"the image '{picture.path.name}' cannot be shown in a page: expected one of {known}"
        )
    coded = base64.b64encode(picture.path.read_bytes()).decode()
    styled = f' style="{escape(style)}"' if style else ""
    spoken = f' alt="{escape(picture.alternative)}"' if picture.alternative else ""
    return f'<img class="picture" src="data:{MIME[suffix]};base64,{coded}"{spoken}{styled}>'


def _drawing(picture: Picture, identifier: str, style: str) -> str:
    text = _of_pdf(picture.path) if picture.path.suffix.lower() == ".pdf" else _text(picture.path)
    try:
        return inline_svg.inline(text, prefix=identifier, alternative=picture.alternative, style=style)
    except TypesetError as error:
        raise TypesetError(f"the image '{picture.path.name}': {error}") from None


def _of_pdf(path: Path) -> str:
    """Return the first page of a PDF as an SVG, which Typst makes of it."""
    with tempfile.TemporaryDirectory(prefix="weaver-") as folder:
        shutil.copyfile(path, Path(folder) / "picture.pdf")
        source = Path(folder) / "picture.typ"
        source.write_text('#set page(width: auto, height: auto, margin: 0pt)\n#image("picture.pdf")')
        try:
            drawn = typst.compile(source, format="svg")
        except typst.TypstError as error:
            raise TypesetError(f"the image '{path.name}' cannot be read: {error.message}") from None
    return drawn.decode() if isinstance(drawn, bytes) else ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TypesetError(f"the image '{path.name}' is not UTF-8: {error.reason}") from None
