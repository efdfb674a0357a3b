"""The notebooks to play with, in a real browser: served by `wijkboek serve`, and in JupyterLab."""

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe

from docs.load import Server
from tests.conftest import command
from tests.test_serve import free_port, status
from wijkboek_utils import exports_html

PILOT = "utrecht-kanaleneiland"
ACCOUNT = "Rekening van de gemeente voor Kanaleneiland, 2023"
FLOWS = "Alle geldstromen van Kanaleneiland, 2023"
# How many buurten somebody with arrows alone can come to, from the one where Tab leads to.
REACHED = """() => {
  const seen = new Set(), todo = [document.querySelector('.wb-v-buurten [tabindex="0"]')];
  while (todo.length) {
    const one = todo.pop();
    if (seen.has(one)) continue;
    seen.add(one);
    for (const key of ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]) {
      one.focus();
      one.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      todo.push(document.activeElement);
    }
  }
  return seen.size;
}"""


def tables(html):
    """Return the tables of a page as they are printed, by caption."""
    found = exports_html.shown(f"<main>{html}</main>")
    return {one.caption: (one.header, one.rows) for one in found}


class Page:
    """A page in a browser, with what it asked for and what it complained about."""

    def __init__(self, browser, address, path="/", width=1280, dark=False):
        scheme = "dark" if dark else "light"
        view = {"width": width, "height": 900}
        self.context = browser.new_context(viewport=view, color_scheme=scheme)
        self.page, self.address = self.context.new_page(), address
        self.asked, self.wrong = [], []
        self.page.on("request", lambda r: self.asked.append(r.url))
        self.page.on("pageerror", lambda e: self.wrong.append(str(e)))
        self.page.on("console", lambda m: m.type == "error" and self.wrong.append(m.text))
        self.page.goto(f"{address}{path}")

    @property
    def sentence(self):
        return self.page.locator(".wb-v-zin")

    @property
    def areas(self):
        return self.page.locator(".wb-v-buurten path")

    def until(self, words):
        self.page.locator(".wb-v-zin", has_text=words).wait_for(timeout=90_000)

    def choose(self, label, value):
        self.page.get_by_label(label, exact=True).select_option(value)

    def shown(self):
        """Return the tables of the board once it has shown everything that it will."""
        self.page.wait_for_function(
            """() => { const now = document.querySelector(".wb-verkenner").innerHTML;
            const same = window.wbWas === now; window.wbWas = now; return same; }""",
            polling=400,
        )
        return tables(self.page.locator(".wb-verkenner").inner_html())

    def axe(self):
        return [one["id"] for one in Axe().run(self.page).response["violations"]]

    def leave(self):
        """Close the page; nothing was wrong, and no other host was asked for anything."""
        self.page.goto("about:blank")
        self.context.close()
        own = (self.address, self.address.replace("http", "ws"), "data:", "blob:")
        assert [url for url in self.asked if not url.startswith(own)] == []
        assert self.wrong == []


@contextmanager
def visit(*args, **facts):
    one = Page(*args, **facts)
    yield one
    one.leave()


@pytest.fixture(scope="module")
def explorer(rendered):
    """Return `wijkboek serve verkenner` in the project with the reports."""
    with Server(rendered, free_port(), "verkenner", "--most", "4") as one:
        yield one


@pytest.fixture(scope="module")
def report(rendered):
    """Return the tables of the report."""
    return tables((rendered / "reports" / PILOT / "index.html").read_text())


