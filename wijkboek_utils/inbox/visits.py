"""Visitors apart: each page has its own kernel, and only the browser that opened it gets in."""

import secrets
import time
from collections import defaultdict
from dataclasses import dataclass, field

COOKIE = "wijkboek-bezoek"
MOST = 24  # pages that are open at once
PER_BROWSER = 4
ALONE = 45.0  # seconds that a page may be without a connection
IDLE = 1800.0  # seconds without a message from the visitor
MESSAGES, BYTES, WINDOW = 400, 40_000_000, 10.0  # that one page may send in so many seconds


@dataclass
class Visit:
    """One open page: whose it is, and when it was last heard of."""

    browser: str
    lines: int = 0  # connections now
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
        self.starting: dict[str, int] = defaultdict(int)
        self.known: dict[str, Visit] = {}

    def full(self, browser: str) -> bool:
        """Return whether there is no room for one more page of this browser."""
        own = sum(visit.browser == browser for visit in self.known.values())
        all_of_them = len(self.known) + sum(self.starting.values())
        return all_of_them >= self.most or own + self.starting[browser] >= PER_BROWSER

    def begin(self, kernel: str, browser: str) -> None:
        """Remember that a kernel is of a browser."""
        self.known[kernel] = Visit(browser)

    def owns(self, browser: str | None, kernel: str) -> bool:
        """Return whether this browser opened the page of this kernel."""
        visit = self.known.get(kernel)
        return bool(browser and visit and secrets.compare_digest(visit.browser, browser))

    def may_send(self, kernel: str, size: int) -> bool:
        """Note a message of a page; return whether it keeps to the measure."""
        visit, now = self.known[kernel], time.monotonic()
        visit.heard = now
        visit.sent = [(at, n) for at, n in visit.sent if now - at < WINDOW] + [(now, size)]
        return len(visit.sent) <= MESSAGES and sum(n for _, n in visit.sent) <= BYTES

    def connect(self, kernel: str) -> None:
        """Note that a page connects."""
        self.known[kernel].lines += 1

    def disconnect(self, kernel: str) -> None:
        """Note that a page is gone, or lost its connection."""
        if visit := self.known.get(kernel):
            visit.lines -= 1
            visit.alone = time.monotonic()

    def gone(self) -> list[str]:
        """Return the kernels that nobody uses any more."""
        now = time.monotonic()
        return [
            kernel
            for kernel, visit in self.known.items()
            if (visit.lines <= 0 and now - visit.alone > ALONE) or now - visit.heard > IDLE
        ]
