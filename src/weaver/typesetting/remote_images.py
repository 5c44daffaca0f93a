"""Pictures of the web: fetched once, and kept with a checksum for as long as the project is there."""

import base64
import hashlib
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from weaver.errors import TypesetError
from weaver.paths import FETCHED
from weaver.storage import checked_json

PATIENCE_S = 10.0
LARGEST = 32 * 2**20  # bytes
SIGNS = "%/:?#[]@!$&'()*+,;=~"  # of an address, which stay as they are
AGENT = {"User-Agent": "Mozilla/5.0 (weaver)"}  # some hosts answer browsers alone
# What a file begins with tells what it is; addresses and hosts do not always.
KINDS = {
    ".png": (b"\x89PNG",),
    ".jpg": (b"\xff\xd8\xff",),
    ".gif": (b"GIF8",),
    ".webp": (b"RIFF",),
    ".pdf": (b"%PDF",),
    ".svg": (b"<svg", b"<?xml", b"<!DOCTYPE svg", b"<!--"),
}


def picture(address: str, root: Path, outputs: Path) -> Path:
    """Return a file with the picture of an address, in the folder of a document's other outputs.

    Raises:
        TypesetError: it is not kept and cannot be fetched, or is not a picture.
    """
    address = f"https:{address}" if address.startswith("//") else address
    name = hashlib.sha256(address.encode()).hexdigest()[:16]
    content = _kept(root / FETCHED / f"{name}.json", address)
    start = content.lstrip()
    kind = next((kind for kind, starts in KINDS.items() if start.startswith(starts)), None)
    if kind is None:
        raise TypesetError(f"what '{address}' gives is not an image: keep one beside the document")
    path = outputs / f"web-{name}{kind}"
    path.write_bytes(content)
    return path


def _kept(place: Path, address: str) -> bytes:
    """Return what an address gave when it was asked for first."""
    with suppress(OSError, ValueError):
        return base64.b64decode(checked_json.read_checked(place))
    content = _fetch(address)
    with suppress(OSError):  # where nothing can be kept, the next build asks again
        checked_json.write_checked(place, base64.b64encode(content).decode())
    return content


def _fetch(address: str) -> bytes:
    if not address.lower().startswith(("http:", "https:")):
        raise TypesetError(f"the image '{address}' is not fetched: keep a copy beside the document")
    from http.client import HTTPException  # noqa: PLC0415 - most documents fetch nothing
    from urllib.request import Request, urlopen  # noqa: PLC0415

    request = Request(quote(address, safe=SIGNS), headers=AGENT)  # noqa: S310 - of the web alone, see above
    try:
        with urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
            content = bytes(answer.read(LARGEST + 1))
    except (OSError, ValueError, HTTPException) as error:  # URLError is an OSError
        reason = getattr(error, "reason", error)
        raise TypesetError(
            f"the image '{address}' cannot be fetched ({reason}): keep a copy beside the document"
        ) from None
    if len(content) > LARGEST:
        raise TypesetError(f"the image '{address}' is larger than 32 MB: keep a copy beside the document")
    return content
