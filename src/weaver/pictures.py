"""Images: where they are, how wide they are wanted, and the Typst that shows them."""

import json
import re
import shutil
from pathlib import Path

from weaver.errors import TypesetError
from weaver.pandoc import Node, plain

FORMATS = (".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".pdf")
LENGTH = re.compile(r"^(?P<number>\d+(?:\.\d+)?)(?P<unit>%|px|pt|mm|cm|in|em|)$")
REMOTE = re.compile(r"^(https?|data|ftp|file):", re.I)


class Pictures:
    """Puts the images of a document into the folder that Typst reads from."""

    def __init__(self, folder: Path, resources: Path) -> None:
        self.folder = folder
        self.resources = resources
        self.copied: dict[Path, str] = {}

    def call(self, image: Node, function: str, file: str) -> str:
        """Return the Typst call that shows an image of the source `file`.

        Raises:
            TypesetError: the image is missing, of a strange format, or has no alternative text.
        """
        attributes, description, (target, _) = image["c"]
        options = dict(attributes[2])
        alternative = options.get("fig-alt") or options.get("alt") or plain(description)
        if not alternative:
            name = "a figure of this chunk" if self._is_output(target) else f"the image '{target}'"
            raise TypesetError(
                f"{name} has neither a caption nor 'fig-alt': say in words what it shows,"
                " for readers who cannot see it"
            )
        arguments = [quoted(f"/{self._name(target, file)}"), f"alt: {quoted(alternative)}"]
        arguments += [
            f"{side}: {_length(options[side], side)}" for side in ("width", "height") if side in options
        ]
        return f"#{function}({', '.join(arguments)})"

    def _name(self, target: str, file: str) -> str:
        if self._is_output(target):
            return target
        path = self._find(target, file)
        if path not in self.copied:
            self.copied[path] = f"image-{len(self.copied) + 1}{path.suffix.lower()}"
            shutil.copyfile(path, self.folder / self.copied[path])
        return self.copied[path]

    def _is_output(self, target: str) -> bool:
        return "/" not in target and (self.folder / target).is_file()

    def _find(self, target: str, file: str) -> Path:
        """Find an image beside the source that names it, or from the root of the sources."""
        if REMOTE.match(target):
            raise TypesetError(f"the image '{target}' is not fetched: keep a copy beside the document")
        candidates = [self.resources / Path(file).parent / target, self.resources / target]
        found = next((path for path in candidates if path.is_file()), None)
        if found is None:
            raise TypesetError(
                f"the image '{target}' is missing: looked for {candidates[0].relative_to(self.resources)}"
            )
        if found.suffix.lower() not in FORMATS:
            raise TypesetError(f"the image '{target}': expected one of {', '.join(FORMATS)}")
        return found


def quoted(text: str) -> str:
    """Return a Typst string."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)


def _length(text: str, side: str) -> str:
    match = LENGTH.match(text.strip())
    if match is None:
        raise TypesetError(f"{side}='{text}': expected a length such as 60%, 8cm or 300px")
    if match["unit"] in {"px", ""}:
        return f"{float(match['number']) * 0.75:g}pt"  # a CSS pixel is 1/96 inch
    return match.group()
