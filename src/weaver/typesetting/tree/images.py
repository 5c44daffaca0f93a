"""Images: where they are, how large they are wanted, what they show, and the Typst that shows them."""

import base64
import hashlib
import json
import os
import posixpath
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote_to_bytes

from weaver.errors import TypesetError
from weaver.storage.hashing import digest
from weaver.typesetting import named_files, remote_images
from weaver.typesetting.markdown.markdown_source import Position
from weaver.typesetting.markdown.outputs import OUTPUT
from weaver.typesetting.pandoc import Node, plain

FORMATS = (".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".pdf")
LENGTH = re.compile(r"^(?P<number>\d+(?:\.\d+)?)(?P<unit>%|px|pt|mm|cm|in|em|)$")
OF_LINE = re.compile(r"^(?P<share>\d*\.?\d+)?\\(?:line|text|column)width$")  # as LaTeX says it
OF_THE_WEB = (
    "comes from the web: it was fetched once and is kept, but others may get another;"
    " keep a copy beside the document"
)
IN_OTHER_CASE = (
    "is written in other capitals than the file has: not every system finds it; write its name as it is"
)
WITHOUT_WORDS = (
    "has neither a caption nor 'fig-alt': readers who cannot see it do not learn what it shows;"
    " say it in words, '![…](…)'"
)
DATA = re.compile(
    r"data:image/(?P<kind>png|jpeg|gif|webp|svg)(\+xml)?[^,]*?(?P<coded>;base64)?,(?P<content>.*)", re.S
)


@dataclass(frozen=True)
class Picture:
    """An image that a document shows; `sizes` has the width and height that it asks for, with units.

    `alternative` is what it shows, in words; empty where it is not given.
    """

    path: Path
    alternative: str
    sizes: Mapping[str, tuple[float, str]]


@dataclass(frozen=True)
class ImageFolders:
    """Where a document's images are: those of its outputs, and those that its sources name.

    `used` has the digest of every file that was looked for, from before it was read; None where none was.
    """

    outputs: Path
    resources: Path
    used: dict[str, str | None] = field(default_factory=dict)

    def use(self, names: Iterable[str]) -> None:
        """Note files that are going to be read, as seen from the resources."""
        for name in names:
            self.used.setdefault(name, digest(self.resources / name))

    def find(self, image: Node, position: Position) -> Picture:
        """Return the picture that an image node means.

        Raises:
            TypesetError: the image is missing, or of a strange format or size; the message names its line.
        """
        target = image["c"][2][0]
        where = named_files.spelt(target)
        try:
            picture = self._picture(image, position.file)
        except TypesetError as error:
            position.fail(where, str(error))
        written = {posixpath.basename(name) for name in named_files.names(target)}
        if picture.path.name.lower() in {name.lower() for name in written - {picture.path.name}}:
            position.notice(where, f"the image '{target}'", IN_OTHER_CASE)
        if named_files.REMOTE.match(target):
            position.notice(where, f"the image '{target}'", OF_THE_WEB)
        if not picture.alternative:
            position.notice(*_named(target, where, position), WITHOUT_WORDS)
        return picture

    def _picture(self, image: Node, file: str) -> Picture:
        attributes, description, (target, _) = image["c"]
        options = dict(attributes[2])
        alternative = options.get("fig-alt") or options.get("alt") or plain(description)
        sizes = {side: _length(options[side], side) for side in ("width", "height") if side in options}
        return Picture(self._path(target, file), " ".join(alternative.split()), sizes)

    def _path(self, target: str, file: str) -> Path:
        if target.startswith(OUTPUT):
            return self.outputs / target.removeprefix(OUTPUT)
        data = DATA.match(target)
        return self._unpacked(data) if data else self._named(target, file)

    def _unpacked(self, data: re.Match[str]) -> Path:
        """Return the file of an image that an address itself holds."""
        content = unquote_to_bytes(data["content"])
        content = base64.b64decode(content) if data["coded"] else content
        path = self.outputs / f"data-{hashlib.sha256(content).hexdigest()[:16]}.{data['kind']}"
        path.write_bytes(content)
        return path

    def _named(self, target: str, file: str) -> Path:
        """Find an image beside the source that names it, or from the root of the sources."""
        if named_files.REMOTE.match(target):
            return remote_images.picture(target, self.resources, self.outputs)
        names = named_files.names(target)
        candidates = [path for name in names for path in named_files.paths(name, file)]
        for path in candidates:
            self.use([path])
            if os.path.isfile(self.resources / path):  # noqa: PTH113 - also a name that no file can have
                return self._usable(self.resources / path, target)
        for path in candidates:
            if found := _in_other_case(self.resources / path):
                return self._usable(found, target)
        raise TypesetError(f"the image '{names[0]}' is missing: looked for {candidates[0]}")

    def _usable(self, found: Path, target: str) -> Path:
        if found.suffix.lower() not in FORMATS:
            raise TypesetError(f"the image '{target}': expected one of {', '.join(FORMATS)}")
        return found


class Pictures:
    """Puts the images of a document into the folder that Typst reads from, where its outputs' images are."""

    def __init__(self, folders: ImageFolders) -> None:
        self.folders = folders
        self.copied: dict[Path, str] = {}

    def call(self, image: Node, function: str, position: Position) -> str:
        """Return the Typst call that shows an image.

        Raises:
            TypesetError: the image cannot be shown.
        """
        picture = self.folders.find(image, position)
        arguments = [quoted(f"/{self._name(picture.path)}")]
        arguments += [f"alt: {quoted(picture.alternative)}"] if picture.alternative else []
        arguments += [f"{side}: {_in_typst(*size)}" for side, size in picture.sizes.items()]
        return f"#{function}({', '.join(arguments)})"

    def _name(self, path: Path) -> str:
        if path.parent == self.folders.outputs:
            return path.name
        if path not in self.copied:
            self.copied[path] = f"image-{len(self.copied) + 1}{path.suffix.lower()}"
            shutil.copyfile(path, self.folders.outputs / self.copied[path])
        return self.copied[path]


def _named(target: str, where: str, position: Position) -> tuple[str, str]:
    """Return a pattern for an image in the sources, and what it is called."""
    is_held = target.startswith("data:")
    if target.startswith(OUTPUT) or (is_held and position.is_in_chunk):
        return "", "a figure of this chunk"
    return (rf"{where}|<svg\b", "an image") if is_held else (where, f"the image '{target}'")


def _in_other_case(path: Path) -> Path | None:
    """Return a file of the same folder whose name differs in capitals alone."""
    folder = path.parent
    names = sorted(folder.iterdir()) if folder.is_dir() else []
    return next((one for one in names if one.name.lower() == path.name.lower() and one.is_file()), None)


def quoted(text: str) -> str:
    """Return a Typst string."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)


def _length(text: str, side: str) -> tuple[float, str]:
    if of_line := OF_LINE.match(text.strip()):
        return 100 * float(of_line["share"] or 1), "%"
    match = LENGTH.match(text.strip())
    if match is None:
        raise TypesetError(f"{side}='{text}': expected a length such as 60%, 8cm or 300px")
    return float(match["number"]), match["unit"] or "px"


def _in_typst(number: float, unit: str) -> str:
    return f"{number * 0.75:g}pt" if unit == "px" else f"{number:g}{unit}"  # a CSS pixel is 1/96 inch
