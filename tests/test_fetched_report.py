"""The books drawn from fetched tables are those drawn from the embedded figures, to the cent."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests import brondata
from tests.bronserver import BronServer
from tests.conftest import command, project
from tests.test_report import assert_golden

PILOT = "utrecht-kanaleneiland"
EMBEDDED = ("kwb-", "iv3-202", "grenzen-")


def forget_the_embedded_figures(raw: Path) -> None:
    """Leave of data/raw only what `fetch` cannot bring: code lists and the gemeentefonds."""
    for manifest in raw.rglob("manifest.yml"):
        entries = yaml.safe_load(manifest.read_text())["sources"]
        kept = [e for e in entries if not e["id"].startswith(EMBEDDED)]
        manifest.write_text(yaml.safe_dump({"sources": kept}))


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that has rendered a pilot from tables it fetched itself."""
    root = project(tmp_path_factory.mktemp("opgehaald"), ["12_geldstromen", "21_verantwoording"])
    shutil.rmtree(root / "data" / "raw" / "lokaal")
    forget_the_embedded_figures(root / "data" / "raw")
    with BronServer(brondata.embedded(), brondata.boundaries(), page_rows=50) as server:
        names = ["kwb-2023", "kwb-2024", "iv3-2023-jaarrekening", "grenzen-2024"]
        only = [word for name in names for word in ("--only", name)]
        done = command("fetch", PILOT, *only, root=root, server=server.address)
    assert done.returncode == 0, done.stderr
    done = command("render", PILOT, root=root)
    assert done.returncode == 0, done.stderr
    return root


@pytest.mark.parametrize("name", ["wijkrekening", "rekening", "verdelingen", "apart"])
def test_fetched_tables_give_the_golden_books(fetched, name):
    assert_golden(fetched, PILOT, name)


def test_the_report_shows_the_date_and_version_of_what_was_fetched(fetched):
    page = (fetched / "reports" / PILOT / "index.html").read_text()
    assert "een proefserver in plaats van opendata.cbs.nl" in page
    assert "bij de bron gewijzigd op 28 maart 2025" in page
    assert "vastgelegd. De bron kan ze daarna hebben aangepast." in page
    table = pd.read_csv(fetched / "reports" / PILOT / "audit" / "bronnen.csv")
    assert table["bron"].str.startswith("kwb-2023-GM0344-20250328").any()


def test_a_report_can_be_made_as_it_was_on_a_day(fetched):
    done = command("render", PILOT, "--stand", "2020-01-01", root=fetched)
    assert done.returncode == 2
    assert "op 2020-01-01 nog geen cijfers opgehaald. Kies bij --stand een latere" in done.stderr
