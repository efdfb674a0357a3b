"""Every command and snippet of our documents runs; the site builds without a warning or a call."""

import io
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from docs import invoegen, meten
from tests import brondata, contributions, snippets
from tests.bronserver import BronServer
from tests.conftest import ROOT, project
from tests.snippets import Block, Project
from tests.test_local_template import filled
from wijkboek_utils import browser as browser_
from wijkboek_utils import cli, corrections, exports, language, pilots, sources
from wijkboek_utils.browser import View
from wijkboek_utils.htmltree import Element, parse, text, walk
from wijkboek_utils.inspection import WCAG
from wijkboek_utils.local import checking, doubles, schema

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
BLOCKS = {str(p.relative_to(ROOT)): snippets.blocks(p, str(p.relative_to(ROOT))) for p in PAGES}
# Blocks that no computer without these can run; only how they are written is checked.
READ_ONLY = {
    "README.md": 1,
    "docs/omgeving.md": 6,
    "docs/ontwikkelaars/meedoen.md": 1,
    "docs/scale.md": 3,
    "docs/versies.md": 1,
}
# What costs minutes or a network, and is run by a test of its own; here only parsed.
ELSEWHERE = {
    "wijkboek render GM0344 WK020202": "test_run.py::test_a_failing_notebook_leaves_a_clear_page",
    "wijkboek render GM0202 -p sleutelset=inwoners": "test_report.py::test_another_set_of_keys",
    "wijkboek render --gemeente all": "test_batch.py::test_names_are_those_of_files_and_codes",
    "wijkboek render --all --force": "conftest.py::rendered",
    "wijkboek render GM0344 --engine papermill": "test_verify.py::test_a_report_is_"
    "reproducible_to_the_byte_also_by_the_engine_of_papermill",
    "wijkboek check --all": "test_check.py::test_a_good_page_passes_every_rule",
    "wijkboek check utrecht-kanaleneiland": "test_check.py::test_a_good_page_passes_every_rule",
    "wijkboek fetch GM0363": "test_fetch.py::test_padded_keys_and_codes_with_letters",
    "wijkboek render GM0363": "test_fetched_report.py::test_fetched_tables_give_the_golden_books",
    "wijkboek fetch utrecht-kanaleneiland": "test_fetched_report.py::fetched",
    "wijkboek fetch NL --only kwb-2024": "test_fetch.py::test_a_user_fetches_and_reads",
    "wijkboek fetch GM0344 --only energie-2024": "test_fetch.py::test_the_command_knows_its_words",
    "wijkboek fetch --since 2026-01-01": "test_fetch.py::test_since_passes_over_what_is_older",
    "wijkboek new": "test_new.py::test_two_questions_are_enough_and_a_choice_is_a_number",
    "wijkboek new --gemeente Arnhem --wijk Klarendal": "test_new.py::test_a_wijk_that_no_pilot_"
    "names_has_its_report_by_new_alone_and_offline",
    "wijkboek verify utrecht-kanaleneiland": "test_verify.py::test_a_report_is_reproducible_to_the",
    "wijkboek verify utrecht-kanaleneiland --engine papermill": "test_verify.py::test_a_report_is_"
    "reproducible_to_the_byte_also_by_the_engine_of_papermill",
    "wijkboek verify --all": "test_verify.py::test_a_report_is_reproducible_to_the_byte",
    "wijkboek serve spel": "test_play.py::test_the_game_is_served_with_the_same_guard",
    "wijkboek serve verkenner": "test_play.py::test_the_account_changes_with_the_choice",
    "wijkboek serve verkenner --pilot arnhem-spijkerkwartier": "test_play.py::test_serve_takes_only"
    "_what_there_is",
    "wijkboek inbox withdraw B-0012": "test_inbox.py::test_only_the_sender_or_the_beheerder_withdr",
    "wijkboek render --gemeente all --scheduler tcp://10.0.0.1:8786": "test_cluster.py::"
    "test_reports_of_two_workers_are_those_of_one_computer",
    "wijkboek render --gemeente all --scheduler tcp://10.0.0.1:8786 --store s3://wijkboek/werk": (
        "test_cluster.py::test_workers_that_see_no_folder_of_ours_use_a_store"
    ),
}
# What goes on until it is stopped, and what to ask it.
SERVERS = {
    "wijkboek serve": "http://127.0.0.1:8866/",
    "python -m tests.bronserver --port 8765": (
        "http://127.0.0.1:8765/opendata.cbs.nl/ODataFeed/odata/85984NED"
    ),
}
VERBS = set(cli.parser()._subparsers._group_actions[0].choices)
PDF = "reports/utrecht-kanaleneiland/rapport.pdf"
SQUARE = """{"type": "Polygon", "coordinates": [[[5.09, 52.07], [5.11, 52.07], [5.11, 52.08],
[5.09, 52.08], [5.09, 52.07]]]}"""


