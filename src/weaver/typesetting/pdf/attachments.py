"""A file that a PDF carries with it: how Typst is told, and how it is read again, in a PDF of Typst's."""

import re
import zlib
from pathlib import Path

from weaver.errors import TypesetError

# A stream of PDF 32000-1, 7.11.4, as Typst writes it: its dictionary names its length, and how it is packed.
STREAM = re.compile(rb"/Type\s*/EmbeddedFile(?P<about>.{0,400}?)>>\s*stream\r?\n", re.S)
LENGTH = re.compile(rb"/Length (?P<length>\d+)")


def attaching(name: str) -> str:
    """Return the Typst that attaches a file in JSON from the folder of the document."""
    how = f'relationship: "supplement", mime-type: "application/json", description: "{Path(name).stem}"'
    return f'\n#pdf.attach("/{name}", {how})'


def attached(path: Path) -> bytes:
    """Return the first file that a PDF carries.

    Raises:
        TypesetError: there is no such PDF, or it carries none that can be read.
    """
    if not path.is_file():
        raise TypesetError("no such file", place=path.as_posix())
    content = path.read_bytes()
    for match in STREAM.finditer(content):
        start = content.rfind(b" obj", 0, match.start())
        about = content[start : match.end()]
        if length := LENGTH.search(about):
            data = content[match.end() : match.end() + int(length["length"])]
            return zlib.decompress(data) if b"/FlateDecode" in about else data
    raise TypesetError(
        "expected a PDF that carries its provenance, found none in it: the built-in typesetter writes one"
        " (ENGINE=builtin)",
        place=path.as_posix(),
    )
