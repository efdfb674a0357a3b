"""Make the screenshots of the default report: phone, laptop, light, dark and paper.

Run `make screenshots`. The report is rendered first, so that a picture never shows an older one.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
REPORTS = Path(os.environ.get("WIJKBOEK_ROOT", ROOT)) / "reports"
PILOT = "utrecht-kanaleneiland"
OUT = ROOT / "docs" / "schermen"
SCREENS = {"telefoon": (360, 740), "laptop": (1280, 900)}
SCALE = {"telefoon": 0.8, "laptop": 0.65}  # small files that one can still read
MOST = 4_000_000  # bytes together, or the repository grows with every picture
# A passport, the first of several in it, and every fold around it.
OPEN = """e => { for (let at = e.querySelector('details') ?? e; at;
    at = at.parentElement?.closest('details')) at.open = true }"""
# Every picture of these is taken, in light.
CHAPTERS = ["geldstromen", "voorraden", "inverdienen"]
SHEETS = 6  # of paper, from the first


def main() -> None:
    """Render the default pilot and take its pictures with Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("Chromium ontbreekt; installeer het pakket chromium.")
    if shutil.which("pdftoppm") is None:
        raise SystemExit("pdftoppm ontbreekt; installeer het pakket poppler-utils.")
    wijkboek = Path(sys.executable).with_name("wijkboek")
    subprocess.run([str(wijkboek), "render", "--all"], check=True)
    OUT.mkdir(exist_ok=True)
    for old in OUT.glob("*.png"):
        old.unlink()
    root = ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=root)
        for screen in SCREENS:
            take(browser, screen, dark=False)
            take(browser, screen, dark=True)
        paper(browser)
        browser.close()
    size = sum(path.stat().st_size for path in OUT.glob("*.png"))
    print(f"Schermafdrukken in {OUT}: {size / 1e6:.1f} MB")
    if size > MOST:
        raise SystemExit(f"Dat is meer dan {MOST / 1e6:.0f} MB; maak SCALE kleiner.")


def take(browser: Browser, screen: str, dark: bool) -> None:
    """Take the report on one screen in one scheme, and the pages beside it that are there."""
    width, height = SCREENS[screen]

    def path(name: str) -> Path:
        return OUT / f"{screen}-{name}{'-donker' if dark else ''}.png"

    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        device_scale_factor=SCALE[screen],
    )
    page.goto((REPORTS / PILOT / "index.html").as_uri())
    page.screenshot(path=path("samenvatting"))
    for name, picture in [] if dark else pictures(page):
        picture.screenshot(path=path(name))
    page.locator(f"#{CHAPTERS[0]} ~ .wb-table").first.screenshot(path=path("tabel"))
    passport = page.locator(".wb-pas").first
    if passport.count():
        passport.evaluate(OPEN)
        passport.screenshot(path=path("paspoort"))
    beside = {name: REPORTS / PILOT / f"{name}.html" for name in ("kaart", "overeenkomst")}
    beside["index"] = REPORTS / "index.html"
    for name, file in beside.items():
        if file.is_file():
            page.goto(file.as_uri())
            page.screenshot(path=path(name))
    page.close()


def pictures(page: Page) -> list[tuple[str, Locator]]:
    """Return the pictures of the chapters with a name that stays: the heading above each."""
    found, names = [], []
    for chapter in CHAPTERS:
        for figure in page.locator(f"section[aria-labelledby={chapter}] figure").all():
            heading = figure.evaluate(
                """e => [...e.closest('section').querySelectorAll('h2, h3')]
                    .filter(h => h.compareDocumentPosition(e) & 4).pop().id"""
            )
            names.append(heading)
            count = names.count(heading)
            found.append((heading if count == 1 else f"{heading}-{count}", figure))
    return found


def paper(browser: Browser) -> None:
    """Print the report and keep its first sheets as pictures; the PDF is made in a second."""
    page = browser.new_page()
    page.goto((REPORTS / PILOT / "index.html").as_uri())
    printed = OUT / "druk.pdf"
    page.pdf(path=printed, prefer_css_page_size=True)
    for sheet in map(str, range(1, SHEETS + 1)):
        only = ["-f", sheet, "-l", sheet, "-singlefile", "-r", "60", "-png"]
        subprocess.run(["pdftoppm", *only, str(printed), str(OUT / f"druk-{sheet}")], check=True)
    printed.unlink()
    page.close()


if __name__ == "__main__":
    main()
