"""Every printed figure of the books leads to raw cells, and these give its digits again."""

import html
import json
import random
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tests import clubs
from tests.conftest import GEMEENTEN, ROOT, command
from wijkboek_utils import cli, dutch, pilots, sources, wijkrekening_text
from wijkboek_utils.explain import books, derive, graph, nodes, raw, report, text
from wijkboek_utils.explain.municipal import Flow
from wijkboek_utils.regions import is_rest

PILOT = "utrecht-kanaleneiland"
SAMPLE, SEED = 100, 9
TITLE, DESC = (f"{{http://www.w3.org/2000/svg}}{name}" for name in ("title", "desc"))
_PRINTED = re.compile(
    r'<dl id="(?P<id>cel-[^"]+)"><div><dt>Cijfer</dt><dd>(?P<naam>[^<]*): (?P<cijfer>[^<]*)</dd>'
)


@pytest.fixture(scope="module")
def folder(rendered):
    return rendered / "reports" / PILOT


@pytest.fixture(scope="module")
def page(folder):
    return (folder / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def deriver(folder):
    return derive.Deriver(report.read(str(folder)))


@pytest.fixture(scope="module")
def printed(page):
    """Return the figures with a passport as the page prints them: (id, name, digits)."""
    found = [(m["id"], m["naam"], m["cijfer"]) for m in _PRINTED.finditer(html.unescape(page))]
    return [(ident.removeprefix("cel-"), naam, digits) for ident, naam, digits in found]


@pytest.fixture(scope="module")
def sample(printed):
    """Return figures of the page, drawn at random from all amounts of money in its passports."""
    amounts = [one for one in printed if one[2].startswith("€")]
    assert len(amounts) > 200
    return random.Random(SEED).sample(amounts, SAMPLE)


def told_of(page: str) -> set[tuple[str, str]]:
    """Return what stands side by side in a row of a table, or as a key figure on the first page."""
    found = set()
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", html.unescape(page)):
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)
        names = [*cells, *(re.sub(r"^[\d.a-z]+ ", "", cell) for cell in cells)]  # 6.3 Inkomens…
        found |= {(name, cell) for name in names for cell in cells}
    key = r"<dt>([^<]*)</dt><dd><strong>([^<]*)</strong>"
    return found | set(re.findall(key, html.unescape(page)))


@pytest.mark.parametrize("place", range(SAMPLE))
def test_a_printed_figure_leads_to_raw_cells_that_give_its_digits(place, sample, deriver):
    ident, naam, digits = sample[place]
    figure = deriver.report.figures[ident]
    derived = deriver.of(figure)
    assert derived.node is not None, naam
    cells = derive.cells(derived)
    assert cells and all(deriver.files.line(cell) for cell in cells)
    assert derived.digits == digits


def test_the_figures_that_are_derived_are_those_that_the_page_prints(sample, page):
    """The digits of a passport stand beside their name in a table, not in the passport alone."""
    told = told_of(page)
    for _, naam, digits in sample:
        task, _, side = naam.rpartition(", ")
        name = task if side in ("uitgaven", "inkomsten") else naam
        assert (name, digits) in told, (naam, digits)


def test_a_raw_file_says_what_the_derivation_says_it_does(sample, deriver):
    """Each cell is looked up by its line in the file itself, without any of our readers."""
    seen = {}
    for ident, _, _ in sample[:6]:
        for cell in derive.cells(deriver.of(deriver.report.figures[ident])):
            found = sources.source(cell.bron)
            lines = seen.setdefault(found.path, found.path.read_text("utf-8").splitlines())
            row = lines[deriver.files.line(cell) - 1]
            assert cell.rij.split(" ")[0] in row
            assert deriver.files.text(cell) in row


@pytest.mark.parametrize("place", range(0, SAMPLE, 5))
def test_another_raw_cell_gives_other_digits(place, sample, deriver):
    """What holds for every change cannot be a check: some cell must move the printed digits."""
    ident, naam, digits = sample[place]
    figure = deriver.report.figures[ident]
    cells = derive.cells(deriver.of(figure))
    near = {b for one in deriver.books.values() for b in one.f.buurten[one.inside > 0]}
    moving = [c for c in cells if c.rij in near or " " in c.rij]
    known = [c for c in moving if deriver.files(c) > 0]
    assert any(
        deriver.of(figure, {cell: 5 * deriver.files(cell)}).digits != digits for cell in known[:40]
    ), naam
    assert deriver.of(figure).digits == digits  # and the files themselves stay as they are