# --- the projects in which the documents are tried


@pytest.fixture(scope="module")
def source() -> Iterator[str]:
    """Return the address of a server that stands for CBS and PDOK."""
    with BronServer(brondata.embedded(), brondata.boundaries()) as server:
        yield server.address


@pytest.fixture(scope="module")
def projects(rendered, tmp_path_factory, source) -> dict[str, Project]:
    """Return the projects by name: one with all reports, one with few chapters, one with code."""
    whole = tmp_path_factory.mktemp("vol") / "project"
    shutil.copytree(rendered, whole)
    short = project(tmp_path_factory.mktemp("kort"), ["12_geldstromen"])
    own = project(tmp_path_factory.mktemp("ontwikkel"), ["12_geldstromen"])
    shutil.copytree(ROOT / "wijkboek_utils", own / "wijkboek_utils")
    (short / "pilots" / "gebied.geojson").write_text(SQUARE, encoding="utf-8")
    return {
        "kort": Project(short, ROOT, source),
        "vol": Project(whole, ROOT, source),
        "ontwikkel": Project(own, own, source),
    }


# --- every block, in the order of its page


def is_verb(command: str) -> bool:
    return command.startswith("wijkboek ")


def parsed(command: str, where: str) -> None:
    """Check that a command of ours has a verb and options that exist."""
    words = command.split("<")[0].split()
    try:
        cli.parser().parse_args(words[1:])
    except SystemExit as wrong:
        assert wrong.code == 0, f"{where}: {command}"


def elsewhere(command: str, where: str) -> None:
    """Check that the test that runs a command is there."""
    name, _, test = ELSEWHERE[command].partition("::")
    assert f"def {test}" in (ROOT / "tests" / name).read_text(encoding="utf-8"), where
    parsed(command, where)


def prepare(command: str, root: Path) -> None:
    """Do what the page asks a person to do before a command."""
    if command.startswith("wijkboek check telling.xlsx"):
        gemeente = {"utrecht-kanaleneiland": "BU03440831"}
        buurt = gemeente.get(command.split()[-1], "BU00805001")
        (root / "telling.xlsx").write_bytes(filled("telling", buurt=buurt))


def run_shell(block: Block, project: Project) -> str:
    """Run the commands of a block."""
    said = []
    for command in map(snippets.plain, snippets.commands(block.text)):
        if command == "wijkboek render --pdf" and not (project.root / PDF).exists():
            parsed(command, block.where)  # there is no browser to print with
        elif command in ELSEWHERE:
            elsewhere(command, block.where)
        elif command in SERVERS:
            project.serve(command, SERVERS[command], block.where)
        elif command.startswith("make "):
            # Make inside make would run this test again: what it would do is enough.
            done = ["make", "--dry-run", "--always-make", *command.split()[1:]]
            subprocess.run(done, cwd=ROOT, check=True, capture_output=True)
        else:
            prepare(command, project.root)
            printed = (project.root / PDF).exists() and "--pdf" not in command
            if printed and command.startswith("wijkboek render"):
                command += " --pdf"  # as they were made: without it they would be made again
            if block.mark == "netwerk":
                command = re.sub(r"http://127\.0\.0\.1:\d+", project.server, command)
            said.append(project.shell(command, block.where))
            if command.startswith("wijkboek inbox released"):
                for listed in project.root.glob("data/raw/lokaal/*/uitgegeven-*.csv"):
                    listed.unlink()  # or every later report would have to be made again
    return "".join(said)