def test_the_account_changes_with_the_choice_and_equals_the_report(browser, explorer, report):
    with visit(browser, explorer.address) as one:
        one.until("U koos Kanaleneiland")
        found = one.shown()
        assert found[ACCOUNT] == report[ACCOUNT] and found[FLOWS] == report[FLOWS]
        assert one.page.evaluate("document.documentElement.scrollWidth") <= 1280

        # Click a buurt on the map: sentence, account, flows and list follow.
        one.areas.nth(5).click(force=True)
        one.until("U koos 4 buurten van Utrecht")
        assert one.areas.nth(5).get_attribute("aria-checked") == "true"
        other = one.shown()
        assert ACCOUNT not in other and FLOWS not in other
        assert any("4 buurten van Utrecht" in caption for caption in other)
        chosen = one.page.locator(".widget-select-multiple option:checked")
        assert chosen.count() == 4
        one.areas.nth(5).click(force=True)
        one.until("U koos Kanaleneiland")
        assert one.shown()[ACCOUNT] == report[ACCOUNT]

        # Each sector prints the table of the report.
        one.choose("Rekening van", "Rijk")
        one.until("betaalt het Rijk")
        rijk = "Wat het Rijk voor Kanaleneiland brengt en er haalt, 2023"
        assert one.shown()[rijk] == report[rijk]
        one.choose("Jaar", "begroting 2024")
        one.until("komen uit de begroting 2024")
        one.choose("Hoe wij geld van de gemeente verdelen", "alles naar inwoners")
        one.until("alles naar inwoners")
        colour = one.areas.nth(20).get_attribute("aria-label")
        one.choose("Op de kaart", "in euro")
        one.page.wait_for_function(
            "was => document.querySelectorAll('.wb-v-buurten path')[20].ariaLabel !== was",
            arg=colour,
        )

        # What somebody opened stays open when the figures change.
        fold = one.page.locator("details", has_text="Toon de cijfers: Alle geldstromen")
        fold.locator("summary").click()
        one.choose("Jaar", "2023")
        one.until("De cijfers zijn van 2023")
        one.shown()
        assert fold.get_attribute("open") is not None
        assert one.axe() == []

        # Files come from the kernel to the browser.
        for button, start, name in (
            ("Bewaar de tabellen (Excel)", b"PK", ".xlsx"),
            ("Bewaar de cijfers (CSV)", b"# Gebied: Kanaleneiland", ".csv"),
            ("Bewaar het gebied voor een rapport (YML)", b"# Bewaar dit bestand", ".yml"),
        ):
            with one.page.expect_download() as download:
                one.page.get_by_role("button", name=button).click()
            assert download.value.suggested_filename.endswith(name)
            assert download.value.path().read_bytes().startswith(start)


def test_the_map_is_for_the_keyboard_too_on_a_telephone_in_the_dark(browser, explorer):
    with visit(browser, explorer.address, width=360, dark=True) as one:
        one.until("U koos Kanaleneiland")
        one.shown()
        assert one.axe() == []
        assert one.page.evaluate("document.documentElement.scrollWidth") <= 360
        box = one.page.get_by_role("checkbox", checked=True)
        assert box.count() == 3 and re.search(r": €\s[\d.]+ per inwoner, klasse \d", names(box)[0])
        one.page.locator('.wb-v-buurten [tabindex="0"]').focus()  # one stop for Tab
        assert one.page.locator('.wb-v-buurten [tabindex="0"]').count() == 1
        first = one.page.evaluate("document.activeElement.ariaLabel")
        assert first in names(box)
        one.page.keyboard.press("Space")
        one.until("2 buurten")
        assert first not in names(box)
        one.page.keyboard.press("Enter")
        one.until("U koos Kanaleneiland")
        one.page.keyboard.press("ArrowUp")
        second = one.page.evaluate("document.activeElement.ariaLabel")
        assert second != first and second in names(one.areas)
        ring = one.page.locator(".wb-v-hier").get_attribute("d")
        assert ring == one.page.evaluate("document.activeElement.getAttribute('d')")
        assert one.page.evaluate(REACHED) == one.areas.count()
        # The list does the same as the map.
        one.choose("Of kies de buurten in deze lijst (met Ctrl kiest u er meer)", [])
        one.until("minstens één buurt")
        assert one.page.get_by_role("checkbox", checked=True).count() == 0
        one.choose("Gebied", "heel Utrecht")
        one.until("U koos Utrecht")
        assert one.page.get_by_role("checkbox", checked=False).count() == 0


