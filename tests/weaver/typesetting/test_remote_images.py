"""Pictures of the web, from a server of the test's own."""

import base64
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from weaver.errors import TypesetError


class Host:
    """Serves one content at any address, and counts how often."""

    def __init__(self) -> None:
        self.content, self.asked = b"", 0
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.asked += 1
                self.send_response(200)
                self.end_headers()
                self.wfile.write(host.content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/a"


@pytest.fixture
def host() -> Iterator[Host]:
    """Run a server for the length of a test."""
    found = Host()
    thread = threading.Thread(target=found.server.serve_forever)
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


def test_a_picture_of_the_web_is_fetched_once(
    host: Host,
    build: Any,
    notices_of: Callable[..., tuple[str, ...]],
    typeset_pdf: Callable[..., PdfReader],
    page_of: Callable[..., str],
) -> None:
    """It is kept, told, and asked for again only where what was kept is damaged."""
    host.content = base64.b64decode(build.png(40, 20))
    prose = build.prose(f"![Words]({host.address})", line=3)
    told = f"report/q1.qmd:3: the image '{host.address}' comes from the web"
    assert notices_of(prose)[0].startswith(told)
    assert len(typeset_pdf(prose).pages[0].images) == 1
    assert 'src="data:image/png;base64' in page_of(prose)
    assert host.asked == 1


def test_a_damaged_copy_is_fetched_again(
    host: Host, build: Any, notices_of: Callable[..., tuple[str, ...]], tmp_path: Path
) -> None:
    """What is kept has a checksum."""
    host.content = base64.b64decode(build.png(40, 20))
    prose = build.prose(f"![Words]({host.address})")
    notices_of(prose)
    (kept,) = (tmp_path / ".cache/fetched").iterdir()
    kept.write_bytes(kept.read_bytes()[:-9])
    notices_of(prose)
    assert host.asked == 2


def test_what_cannot_be_fetched_is_told(
    host: Host, build: Any, notices_of: Callable[..., tuple[str, ...]]
) -> None:
    """Without a network, and where there is no picture."""
    host.content = b"<html>not here</html>"
    with pytest.raises(TypesetError, match=r"q1\.qmd:1: what 'http://127.* gives is not an image"):
        notices_of(build.prose(f"![Words]({host.address})"))
    with pytest.raises(TypesetError, match=r"q1\.qmd:1: the image 'http://127.0.0.1:1/a' cannot be fetched"):
        notices_of(build.prose("![Words](http://127.0.0.1:1/a)"))
    with pytest.raises(TypesetError, match=r"q1\.qmd:1: the image 'ftp://a/b.png' is not fetched"):
        notices_of(build.prose("![Words](ftp://a/b.png)"))


def test_an_address_may_have_spaces_and_letters(
    host: Host, build: Any, notices_of: Callable[..., tuple[str, ...]]
) -> None:
    """It is asked for as a browser would; a host that cannot be one is told."""
    host.content = base64.b64decode(build.png(40, 20))
    (told,) = notices_of(build.prose(f"![Words](<{host.address} große kurve.png>)"))
    assert "comes from the web" in told
    with pytest.raises(TypesetError, match=r"q1\.qmd:1: the image '.* cannot be fetched"):
        notices_of(build.prose("![Words](<http://no host/a.png>)"))
