"""Pages in a real browser, Chromium without a window: opened, listened to, and printed as PDF."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wijkboek_utils.errors import Fout

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# The first is the same browser without what a window needs: a page opens in a third of the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
INSTALL = (
    "Installeer Chromium (Debian: apt-get install chromium) en de extra: pip install '.[keuring]'"
)
MEMORY = "Vaak is het geheugen op. Sluit andere programma's, of gebruik --jobs 1."
# Without these Chromium itself asks its maker for updates, and the log would hold that.
_QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
# On paper nothing can be opened: tables come along, code and passports stay in the page. A link
# to a file beside the page would hold the folder in which the PDF was made.
_FOR_PAPER = """() => {
    document.querySelectorAll('details').forEach(d => { d.open = !d.closest('.wb-code, .wb-pas') });
    document.querySelectorAll('a[href]').forEach(a => {
        if (!/^(#|https?:|mailto:)/.test(a.getAttribute('href'))) a.removeAttribute('href') });
}"""


class NoBrowser(Fout):
    """There is no browser here, or what drives it is not installed."""


@dataclass(frozen=True)
class View:
    """How a page is looked at: width in CSS pixels, and the colours the reader prefers."""

    width: int
    scheme: str = "light"  # light or dark

    @property
    def words(self) -> str:
        """Return this view as a reader would say it."""
        return f"{self.width} px {'donker' if self.scheme == 'dark' else 'licht'}"


@dataclass(frozen=True)
class Opened:
    """A page in the browser, with the errors it reported and the addresses it asked for so far."""

    page: "Page"
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def elsewhere(self) -> list[str]:
        """Return the addresses that are not on this machine."""
        return [a for a in self.asked if not a.startswith(("file:", "data:", "blob:", "about:"))]

    def call(self, name: str, *arguments: Any) -> Any:
        """Return what one of the functions of `keuring.js` says about this page."""
        return self.page.evaluate(
            "([name, rest]) => window.keuring[name](...rest)", [name, arguments]
        )

    def axe(self, tags: list[str], rest: bool = True) -> dict[str, Any]:
        """Return what axe-core says about this page as it is shown now, for rules with `tags`.

        Contrast is tested on three of each kind of text; without `rest` nothing else is tested.
        """
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(_axe())
        return self.call("axe", tags, rest)


def executable() -> str:
    """Return the path of Chromium. Raises NoBrowser, with what to do, when a part is missing."""
    missing = [n for n in ("playwright", "axe_playwright_python") if find_spec(n) is None]
    if missing:
        raise NoBrowser(f"De extra «keuring» van Wijkboek is niet geïnstalleerd. {INSTALL}.")
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if not found:
        raise NoBrowser(f"Chromium staat niet op deze machine. {INSTALL}.")
    return found


def flags() -> list[str]:
    """Return how Chromium is started: silent, and without its sandbox where root has none."""
    root = ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
    return [*_QUIET, *root]


@contextmanager
def chromium() -> "Iterator[Browser]":
    """Yield a browser. Starting it takes half a second: share one.

    Raises NoBrowser when it does not start, and Fout when it stops before it is done.
    """
    path = executable()
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=flags())
        except Error as error:
            line = str(error).strip().splitlines()[0]
            raise NoBrowser(f"Chromium start niet: {line} {INSTALL}.") from error
        try:
            yield browser
        except Error as error:
            line = str(error).strip().splitlines()[0]
            raise Fout(f"De browser stopte ermee: {line} {MEMORY}") from error
        finally:
            browser.close()


@contextmanager
def undrawn(browser: "Browser") -> "Iterator[Browser]":
    """Yield a second browser that draws nothing until it is asked to.

    Where each key would draw a long page anew, that takes a third of the time.
    """
    arguments = [*flags(), "--disable-threaded-compositing"]
    second = browser.browser_type.launch(executable_path=executable(), args=arguments)
    try:
        yield second
    finally:
        second.close()


@contextmanager
def opened(
    browser: "Browser", path: Path, view: View | None = None, javascript: bool = True
) -> Iterator[Opened]:
    """Yield a file opened as one page, which is closed afterwards."""
    view = view or View(1280)
    context = browser.new_context(
        viewport={"width": view.width, "height": 900},
        color_scheme="dark" if view.scheme == "dark" else "light",
        java_script_enabled=javascript,
        locale="nl-NL",
    )
    try:
        one = Opened(context.new_page())
        bad = ("error", "warning")
        one.page.on("console", lambda m: one.said.append(m.text) if m.type in bad else None)
        one.page.on("pageerror", lambda error: one.said.append(str(error)))
        one.page.on("request", lambda request: one.asked.append(request.url))
        one.page.on("websocket", lambda socket: one.asked.append(socket.url))
        one.page.goto(path.resolve().as_uri())
        one.page.evaluate(_script())
        yield one
    finally:
        context.close()


def print_page(page: "Page", target: Path | None = None) -> bytes:
    """Print an open page as tagged PDF on A4 with an outline, every table unfolded."""
    page.emulate_media(media="print", color_scheme="light")
    page.evaluate(_FOR_PAPER)
    return page.pdf(path=target, format="A4", prefer_css_page_size=True, tagged=True, outline=True)


def pdf(page: Path, target: Path) -> None:
    """Write a page as PDF: tagged for screen readers, with bookmarks, its tables unfolded.

    A half-written file never stays behind. Raises NoBrowser when there is no browser.
    """
    work = target.with_suffix(".bezig")
    try:
        with chromium() as browser, opened(browser, page) as one:
            print_page(one.page, work)
        work.replace(target)
    finally:
        work.unlink(missing_ok=True)


@cache
def _script() -> str:
    return (Path(__file__).parent / "templates" / "keuring.js").read_text(encoding="utf-8")


@cache
def _axe() -> str:
    from axe_playwright_python.base import AXE_FILE_PATH

    return AXE_FILE_PATH.read_text(encoding="utf-8")
