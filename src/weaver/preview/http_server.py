"""Serves the preview to browsers on this machine, page and PDF from memory: no request names a file.

Only this machine can connect. `Host` and `Origin` are checked, since a page of somebody else's that is open
in the same browser may connect too: under a name of its own that leads here, or by a request across origins.
"""

import json
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from weaver.errors import WeaverError
from weaver.preview.state import Broadcast, digest

LOOPBACK = "127.0.0.1"
NAMES = (LOOPBACK, "localhost")
HEARTBEAT_S = 15.0  # so that a browser that is gone is found out
IDLE_S = 30  # how long a connection may stay silent before its request is there
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
ASSETS: Mapping[str, str] = {"preview.js": "text/javascript", "preview.css": "text/css"}
WAITING = Path(__file__).with_name("preview.html")
HEAD_END = b"</head>"
ADDED = (
    '<link rel="stylesheet" href="/preview.css"><script src="/preview.js" data-page="{page}" defer></script>'
)


@dataclass(frozen=True)
class Response:
    """A body with its type."""

    kind: str
    body: bytes


@contextmanager
def serving(broadcast: Broadcast, port: int = 0) -> Iterator[str]:
    """Serve what `broadcast` holds while the block runs, and give the address.

    Args:
        broadcast: closed at the end of the block.
        port: to listen at; any that is free where it is 0.

    Raises:
        WeaverError: the port is taken.
    """
    server = _listening_at(port)
    server.broadcast = broadcast
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="serving", daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}"
    finally:
        broadcast.close()
        server.shutdown()
        server.server_close()
        thread.join()


def _listening_at(port: int) -> "_Server":
    try:
        return _Server((LOOPBACK, port), _Handler)
    except (OSError, OverflowError) as error:
        raise WeaverError(
            f"--port {port}: expected a port that is free, found {error}: name another, or leave it out"
        ) from None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a browser keeps connections open
    broadcast: Broadcast

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base class's
        """Say nothing of browsers that went away."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = IDLE_S
    server_version, sys_version = "weaver", ""

    def do_GET(self) -> None:
        """Answer a request."""
        if not self._allowed():
            self.send_error(HTTPStatus.FORBIDDEN)
            return
        path = self.path.partition("?")[0]
        if path == "/events":
            self._stream()
        elif (response := self._find(path)) is not None:
            self._send(response)
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_HEAD(self) -> None:
        """Answer without a body, but for the stream, which has no end."""
        if self.path.partition("?")[0] == "/events":
            self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)
        else:
            self.do_GET()

    def end_headers(self) -> None:
        """Add what every answer says."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Keep the terminal for the build."""

    def _allowed(self) -> bool:
        """Whether the request names this server, and comes from one of its own pages or from none."""
        own = [f"{name}:{self.server.server_port}" for name in NAMES]
        hosts, origins = self.headers.get_all("Host", []), self.headers.get_all("Origin", [])
        return len(hosts) == 1 and hosts[0] in own and set(origins) <= {f"http://{name}" for name in own}

    def _find(self, path: str) -> Response | None:
        """Return what there is under a path; there are no others."""
        pages = self.server.broadcast.state.pages
        if path == "/":
            return Response("text/html; charset=utf-8", _listening(pages.page))
        if path == "/report.html" and pages.page is not None:
            return Response("text/html; charset=utf-8", pages.page)
        if path == "/report.pdf" and pages.pdf is not None:
            return Response("application/pdf", pages.pdf)
        name = path.removeprefix("/")
        if name in ASSETS:
            return Response(f"{ASSETS[name]}; charset=utf-8", Path(__file__).with_name(name).read_bytes())
        return None

    def _send(self, response: Response) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", response.kind)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def _stream(self) -> None:
        """Send each state as a server-sent event until the browser or the preview ends."""
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        broadcast, number = self.server.broadcast, 0
        while not broadcast.closed:
            news = broadcast.after(number, HEARTBEAT_S)
            number = news.number if news else number
            self._write(json.dumps(news.state.to_json()) if news else None)

    def _write(self, data: str | None) -> None:
        self.wfile.write(f"data: {data}\n\n".encode() if data else b": still here\n\n")
        self.wfile.flush()


def _listening(page: bytes | None) -> bytes:
    """Add the script that listens to the page, or to one that says to wait."""
    added = ADDED.format(page=digest(page) or "").encode() + HEAD_END
    return (WAITING.read_bytes() if page is None else page).replace(HEAD_END, added, 1)
