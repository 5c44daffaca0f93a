"""The server of the preview: what it gives, and to whom."""

import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from weaver.errors import WeaverError
from weaver.preview.http_server import serving
from weaver.preview.state import Broadcast, Pages, State

PAGE = b"<html><head><title>T</title></head><body>one</body></html>"


@pytest.fixture
def broadcast() -> Broadcast:
    """Give a state with a page and no PDF."""
    return Broadcast(State(Pages(PAGE)))


@pytest.fixture
def port(broadcast: Broadcast) -> Iterator[int]:
    """Serve it."""
    with serving(broadcast) as address:
        yield int(address.rpartition(":")[2])


def ask(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
    """Return status and body of a request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest(method, path, skip_host=True)
        for name, value in {"Host": f"127.0.0.1:{port}", **headers}.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_the_page_is_served_as_built_and_with_the_script(port: int, broadcast: Broadcast) -> None:
    """Only what the browser opens is added to, in its head."""
    assert ask(port, "/report.html") == (200, PAGE)
    status, page = ask(port, "/")
    assert status == 200
    before, added, after = page.partition(b'<link rel="stylesheet" href="/preview.css">')
    assert added
    assert PAGE.startswith(before)
    assert after.endswith(b"</script></head><body>one</body></html>")
    assert ask(port, "/report.pdf?new")[0] == 404
    broadcast.set(pages=Pages(PAGE, b"%PDF"))
    assert ask(port, "/report.pdf?new") == (200, b"%PDF")
    assert ask(port, "/preview.js", "HEAD") == (200, b"")


def test_before_there_is_a_page_one_says_to_wait() -> None:
    """It listens like the other, and is not handed out as the report."""
    with serving(Broadcast(State())) as address:
        port = int(address.rpartition(":")[2])
        status, page = ask(port, "/")
        assert (status, ask(port, "/report.html")[0]) == (200, 404)
    assert b"The report is being built" in page
    assert b"/preview.js" in page


NOWHERE = (
    "/build",
    "/build/",
    "/notebooks/q1.ipynb",
    "/../_quarto.yml",
    "/..%2f_quarto.yml",
    "/preview.py",
    "//example.org/report.html",
    "/report.html/",
    "/report.html/../../_quarto.yml",
    "http://example.org/_quarto.yml",
    "/%00",
    "?",
)


def test_there_is_nothing_else(port: int) -> None:
    """No folder is listed and no path leads out, however it is written."""
    assert {path: ask(port, path)[0] for path in NOWHERE} == dict.fromkeys(NOWHERE, 404)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "example.org"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1:1"},
        {"Host": ""},
        {"Origin": "http://example.org"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_a_request_under_another_name_or_from_another_page_is_refused(
    port: int, headers: dict[str, str]
) -> None:
    """Another site that is open in the same browser reads nothing."""
    for path in ("/", "/report.html", "/events", "/preview.js", "/nothing"):
        assert ask(port, path, **headers)[0] == 403


def test_its_own_names_are_let_in(port: int) -> None:
    """Both names of this machine, and requests of its own pages."""
    assert ask(port, "/", Host=f"localhost:{port}")[0] == 200
    assert ask(port, "/", Origin=f"http://127.0.0.1:{port}")[0] == 200


def test_it_is_only_read_from(port: int) -> None:
    """Nothing can be changed through it."""
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert ask(port, "/", method)[0] == 501


def test_it_listens_on_this_machine_only(port: int) -> None:
    """At no other address, not even another of the loopback's."""
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", port), timeout=2)


def test_each_change_is_told_as_it_comes(port: int, broadcast: Broadcast) -> None:
    """The state at once, then each change, until the preview ends."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/events")
    answer = connection.getresponse()
    assert answer.headers["Content-Type"] == "text/event-stream"

    def told() -> dict[str, object]:
        data = answer.readline().removeprefix(b"data: ")
        assert answer.readline() == b"\n"
        state: dict[str, object] = json.loads(data)
        return state

    assert told()["stage"] == ""
    broadcast.set(stage="page")
    assert told()["stage"] == "page"
    broadcast.set(stage="page")
    broadcast.set(stage="pdf")
    assert told()["stage"] == "pdf"
    broadcast.close()
    assert answer.read() in {b"", b": still here\n\n"}
    connection.close()


def test_a_port_that_is_taken(port: int) -> None:
    """The message says which, and what to do."""
    expected = rf"--port {port}: expected a port that is free, found .*in use: name another"
    with pytest.raises(WeaverError, match=expected), serving(Broadcast(State()), port):
        pass
