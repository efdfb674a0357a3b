"""Fixtures: the real figures of the pilots, and one rendering of all pilots for the whole run."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]


def project(folder: Path, chapters: Sequence[str] | None = None) -> Path:
    """Make a project folder with its own notebooks, pilots and output, and our raw figures.

    With `chapters` a report has no others: a test that looks at few need not wait for all.
    """
    for name in ("notebooks", "pilots", "data/raw"):
        fetched = shutil.ignore_patterns("opgehaald")
        shutil.copytree(ROOT / name, folder / name, ignore=fetched)
    for path in folder.glob("notebooks/[12]*.ipynb"):
        if chapters is not None and path.stem not in chapters:
            path.unlink()
    return folder


# How long an example takes says nothing here: the machine may be busy. In CI the examples are the
# same each time, so that what fails is the change; everywhere else new ones are tried.
settings.register_profile(
    "wijkboek",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("wijkboek")

# Tests see the embedded figures alone, whatever was fetched or rendered here.
_HOME = tempfile.mkdtemp(prefix="wijkboek-test-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ["WIJKBOEK_ROOT"] = str(project(Path(_HOME)))

from tests import clubs  # noqa: E402  after the line above
from wijkboek_utils import browser as browser_  # noqa: E402  after the line above
from wijkboek_utils import cbs, remember  # noqa: E402
from wijkboek_utils import regions as regions_  # noqa: E402
from wijkboek_utils.compilation import Compilation  # noqa: E402
from wijkboek_utils.keys import Keys  # noqa: E402
from wijkboek_utils.local.booking import Books  # noqa: E402

GEMEENTEN = ["GM0344", "GM0202", "GM0080"]
REQUIRED = os.environ.get("WIJKBOEK_BROWSER") == "required"  # no browser test may be skipped


# The files that take longest begin first, so that at the end no worker goes on alone. Those that
# read the rendered pilots wait for the first of them: others come between.
_LONGEST = [
    "browser",
    "local_mangled",
    "cluster",
    "docs",
    "verify",
    "bad_days",
    "serve",
    "attack",
    "report",
    "check",
    "download",
    "hostile",
    "play",
    "pdf",
    "notebooks",
    "new",
    "matching",
    "several",
    "engine",
    "explain",
    "coverage",
    "run",
    "market",
    "fetched_report",
    "explorer",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; each file stays together, in its own order."""
    place = {f"test_{name}.py": n for n, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


def command(
    *arguments: str, root: Path = ROOT, server: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `wijkboek` as a user does, on the project below `root`; fetch from `server`."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("wijkboek")), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "WIJKBOEK_ROOT": str(root), "WIJKBOEK_SERVER": server},
    )


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return a project that the first worker that asks makes; the others wait and read it."""
    shared = factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    root = shared / f"wijkboek-{name}"
    with FileLock(f"{root}.lock"):
        if not (root / "gemaakt").exists():
            shutil.rmtree(root, ignore_errors=True)  # what a failed attempt left
            root.mkdir()
            make(project(root))
            (root / "gemaakt").touch()
    return root


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project in which all pilots have been rendered by the command, as PDF too.

    Without a browser there is no PDF.
    """

    def make(root: Path) -> None:
        pdf = [] if _no_browser() else ["--pdf"]
        done = command("render", "--all", *pdf, root=root)
        assert done.returncode == 0, done.stderr

    return once(tmp_path_factory, "rendered", make)


@pytest.fixture(scope="session")
def contributed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project in which two overlapping pilots were rendered with what clubs sent."""

    def make(root: Path) -> None:
        clubs.contribute(root)
        done = command("render", clubs.PILOT, "overlap", root=root)
        assert done.returncode == 0, done.stdout + done.stderr

    return once(tmp_path_factory, "contributed", make)


def per_buurt(figures: dict[str, Any], buurten: list[str]) -> pd.DataFrame:
    """Return made-up figures of buurten as `cbs.indicators`; a topic without figures is left out.

    `figures` has of each topic a figure for each of `buurten`.
    """
    rows = [
        {"gebied": b, "onderwerp": topic, "waarde": value}
        for topic, values in figures.items()
        if values
        for b, value in zip(buurten, values, strict=True)
    ]
    frame = pd.DataFrame(rows).assign(soort="Buurt", jaar=2023, bron="kwb-2023")
    return frame.astype({"waarde": float})


@pytest.fixture(autouse=True)
def nothing_remembered(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a test that puts something else in our place find and leave nothing remembered."""
    changes = "monkeypatch" in request.fixturenames
    if changes:
        remember.forget()
    yield
    if changes:
        remember.forget()


class Gemeente(Compilation):
    """The books of one gemeente from its real figures; every step is done once for the run."""

    def __init__(self, code: str, jaar: int = 2023) -> None:
        """Take the gemeente alone, without what people contributed."""
        super().__init__([code], jaar)

    @property
    def code(self) -> str:
        """Return the CBS code."""
        return self.gemeenten[0]

    @property
    def keys(self) -> Keys:
        """Return the verdeelsleutels."""
        return self.sleutels[self.code]

    @cached_property
    def books(self) -> Books:
        """Return the boekingen under the reasoned keys."""
        return self.estimated("beredeneerd")

    @property
    def ledger(self) -> pd.DataFrame:
        """Return the boekingen of the gemeente."""
        return self.books.gemeente

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """Return the estimated boekingen of households, firms and institutions."""
        return pd.concat([self.books.huishoudens, self.books.bedrijven], ignore_index=True)

    @cached_property
    def grootboek(self) -> pd.DataFrame:
        """Return all boekingen of the gemeente."""
        return self.whole(self.books, self.lokaal(self.books))

    def weights(self, *codes: str) -> pd.Series:
        """Return the weights of an area."""
        buurten = cbs.areas(self.code).query("soort == 'Buurt'").rename(columns={"gebied": "buurt"})
        return regions_.weights(buurten, list(codes)).set_index("buurt")["gewicht"]


@pytest.fixture(scope="session")
def gemeenten() -> dict[str, Gemeente]:
    """Return the three pilot gemeenten by code."""
    return {code: Gemeente(code) for code in GEMEENTEN}


@pytest.fixture(scope="session")
def utrecht(gemeenten: dict[str, Gemeente]) -> Gemeente:
    """Return Utrecht 2023."""
    return gemeenten["GM0344"]


def _no_browser() -> browser_.NoBrowser | None:
    """Return why there is no browser here, or None when there is one."""
    try:
        browser_.executable()
    except browser_.NoBrowser as missing:
        return missing
    return None


@pytest.fixture(scope="module")
def browser():
    """Return one browser for a whole file; skip where there is none, unless it is required.

    Not for the whole run: a test that has the program start a browser cannot have a second open.
    """
    missing = _no_browser()
    if missing and not REQUIRED:
        pytest.skip(str(missing))
    with browser_.chromium() as one:
        yield one
