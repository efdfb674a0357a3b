"""Visitors apart: each page has its own kernel, and only the browser that opened it gets in."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

COOKIE = "wijkboek-bezoek"
MOST = 24  # pages that are open at once
PER_BROWSER = 4
ALONE = 45.0  # seconds that a page may be without a connection
IDLE = 1800.0  # seconds without a message from the visitor
MESSAGES, BYTES, WINDOW = 400, 40_000_000, 10.0  # that one page may send in so many seconds
LINES = 3  # connections of one page: its own, and one that is not yet known to be lost
PARTS = 64  # of one message


@dataclass
class Visit:
    """One open page: whose it is, and when it was last heard of."""

    browser: str
    lines: list[Any] = field(default_factory=list)  # connections now
    alone: float = field(
        default_factory=lambda: time.monotonic()
    )  # since when without a connection
    heard: float = field(default_factory=lambda: time.monotonic())
    sent: list[tuple[float, int]] = field(default_factory=list)


class Visits:
    """Who has which kernel."""

    def __init__(self, most: int = MOST) -> None:
        """Let at most so many pages be open at once."""
        self.most = most
        self.starting: dict[Any, str] = {}  # pages without a kernel yet, and of which browser
        self.known: dict[str, Visit] = {}

    def full(self, browser: str) -> bool:
        """Return whether there is no room for one more page of this browser."""
        pages = [*self.starting.values(), *(visit.browser for visit in self.known.values())]
        return len(pages) >= self.most or pages.count(browser) >= PER_BROWSER

    def begin(self, kernel: str, browser: str, page: Any = None) -> None:
        """Remember that a kernel is of a browser; its page is no longer starting."""
        self.starting.pop(page, None)
        self.known[kernel] = Visit(browser)

    def owns(self, browser: str | None, kernel: str) -> bool:
        """Return whether this browser opened the page of this kernel."""
        visit = self.known.get(kernel)
        return bool(browser and visit and secrets.compare_digest(visit.browser, browser))

    def may_send(self, kernel: str, size: int) -> bool:
        """Note a message of a page; return whether it keeps to the measure."""
        if (visit := self.known.get(kernel)) is None:
            return False
        visit.heard = now = time.monotonic()
        visit.sent = [(at, n) for at, n in visit.sent if now - at < WINDOW] + [(now, size)]
        return len(visit.sent) <= MESSAGES and sum(n for _, n in visit.sent) <= BYTES

    def connect(self, kernel: str, line: Any) -> bool:
        """Note that a page connects; return whether it may."""
        if (visit := self.known.get(kernel)) is None or len(visit.lines) >= LINES:
            return False
        visit.lines.append(line)
        return True

    def disconnect(self, kernel: str, line: Any) -> None:
        """Note that a page is gone, or lost its connection."""
        visit = self.known.get(kernel)
        if visit and line in visit.lines:
            visit.lines.remove(line)
            visit.alone = time.monotonic()

    def end(self, kernel: str) -> None:
        """Forget a kernel and break its lines, so that the page says that it is over."""
        for line in getattr(self.known.pop(kernel, None), "lines", []):
            line.close(1001)

    def gone(self) -> list[str]:
        """Return the kernels that nobody uses any more."""
        now = time.monotonic()
        return [
            kernel
            for kernel, visit in self.known.items()
            if (not visit.lines and now - visit.alone > ALONE) or now - visit.heard > IDLE
        ]


def sound(message: str | bytes, protocol: str | None) -> bool:
    """Return whether a message says that it has a number of parts that can be.

    A binary message begins with that number, in either form that Jupyter has, and jupyter_server
    makes room for it unseen: eight bytes would fill the memory of the server.
    """
    if isinstance(message, str):
        return not protocol
    size, order = (8, "little") if protocol else (4, "big")
    return 1 <= int.from_bytes(message[:size], order) <= PARTS  # type: ignore[arg-type]