def test_amounts_of_the_account_that_closes_follow_from_raw_cells_too(page, deriver):
    """Least squares over all lines, solved again from the derivations of all of them."""
    table = re.search(
        r"<caption>[^<]*vóór en na het sluiten.*?</table>", html.unescape(page), re.S
    )[0]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in table.split("<tr")[2:]]
    assert len(rows) > 60
    names = wijkrekening_text.NAMES
    for regel, van, naar, _, digits, *_ in random.Random(SEED).sample(rows, 6):
        found = {
            tuple(names[one] for one in figure.measure.partition(":")[2].split("|")[:2]): figure
            for figure in report.find(deriver.report, f"sluitend:{regel}")
        }
        figure = found[van, naar]
        derived = deriver.of(figure)
        assert derived.digits == digits, regel
        story = "\n".join(text.Story(deriver).lines(derived)).replace(dutch.NBSP, " ")
        assert "kleinste kwadraten" in story
        assert "blijft in elke rekening hoogstens € 0,00" in story


@pytest.mark.parametrize("code", GEMEENTEN)
def test_two_computations_agree_on_every_boeking(code, gemeenten):
    """The derivations are made apart from the books, one number at a time; no cent goes missing."""
    pilot = pilots.load(code, 2023)
    figures = raw.Figures(pilot, code, "beredeneerd", raw.Files())
    flows = books.Books(figures, gemeenten[code].weights(code)).flows
    rows = gemeenten[code].grootboek
    rows = rows.assign(rest=is_rest(rows["buurt"]))
    seen = set()
    for key, own in rows.groupby(["post", "van", "naar", "domein", "rest"], observed=True):
        flow = Flow(*key)
        seen.add(flow)
        sums = own.groupby("buurt")["bedrag"].sum(min_count=1)
        value = figures.work(flows[flow])
        known = sums.sum() if flow.rest else sums.reindex(figures.buurten).to_numpy()
        value = np.where(np.isnan(known), np.nan_to_num(value), value)
        assert np.allclose(value, np.nan_to_num(known), atol=0.011, rtol=0), flow
    assert all(np.nansum(figures.work(flows[flow])) == 0 for flow in set(flows) - seen)


def test_every_kind_of_figure_is_told_and_drawn(sample, deriver):
    """Down to a cell or a choice at the end of every branch that is shown."""
    counts = ("11_samenvatting-kern-1", "11_samenvatting-kern-3")
    for ident in [*counts, *(ident for ident, _, _ in sample[:20])]:
        derived = deriver.of(deriver.report.figures[ident])
        lines = list(text.Story(deriver).lines(derived))
        assert lines[0].startswith(derived.figure.cijfer)
        assert any("sha256" in line for line in lines)
        assert "nan" not in "".join(lines).casefold().split()
        assert ET.fromstring(graph.svg(deriver, derived)).get("role") == "img"


def test_every_passport_has_the_address_that_the_data_give_it(page, folder):
    told = json.loads((folder / "audit" / report.PASSPORTS).read_text(encoding="utf-8"))
    ids = [n["@id"].removeprefix("#") for n in told["@graph"] if n.get("@type") == "Cijfer"]
    assert re.findall(r'<dl id="(cel-[^"]+)"', page) == ids
    assert "#pas" not in page
    commands = re.findall(rf"wijkboek explain {PILOT} ([^<]+)<", page)
    assert commands == [ident.removeprefix("cel-") for ident in ids]


def test_a_passport_says_the_same_in_the_page_and_in_the_data(printed, deriver):
    for ident, naam, digits in printed:
        figure = deriver.report.figures[ident]
        assert (figure.naam, figure.cijfer) == (naam, digits)


