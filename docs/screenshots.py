"""Make the screenshots of the default report: phone, laptop and print. Run `make screenshots`."""

import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PILOT = "utrecht-kanaleneiland"
OUT = ROOT / "docs" / "schermen"


def main() -> None:
    """Render the default pilot and take its pictures with Debian's Chromium."""
    wijkboek = Path(sys.executable).with_name("wijkboek")
    subprocess.run([str(wijkboek), "render", PILOT], check=True)
    OUT.mkdir(exist_ok=True)
    address = (ROOT / "reports" / PILOT / "index.html").as_uri()
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("Chromium ontbreekt; installeer het pakket chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, width, height in (("telefoon", 360, 720), ("laptop", 1280, 1240)):
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(address)
            page.screenshot(path=OUT / f"{name}-samenvatting.png")
            page.locator("#geldstromen-de-rekening-van-de-gemeente-voor-dit-gebied").evaluate(
                "e => window.scrollTo(0, e.getBoundingClientRect().top + window.scrollY - 16)"
            )
            page.screenshot(path=OUT / f"{name}-geldstromen.png")
            page.close()
        page = browser.new_page()
        page.goto(address)
        page.pdf(path=OUT / "druk.pdf", format="A4", tagged=True)
        browser.close()
    # The PDF itself is large and made in a second: only its first pages are kept, as pictures.
    if shutil.which("pdftoppm"):
        prefix = str(OUT / "druk")
        pages = ["-f", "1", "-l", "4", "-r", "60", "-png", str(OUT / "druk.pdf"), prefix]
        subprocess.run(["pdftoppm", *pages], check=True)
    (OUT / "druk.pdf").unlink()


if __name__ == "__main__":
    main()