def names(locator):
    return locator.evaluate_all("all => all.map(e => e.ariaLabel)")


def test_a_visitor_of_the_explorer_gets_nothing_but_its_page(explorer):
    for path in ("/api/kernels", "/voila/render/93_bijdragen.ipynb", "/91_verkenner.ipynb"):
        assert status(explorer, path) == 404
    assert status(explorer, "/api/kernels", "POST") == 404
    with urlopen(f"{explorer.address}/gezond") as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self' blob:;" in policy and "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert not (explorer.folder / "data" / "inbox").exists()  # nothing is kept of a visit


@pytest.fixture(scope="module")
def spel(rendered):
    """Return `wijkboek serve spel` for another pilot than the default."""
    with Server(rendered, free_port(), "spel", "--pilot", "arnhem-spijkerkwartier") as one:
        yield one


def test_the_game_is_served_with_the_same_guard(browser, spel):
    with visit(browser, spel.address, width=360) as one:
        outcome = one.page.locator(".wb-spel-uitkomst")
        outcome.get_by_text("betaalt").first.wait_for()
        assert one.page.get_by_text("Spijkerkwartier").count() > 0
        before = outcome.inner_text()
        cost = one.page.get_by_label(re.compile("^Kosten in euro")).first
        cost.fill("1234")
        cost.press("Enter")
        one.page.wait_for_function(
            "was => document.querySelector('.wb-spel-uitkomst').innerText !== was", arg=before
        )
        role = outcome.locator(".widget-html-content").get_attribute("role")
        assert role == "status"
        assert one.axe() == []
        assert one.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_serve_takes_only_what_there_is(tmp_path):
    done = command("serve", "verkener", root=tmp_path)
    assert done.returncode == 2 and "verkenner" in done.stderr
    done = command("serve", "verkenner", "--pilot", "utrecht-kanaleneilan")
    assert done.returncode == 2 and PILOT in done.stderr


# JupyterLab


@pytest.fixture(scope="module")
def lab(rendered, tmp_path_factory):
    """Return the address of a JupyterLab on the notebooks, with no settings of its own."""
    home, port = tmp_path_factory.mktemp("lab"), free_port()
    kinds = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    kinds += ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    env = os.environ | {kind: str(home / kind) for kind in kinds}
    options = {
        "ServerApp.root_dir": rendered / "notebooks",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.ip": "127.0.0.1",
        "IdentityProvider.token": "",
        "LabApp.news_url": "None",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }
    words = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    words += [f"--{name}={value}" for name, value in options.items()]
    address, said = f"http://127.0.0.1:{port}", home / "lab.log"
    with said.open("w") as log:
        process = subprocess.Popen(
            words, env=env | {"WIJKBOEK_ROOT": str(rendered)}, stdout=log, stderr=log
        )
    try:
        until = time.monotonic() + 60
        while not answers(f"{address}/lab"):
            assert process.poll() is None and time.monotonic() < until, said.read_text()
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def answers(url):
    try:
        return urlopen(url, timeout=5).status == 200
    except URLError:
        return False


def test_the_explorer_runs_in_jupyterlab(browser, lab, report):
    with visit(browser, lab, "/lab/tree/91_verkenner.ipynb?reset") as one:
        one.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=90_000)
        one.page.get_by_role("menuitem", name="Run", exact=True).click()
        one.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        one.until("U koos Kanaleneiland")
        assert one.shown()[ACCOUNT] == report[ACCOUNT]
        one.areas.nth(5).click(force=True)
        one.until("U koos 4 buurten van Utrecht")
        errors = one.page.locator(
            '[data-mime-type^="application/vnd.jupyter.std"], .jp-RenderedText'
        )
        assert errors.count() == 0