def test_all_figures_of_the_books_can_be_derived(deriver):
    """How many there are is in docs/herleiden.md."""
    figures = deriver.report.figures.values()
    amounts = [f for f in figures if f.waarde is not None]
    assert len(amounts) > 200
    assert all(f.flows for f in amounts)


def test_the_document_shows_what_the_command_says(deriver):
    told = (ROOT / "docs" / "herleiden.md").read_text(encoding="utf-8")
    ident = re.search(r"explain \S+ (\d+_\S+) ", told)[1]
    example = re.search(r"```text\n(.*?)```", told, re.S)[1].splitlines()
    story = text.Story(deriver).lines(deriver.of(deriver.report.figures[ident]))
    lines = [line.replace(dutch.NBSP, " ") for line in story]
    # Where the report and the raw files lie is a matter of the project, not of the figure.
    assert lines[2:] == example[2:] and lines[0] == example[0]
    done = sum(f.derivable for f in deriver.report.figures.values())
    assert f"{done} van de {len(deriver.report.figures)} paspoorten" in told


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = cli.main(["explain", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_story_goes_from_the_digits_to_the_cell_in_its_file(folder, tmp_path, capsys):
    path = tmp_path / "cijfer.svg"
    code, told, _ = run(capsys, str(folder), "iv3:6.3", "--graaf", str(path))
    assert code == 0
    source = sources.source("iv3-2023")
    figure = dutch.number(raw.Files()(nodes.Cell(source.id, "GM0344 6.3", "lasten")))
    assert f"{figure} duizend euro  cel «" in told
    assert f"{source.path.name} (iv3-2023, sha256 {source.sha256[:12]})" in told
    assert "rij GM0344 6.3, kolom lasten" in told
    assert "sleutel «personen met bijstand»: deel van elke buurt in de hele gemeente" in told
    assert "iv3:6.3:lasten" in "".join(ET.parse(path).getroot().itertext())


def test_a_figure_is_found_by_its_name_its_number_and_its_link(deriver):
    ident = "12_geldstromen-stromen-1"
    figure = deriver.report.figures[ident]
    asked = (ident, f"#cel-{ident}", f"index.html#cel-{ident}", figure.naam.upper())
    assert all(figure in report.find(deriver.report, word) for word in asked)


def test_the_whole_story_has_every_step_once(deriver):
    derived = deriver.of(deriver.report.figures["12_geldstromen-stromen-2"])
    short, whole = ("\n".join(text.Story(deriver, e).lines(derived)) for e in (False, True))
    assert "--alles toont ze" in short and "--alles toont ze" not in whole
    assert len(whole.splitlines()) > 2 * len(short.splitlines())
    numbers = [int(n) for n in re.findall(r"^ *\S.*?  (\d+)\. ", whole, flags=re.M)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_data_hold_every_step_and_every_cell(folder, deriver, capsys):
    """Asked by the link that the page itself has."""
    ident = "12_geldstromen-stromen-1"
    code, told, _ = run(capsys, f"{folder}/index.html#cel-{ident}", "--json")
    found = json.loads(told)
    by_id = {node["@id"]: node for node in found["@graph"]}
    assert code == 0 and len(by_id) == len(found["@graph"])
    figure = by_id[f"#cel-{ident}"]
    assert figure["klopt"] and figure["cijfer"] == figure["opnieuw_afgedrukt"]
    todo, cells = list(figure["uit"]), set()
    while todo:
        node = by_id[todo.pop()]
        todo += node.get("uit", [])
        if node["@type"] == "RuweCel":
            cells.add(node["@id"])
            assert len(by_id[node["bron"]]["sha256"]) == 64
    assert len(cells) == len(nodes.cells_of(deriver.of(deriver.report.figures[ident]).node))


def test_the_picture_says_what_it_shows(deriver):
    figure = deriver.report.figures["12_geldstromen-stromen-1"]
    drawn = graph.svg(deriver, deriver.of(figure))
    svg = ET.fromstring(drawn)
    assert svg.get("role") == "img"
    title, desc = (svg.find(name).text for name in (TITLE, DESC))
    assert "Werk en inkomen" in title and "ruwe cellen" in desc
    words = "".join(svg.itertext())
    assert all(word in words for word in ("ruwe cel", "afgedrukt cijfer", "iv3-2023"))
    boxes = svg.findall("{http://www.w3.org/2000/svg}rect")
    assert 10 < len(boxes) <= graph.MOST + 20
    assert graph.svg(deriver, deriver.of(figure)) == drawn


def test_without_a_post_it_lists_what_can_be_derived(folder, capsys, deriver):
    code, told, _ = run(capsys, str(folder))
    done = sum(f.derivable for f in deriver.report.figures.values())
    assert code == 0
    assert f"{done} van {len(deriver.report.figures)} paspoorten" in told
    assert "12_geldstromen-stromen-1 " in told and "iv3:6.3:lasten" in told


def test_a_figure_without_steps_says_so_and_what_its_passport_knows(folder, capsys):
    code, told, _ = run(capsys, str(folder), "17_wijkbedrijf-feiten-1")
    assert code == 0
    assert "zijn de stappen nog niet uitgewerkt" in told
    assert "formule: " in told and "sha256" in told


def test_digits_that_were_changed_afterwards_are_found_out(folder, tmp_path, capsys):
    """A report of which somebody wrote another figure fails, and says which."""
    copy = tmp_path / PILOT
    (copy / "audit").mkdir(parents=True)
    (copy / "index.html").touch()
    (copy / "audit" / "run.json").write_bytes((folder / "audit" / "run.json").read_bytes())
    told = (folder / "audit" / report.PASSPORTS).read_text(encoding="utf-8")
    digits = report.read(str(folder)).figures["12_geldstromen-stromen-1"].cijfer
    wrong = dutch.about(12_345_678_900.0, 1e8)
    assert told.count(json.dumps(digits, ensure_ascii=False)) >= 1
    (copy / "audit" / report.PASSPORTS).write_text(
        told.replace(json.dumps(digits, ensure_ascii=False), json.dumps(wrong)), encoding="utf-8"
    )
    code, said, _ = run(capsys, str(copy), "12_geldstromen-stromen-1")
    assert code == 1
    assert f"LET OP: afgerond is dat {digits}. In het rapport staat {wrong}." in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["utrecht-kanaleneilnd"], "is geen rapport"),
        (["{folder}", "iv3:6.33"], "Bedoelt u"),
        (["{folder}", "Bodschappen"], "Bedoelt u Boodschappen"),
        (["{folder}", "#cel-12_geldstromen-stromen-999"], "12_geldstromen-stromen-"),
        (["{folder}", ""], "staat niet in het rapport"),
        (["{folder}", "e"], "Kies er een"),
        (["{folder}", "--graaf", "x.svg"], "Geef er een POST bij"),
        (["{folder}", "iv3:6.3", "--graaf", "x.png"], "eindigt niet op .svg"),
        (["{folder}", "17_wijkbedrijf-feiten-1", "--graaf", "x.svg"], "nog niet uitgewerkt"),
    ],
)
def test_bad_input_is_refused_in_plain_dutch(
    arguments, words, folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    code, _, said = run(capsys, *(a.replace("{folder}", str(folder)) for a in arguments))
    assert code == 2
    assert words in said and said.startswith("wijkboek: ")
    assert not list(tmp_path.iterdir())


def test_a_broken_report_is_refused(tmp_path, capsys):
    (tmp_path / "audit").mkdir()
    (tmp_path / "index.html").touch()
    (tmp_path / "audit" / report.PASSPORTS).write_text("{", encoding="utf-8")
    code, _, said = run(capsys, str(tmp_path))
    assert code == 2 and "is niet te lezen" in said


def test_what_the_wijk_contributed_is_not_told_as_if_it_were_known(contributed):
    """Clubs contributed what they do for green: its steps are theirs, those of 6.3 are not."""
    told = [
        command("explain", clubs.PILOT, f"iv3:{task}:lasten", root=contributed).stdout
        for task in ("5.7", "6.3")
    ]
    assert "steunt op bijdragen van de wijk" in told[0] and "ruwe cellen" not in told[0]
    assert "steunt op bijdragen" not in told[1] and "ruwe cellen" in told[1]