def read_file(block: Block, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read a file that a page tells to write, as the program reads it."""
    path = root / block.about
    if path.parent.name == "pilots":
        monkeypatch.setattr(sources, "PILOTS", path.parent)
        assert pilots.load(path.stem).naam in block.text, block.where
    elif path.name == "corrections.yml":
        assert corrections.read(path, block.about, ["kwb-2023"])["kwb-2023"], block.where
        path.unlink()  # it corrects a figure that is not wrong
    elif path.name == doubles.FILE:
        assert doubles.FILE in block.about and "antwoorden:" in block.text
        assert len(doubles._read(path)) == 1, block.where
        path.unlink()
    else:
        assert path.parts[-4:-2] == ("data", "raw"), f"{block.where}: niemand leest {path.name}"


def in_a_pilot(block: Block, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read a block, or each part of it, as a part of a pilot."""
    every = block.mark.startswith("elk")
    parts = re.split(r"^(?=gebied:)", block.text, flags=re.M)[1:] if every else [block.text]
    for part in parts:
        area = "" if every else "gebied: {codes: [WK020207]}\n"
        path = root / "pilots" / "deel.yml"
        path.write_text(f"naam: Deel\njaar: 2023\n{area}{part}", encoding="utf-8")
        monkeypatch.setattr(sources, "PILOTS", path.parent)
        read = pilots._mapping(pilots._read("deel"), pilots._FIELDS, set(), block.where)
        if every:
            pilots._mapping(read["gebied"], pilots._AREA_FIELDS, set(), block.where)
        else:
            assert pilots.load("deel").naam == "Deel"
        path.unlink()


def example(block: Block) -> None:
    """Check the example on the page of a dataset as a contribution is checked."""
    kind = Path(block.page).stem
    assert kind in schema.KINDS, f"{block.where}: een csv zonder «bestand»"
    head, line = block.text.splitlines()
    rows = pd.read_csv(io.StringIO(block.text), sep=";", dtype="str")
    assert set(head.split(";")) <= set(schema.load(kind).columns) and line
    given = [
        contributions.row(kind, **row)
        for row in rows.astype(object).where(rows.notna(), None).to_dict("records")
    ]
    checked = checking.check(contributions.opened(given), kind, today=contributions.TODAY)
    assert checked.faults == (), block.where


@pytest.mark.parametrize("page", [p for p, blocks in BLOCKS.items() if blocks])
def test_every_block_of_a_page_runs(page, projects, monkeypatch):
    said = ""
    earlier: dict[str, list[str]] = {}
    for block in BLOCKS[page]:
        name = block.about if block.mark == "project" else "kort"
        if block.mark in ("bestand",) and "ontwikkelaars/" in page:
            name = "ontwikkel"
        at = projects[name]
        if block.mark == "uitvoer":
            assert block.text.strip() in said, f"{block.where}: er staat\n{said}"
        elif block.mark == "alleen lezen":
            snippets.read_only(block)
        elif block.mark == "bestand":
            at.write(block)
            read_file(block, at.root, monkeypatch)
        elif block.mark.endswith("in een pilot"):
            in_a_pilot(block, at.root, monkeypatch)
        elif block.language == "sh":
            said = run_shell(block, at)
        elif block.language == "python" and at.code != ROOT:
            said = at.python_apart(block, earlier.setdefault(name, []))
            earlier[name].append(block.text)
        elif block.language == "python":
            said = at.python(block)
        elif block.language == "csv":
            example(block)
        else:
            assert block.language == "text", f"{block.where}: wat moet hiermee? Zet er een taal bij"


def test_few_blocks_are_only_read():
    found = {p: sum(b.mark == "alleen lezen" for b in blocks) for p, blocks in BLOCKS.items()}
    assert {p: n for p, n in found.items() if n} == READ_ONLY


def test_what_another_test_runs_is_still_in_a_page():
    there = {
        snippets.plain(command)
        for blocks in BLOCKS.values()
        for block in blocks
        if block.language == "sh"
        for command in snippets.commands(block.text)
    }
    assert set(ELSEWHERE) <= there


@pytest.mark.parametrize("page", BLOCKS)
def test_commands_within_a_sentence_exist(page):
    prose = re.sub(
        r"^```.*?^```$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.M | re.S
    )
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for said in re.findall(r"`([^`\n]+)`", prose):
        command = snippets.plain(said)
        verb = command.split()[1] if is_verb(command) else ""
        if verb in VERBS and "…" not in command and "NOTE" not in command:
            # A verb alone is a name, and says nothing of what it needs.
            parsed(command if command.count(" ") > 1 else f"{command} --help", page)
        elif verb and not verb.startswith("-"):
            assert verb in VERBS, f"{page}: {said}"
        elif command.startswith("make ") and (target := command.split()[1]).isalpha():
            assert re.search(rf"^{target}:", makefile, re.M), f"{page}: {said}"


# --- the website


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Return the website, built as `make docs` does; a warning is an error."""
    out = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*words, "-d", str(out / "klad"), str(DOCS), str(out / "site")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out / "site"


def pages(site: Path) -> Iterator[tuple[str, Element]]:
    for path in sorted(site.rglob("*.html")):
        if path.stem not in ("genindex", "search"):
            yield str(path.relative_to(site)), parse(path.read_text(encoding="utf-8"))


def tags(page: Element, *names: str) -> list[Element]:
    return [e for e, _ in walk(page) if e.tag in names]


def test_the_site_asks_nothing_of_another_host(site):
    for name, page in pages(site):
        for e in tags(page, "script", "link", "img", "iframe", "source", "video"):
            address = e.attrib.get("src") or e.attrib.get("href") or ""
            assert not re.match(r"(https?:)?//", address), f"{name}: {address}"
    for path in [*site.rglob("*.css"), *site.rglob("*.js")]:
        style = path.read_text(encoding="utf-8")
        assert not re.search(r"@import\s+[\"']?https?:|url\([\"']?(https?:)?//", style), path.name
        assert not re.search(r"(fetch|importScripts)\([\"']https?:", style), path.name


def test_every_link_within_the_site_leads_somewhere(site):
    anchors = {
        name: {e.attrib["id"] for e, _ in walk(page) if "id" in e.attrib}
        for name, page in pages(site)
    }
    for name, page in pages(site):
        for e in tags(page, "a"):
            to, _, anchor = e.attrib.get("href", "").partition("#")
            if re.match(r"[a-z]+:", to):
                continue
            target = ((site / name).parent / to).resolve() if to else site / name
            assert target.exists(), f"{name}: {to}"
            there = str(target.relative_to(site.resolve() if to else site))
            if anchor and there in anchors:
                assert anchor in anchors[there], f"{name}: {to}#{anchor}"


def test_every_page_is_dutch_with_one_title_headings_in_order_and_words_for_pictures(site):
    for name, page in pages(site):
        (html,) = tags(page, "html")
        assert html.attrib["lang"] == "nl", name
        levels = [int(e.tag[1]) for e in tags(page, "h1", "h2", "h3", "h4", "h5")]
        assert levels.count(1) == 1 and levels[0] == 1, name
        assert all(b <= a + 1 for a, b in pairwise(levels)), name
        for picture in tags(page, "img"):
            assert len(picture.attrib.get("alt", "")) > 20, f"{name}: {picture.attrib}"
        words = text(page)
        for english in ("Back to top", "Skip to content", "Next", "Previous", "On this page"):
            assert english not in words, f"{name}: {english}"


@pytest.mark.parametrize("page", ["index", "gemeenten/lezen", "studenten/les"])
def test_a_page_passes_axe_and_fits_a_narrow_screen(site, browser, page):
    for view in (View(360), View(1280, "dark")):
        with browser_.opened(browser, site / f"{page}.html", view) as one:
            assert one.elsewhere == [], one.elsewhere
            wrong = one.axe(WCAG)["violations"]
            assert [rule["id"] for rule in wrong] == [], view
            assert one.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view


PLAIN = ("index.html", "gemeenten/", "bijdragers/", "studenten/", "datasets/")
PLAIN += ("bijdragen.html", "telpakket.html", "lokaal.html", "privacy.html")


def test_pages_for_everybody_are_written_in_plain_words(site):
    for name, _ in pages(site):
        if name.startswith(PLAIN):
            whole = (site / name).read_text(encoding="utf-8")
            (body,) = re.findall(r"<article.*?</article>", whole, re.S)
            found = language.findings(body, explains=False)
            assert [f for f in found if f.severity == "fout"] == [], name


# --- what researchers look up


def test_the_dictionary_has_every_table_and_column_that_a_report_writes(rendered):
    kept = pd.read_csv(invoegen.KEPT / "kolommen.csv", dtype="str")
    pd.testing.assert_frame_equal(meten.columns(rendered), kept, check_dtype=False)
    page = invoegen.woordenboek()
    words = exports.Words(sources.read_project_table("kolommen"))
    for pilot, tables in meten.rendered(rendered):
        for name, table in tables.items():
            assert f"### {name}\n" in page, f"{pilot}: {name}"
            for column in table.columns.drop("geometry", errors="ignore"):
                told = words.column(name, column)
                assert told["omschrijving"], f"{pilot}: {name}.{column}"
                assert f"| `{told['kolom']}` |" in page, f"{pilot}: {name}.{column}"


def test_every_table_that_we_read_is_described():
    assert invoegen.undescribed() == []


def test_what_weighs_most_is_what_the_reports_say(rendered):
    kept = pd.read_csv(invoegen.KEPT / "oorzaken.csv")
    found = meten.causes(rendered)
    numbers = ["waarde", "laag", "hoog", "verschil"]
    # Two causes that weigh the same may change places on another machine.
    order = ["pilot", "figuur", "oorzaak"]
    found, kept = (t.sort_values(order, ignore_index=True) for t in (found, kept))
    pd.testing.assert_frame_equal(found.drop(columns=numbers), kept.drop(columns=numbers))
    pd.testing.assert_frame_equal(found[numbers], kept[numbers], rtol=0, atol=0.0002)


def test_every_method_names_a_module_that_is_there():
    page = (DOCS / "onderzoekers" / "literatuur.md").read_text(encoding="utf-8")
    named = re.findall(r"`([a-z_.]+)`", " ".join(re.findall(r"\|([^|]*)\|$", page, re.M)))
    assert len(named) > 25
    for module in named:
        assert (ROOT / "wijkboek_utils" / f"{module.replace('.', '/')}.py").exists(), module


def test_the_keys_with_their_error_are_all_told():
    keys = sources.read_project_table("sleutels")
    page = invoegen.sleutelfouten()
    assert all(f"| `{key}` |" in page for key in keys.loc[keys["fout"] != "", "sleutel"])


def test_amounts_that_a_page_quotes_stand_in_the_report(rendered):
    report = rendered / "reports" / "utrecht-kanaleneiland" / "index.html"
    there = text(parse(report.read_text(encoding="utf-8"))).replace("\xa0", " ")
    told = "".join(p.read_text(encoding="utf-8") for p in (DOCS / "gemeenten").glob("*.md"))
    quoted = re.findall(r"tussen (€ \d+) en (€ \d+ miljoen)|(€ \d+) tot (€ \d+ miljoen)", told)
    assert len(quoted) >= 2
    for words in quoted:
        low, high = (word for word in words if word)
        assert f"tussen {low} en {high}" in there, words
    assert "tien tot zeventien cent" in told and "10 tot 17 cent" in there
