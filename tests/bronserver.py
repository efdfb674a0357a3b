"""A server on this computer that answers as CBS (OData v3) and PDOK (OGC API Features, streets) do.

The host is the first part of a path: `http://127.0.0.1:PORT/opendata.cbs.nl/ODataFeed/odata/...`.
It can be told to fail in the ways in which networks and these services fail.
"""

import argparse
import contextlib
import re
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Iterable
from functools import lru_cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, unquote, unquote_plus

from tests import brondata, bronlocatie
from tests import bronodata as odata
from tests import bronpdok as pdok
from tests.bronodata import Fault, Record, Refusal, Table, as_json, canonical
from tests.bronpdok import Collection

__all__ = ["BronServer", "Fault"]
JSON = "application/json;odata=minimalmetadata;streaming=true;charset=utf-8"
ATOM = "application/atom+xml;type=feed;charset=utf-8"
ROW_FAULTS = {"repeat", "missing", "count", "empty"}  # the others are about the wire


class Request(NamedTuple):
    """A request as it came in, without percent signs."""

    method: str
    path: str
    query: str


class Answer(NamedTuple):
    """What the server has to say."""

    body: bytes
    kind: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class BronServer:
    """Serves tables and collections on loopback, inside a `with` statement.

    `tables`, `faults`, `page_rows` and `property_filters` may be changed while it runs; `log` has
    the requests so far.
    """

    def __init__(
        self,
        tables: Iterable[Table] = (),
        collections: Iterable[Collection] = (),
        *,
        page_rows: int = 10_000,
        faults: Iterable[Fault] = (),
        property_filters: bool = True,
        tls: bool = False,
        port: int = 0,
        streets: Iterable[bronlocatie.Street] = (),
    ) -> None:
        """Take what is to be served; port 0 finds a free one."""
        self.streets = list(streets)
        self.tables = {table.id: table for table in tables}
        self.collections = list(collections)
        self.page_rows, self.property_filters = page_rows, property_filters
        self.faults = list(faults)
        self.log: list[Request] = []
        self.stopping, self._lock = threading.Event(), threading.Lock()
        self._page = lru_cache(maxsize=128)(odata.page)
        self._listener = _Listener(self, port)
        self.host = f"127.0.0.1:{self._listener.server_port}"
        self.address = f"{'https' if tls else 'http'}://{self.host}"
        if tls:
            self._listener.socket = _untrusted(self._listener.socket)

    def __enter__(self) -> Self:
        """Start to answer."""
        self._thread = threading.Thread(target=self._listener.serve_forever, args=[0.02])
        self._thread.daemon = True
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop at once, whatever is still being sent."""
        self.stopping.set()
        self._listener.shutdown()
        self._thread.join()
        self._listener.server_close()
        self._listener.hang_up()

    def asked(self, pattern: str = "") -> list[str]:
        """Return the requests so far, as `path?query`, that match a regular expression."""
        requests = [f"{r.path}?{r.query}" for r in list(self.log)]
        return [request for request in requests if re.search(pattern, request)]

    def meets(self, request: Request) -> Fault | None:
        """Log a request, and return the fault that it meets."""
        with self._lock:
            self.log.append(request)
            text = f"{request.path}?{request.query}"
            return next((fault for fault in self.faults if fault.strikes(text)), None)

    def answer(self, path: str, query: str, wants_json: bool, fault: Fault | None) -> Answer:
        """Return the answer to a request, or the refusal as its service words it."""
        host, *parts = [unquote(part) for part in path.split("/") if part] or [""]
        options = dict(parse_qsl(query, keep_blank_values=True))
        wants_json |= options.get("$format") == "json"
        if fault and fault.kind in ("status", "html"):
            return _broken(fault)
        wrong_rows = fault if fault and fault.kind in ROW_FAULTS else None
        try:
            if host.lower() == "api.pdok.nl":
                return self._pdok(parts, options, wrong_rows)
            return self._cbs(host.lower(), parts, options, wants_json, wrong_rows)
        except Refusal as refusal:
            return _refused(host, *refusal.args)

    # CBS.

    def _cbs(
        self, host: str, parts: list[str], options: Record, wants_json: bool, fault: Fault | None
    ) -> Answer:
        """Answer a question about the catalogue or a table."""
        base, sets, rest = self._service(host, parts)
        url = "/".join([base, *(canonical(sets, part) for part in rest[:1])])
        if [part.lower() for part in rest[1:]] == ["$count"]:
            rows = sets[url.rpartition("/")[2]]()
            count = len(rows.where(options.get("$filter", ""))) + odata.miscount(fault)
            return Answer(str(count).encode(), "text/plain;charset=utf-8")
        if rest[1:]:
            raise Refusal(404, f"Resource not found for the segment '{rest[1]}'.")
        if not wants_json:
            feed = (
                f'<feed xml:base="{base}" xmlns="http://www.w3.org/2005/Atom"><id>{url}</id></feed>'
            )
            return Answer(f'<?xml version="1.0" encoding="utf-8"?>{feed}'.encode(), ATOM)
        if not rest:
            listing = [{"name": name, "url": f"{base}/{name}"} for name in sets]
            return Answer(as_json({"odata.metadata": f"{base}/$metadata", "value": listing}), JSON)
        rows = sets[url.rpartition("/")[2]]()
        size = self.page_rows if "/ODataFeed/" in url else 0
        return Answer(self._page(url, rows, tuple(options.items()), size, fault), JSON)

    def _service(self, host: str, parts: list[str]) -> tuple[str, Record, list[str]]:
        """Return the address of a service, how to get each of its sets, and what is asked of it."""
        match [part.lower() for part in parts]:
            case ["odatacatalog", *_]:
                tables = partial(odata.catalog, list(self.tables.values()), host, self.address)
                return f"{self.address}/{host}/ODataCatalog", {"Tables": tables}, parts[1:]
            case ["odataapi" | "odatafeed" as kind, "odata", _, *_]:
                known = {t.id: t for t in list(self.tables.values()) if t.catalog == host}
                table = known[canonical(known, parts[2])]
                service = canonical(["ODataApi", "ODataFeed"], kind)
                sets = {n: partial(odata.frame, table, n) for n in odata.set_names(table)}
                return f"{self.address}/{host}/{service}/odata/{table.id}", sets, parts[3:]
        raise Refusal(404, f"No service at '{'/'.join(parts)}'.")

    def _pdok(self, parts: list[str], options: Record, fault: Fault | None) -> Answer:
        """Answer a question about boundaries or streets."""
        if parts[:1] == bronlocatie.PATH[:1]:
            found = bronlocatie.answer(self.streets, parts, options)
            return Answer(as_json(found), "application/json")
        filters = self.property_filters
        body = pdok.answer(self.collections, self.address, parts, options, filters, fault)
        if "features" not in body:
            return Answer(as_json(body), "application/json")
        crs = ("Content-Crs", f"<{options.get('crs', pdok.CRS84)}>")
        return Answer(as_json(body), "application/geo+json", headers=(crs,))


def _refused(host: str, status: int, text: str) -> Answer:
    if host.lower() == "api.pdok.nl":
        title = "Not Found" if status == 404 else "Bad Request"
        problem = {"title": title, "status": status, "detail": text, "timeStamp": pdok.now()}
        return Answer(as_json(problem), "application/problem+json", status)
    error = {"code": "", "message": {"lang": "en-US", "value": text}}
    return Answer(as_json({"odata.error": error}), JSON, status)


def _broken(fault: Fault) -> Answer:
    """Return the page for people that stands before a service that is down."""
    after = () if fault.retry_after is None else (("Retry-After", str(fault.retry_after)),)
    page = b"<!DOCTYPE html><title>Storing</title><p>Deze dienst is nu niet beschikbaar.</p>"
    return Answer(
        page, "text/html; charset=utf-8", 200 if fault.kind == "html" else fault.code, after
    )


def _untrusted(plain: socket.socket) -> ssl.SSLSocket:
    """Return a socket that speaks TLS, with a certificate of an authority that nobody knows."""
    import trustme

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    # Not on connect: a client that hangs up at the certificate must not stop the listener.
    return context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)


class _Listener(ThreadingHTTPServer):
    """Knows which connections are open, to end them at once."""

    request_queue_size = 64

    def __init__(self, bron: BronServer, port: int) -> None:
        """Listen on loopback only."""
        self.bron = bron
        self.open: dict[threading.Thread, socket.socket] = {}
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer the requests on a connection in a thread of their own."""
        arguments = [request, client_address]
        thread = threading.Thread(target=self._converse, args=arguments, daemon=True)
        self.open[thread] = request
        thread.start()

    def _converse(self, request: Any, client_address: Any) -> None:
        self.process_request_thread(request, client_address)
        del self.open[threading.current_thread()]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent when a client hangs up; all else is a bug of this server."""
        if not (self.bron.stopping.is_set() or isinstance(sys.exception(), OSError)):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """End all connections and wait for their threads."""
        for thread, connection in list(self.open.items()):
            with contextlib.suppress(OSError):  # it may have ended by itself
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=5)


class _Handler(BaseHTTPRequestHandler):
    """Puts an answer, or what goes wrong with it, on the wire."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener

    def do_GET(self) -> None:
        """Answer one request."""
        path, _, query = self.path.partition("?")
        fault = self.server.bron.meets(Request("GET", unquote(path), unquote_plus(query)))
        wants_json = "application/json" in self.headers.get("Accept", "")
        self._send(self.server.bron.answer(path, query, wants_json, fault), fault)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: `BronServer.log` has the requests."""

    def _send(self, answer: Answer, fault: Fault | None) -> None:
        kind, half = fault.kind if fault else "", len(answer.body) // 2
        body = answer.body[:half] if kind == "truncated" else answer.body
        self.send_response(answer.status)
        for name, value in (("Content-Type", answer.kind), *answer.headers):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault and kind == "drip":
            self._drip(body, fault.seconds)
        elif kind == "reset":
            self._reset(body[:half])
        else:
            self.wfile.write(body)

    def _drip(self, body: bytes, seconds: float) -> None:
        """Send a byte at a time, which a timeout between two bytes never notices."""
        until = time.monotonic() + seconds
        for byte in body:
            self.wfile.write(bytes([byte]))
            if self.server.bron.stopping.wait(0.05) or time.monotonic() > until:
                break
        self.close_connection = True

    def _reset(self, half: bytes) -> None:
        """Send half, and hang up without the goodbye of TCP."""
        self.wfile.write(half)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.rfile.close()
        self.connection.close()


def main() -> None:
    """Serve the figures that this project holds, until Ctrl-C."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--page-rows", type=int, default=10_000)
    asked = parser.parse_args()
    pages = {"page_rows": asked.page_rows, "port": asked.port}
    streets = bronlocatie.ARNHEM
    with BronServer(brondata.embedded(), brondata.boundaries(), streets=streets, **pages) as server:
        print("De bronnen staan klaar. Probeer, in een ander venster:", flush=True)
        print(f"WIJKBOEK_SERVER={server.address} wijkboek fetch GM0344", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
