"""`wijkboek new`: from the name of a wijk to its own pilot and report, without editing a file."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests import brondata, bronlocatie, ophalen
from tests.bronserver import BronServer, Fault
from tests.conftest import command, project
from tests.test_fetched_report import forget_the_embedded_figures
from wijkboek_utils import (
    asking,
    cbs,
    cli,
    finding,
    gazetteer,
    locatieserver,
    net,
    new_area,
    new_pilot,
    pilots,
    sources,
)
from wijkboek_utils.errors import Fout
from wijkboek_utils.finding import Place

PLACES = gazetteer.everywhere()
CHAPTERS = ["12_geldstromen", "21_verantwoording"]


def names(text: str, places: list[Place] = PLACES) -> list[str]:
    return [place.said for place in finding.find(text, places).places]


# Finding.


@pytest.mark.parametrize(
    "text, said",
    [
        ("Klarendal", "wijk Klarendal (Arnhem)"),
        ("wk020207", "wijk Klarendal (Arnhem)"),
        ("klarendl", "wijk Klarendal (Arnhem)"),
        ("sint marten", "buurt St. Marten (Arnhem)"),
        ("aldlan en de hemrik", "wijk Aldlân & De Hemrik (Leeuwarden)"),
        ("Sonnenborgh en omgeving", "wijk Sonnenborgh e.o. (Leeuwarden)"),
        ("leidscherijn", "wijk 09 Leidsche Rijn (Utrecht)"),
        ("den haag", "gemeente 's-Gravenhage"),
        ("s gravenhage", "gemeente 's-Gravenhage"),
        ("Hengelo", "gemeente Hengelo (O.)"),
        ("uden", "gemeente Maashorst"),
    ],
)
def test_a_name_is_found_as_people_type_it(text, said):
    found = finding.find(text, PLACES)
    assert [p.said.replace("Wijk", "wijk") for p in found.places] == [said] and found.sure


def test_of_a_wijk_and_a_buurt_with_one_name_the_wijk_is_meant():
    assert {p.code[:2] for p in PLACES if p.naam == "Elden"} == {"WK", "BU"}
    assert names("Elden") == ["wijk Elden (Arnhem)"]


def test_a_name_that_several_gemeenten_have_is_left_to_who_asked():
    twice = [Place("WK020201", "Centrum", "Arnhem"), Place("WK008001", "Centrum", "Leeuwarden")]
    found = finding.find("centrum", twice)
    assert found.exact and not found.sure and len(found.places) == 2
    assert {*names("Bergen")} == {"gemeente Bergen (NH.)", "gemeente Bergen (L.)"}


def test_a_part_of_a_name_gives_all_that_have_it_and_nonsense_nothing():
    assert names("Presikhaaf") == ["wijk Presikhaaf-West (Arnhem)", "wijk Presikhaaf-Oost (Arnhem)"]
    assert names("xyzzy") == names("!!") == names("") == []


@given(st.sampled_from(PLACES), st.sampled_from([str, str.upper, str.lower, str.title]))
def test_every_name_finds_itself_whatever_its_capitals_and_accents(place, written):
    text = written(place.naam)
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    for typed in (text, bare):
        found = finding.find(typed, PLACES)
        assert found.exact
        # The place itself, or what it lies in and that is called the same.
        assert any(
            p == place or finding.plain(typed) in map(finding.plain, [p.naam, *p.ook])
            for p in found.places
        )


@given(st.sampled_from([p for p in PLACES if len(p.naam) >= 8]), st.data())
def test_a_name_with_one_letter_too_few_is_still_among_what_is_shown(place, data):
    drop = data.draw(st.integers(1, len(place.naam) - 2))
    typed = place.naam[:drop] + place.naam[drop + 1 :]
    near = {finding.plain(p.naam) for p in finding.find(typed, [place]).places}
    assert finding.plain(place.naam) in near


def test_the_list_of_gemeenten_is_that_of_cbs():
    towns = {place.code: place.naam for place in gazetteer.gemeenten()}
    assert len(towns) == 342 == len({*towns.values()})
    listed = sources.read_csv(sources.source("gemeenten-2023")).set_index("gemeente")["naam"]
    for code in pilots.gemeenten():  # what the list says is what the figures say
        assert listed[code] == towns[code] == cbs.areas(code).iloc[0]["naam"]
    others = sources.read_project_table("gemeentenamen")
    assert {*others["gemeente"]} <= {*towns}
    assert not {*others["ook"]} & {*towns.values()}


# Writing.


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder in the place of pilots/, for commands that run in this process."""
    monkeypatch.setattr(sources, "PILOTS", tmp_path)
    return tmp_path


def run(*arguments: str) -> int:
    return cli.main(["new", *arguments])


def read(folder, slug: str) -> dict:
    return yaml.safe_load((folder / f"{slug}.yml").read_text(encoding="utf-8"))


@given(st.text(min_size=1, max_size=60).filter(lambda t: t.split() and t.isprintable()))
def test_any_name_stands_in_the_file_as_it_is(naam):
    naam = " ".join(naam.split())
    text = new_pilot.text(naam, {"codes": ["WK020207"]}, 2023, "wijkboek new", {"WK020207": naam})
    assert yaml.safe_load(text) == {"naam": naam, "gebied": {"codes": ["WK020207"]}, "jaar": 2023}
    slug = new_pilot.slug_of(naam, "Arnhem")
    assert slug.isascii() and slug == slug.lower() and "/" not in slug and "." not in slug


def test_several_buurten_make_one_pilot_with_their_names_behind_the_codes(folder, capsys):
    assert run("--gemeente", "Arnhem", "--buurt", "Markt", "--buurt", "xyzzy") == 2
    assert run("--gemeente", "Arnhem", "--buurt", "Markt", "--wijk", "Elden", "--geen-rapport") == 0
    text = (folder / "arnhem-elden-en-markt.yml").read_text(encoding="utf-8")
    assert "- WK020220  # wijk Elden (Arnhem)\n" in text
    assert pilots.load("arnhem-elden-en-markt").codes == ["WK020220", "BU02020100"]
    out = capsys.readouterr().out
    assert "Rekening van de gemeente (Iv3)  jaarrekening 2023" in out
    assert "Bijstand: geschatte bijstand: inwoners in huurwoningen" in " ".join(out.split())


def test_free_words_may_name_the_gemeente_and_more_areas(folder):
    assert run("Markt,", "Elden", "Arnhem", "--geen-rapport", "--naam", "Markt: hier") == 0
    assert read(folder, "arnhem-markt-hier")["naam"] == "Markt: hier"
    assert pilots.load("arnhem-markt-hier").codes == ["BU02020100", "WK020220"]
    assert run("Leeuwarden", "--geen-rapport", "--jaar", "2024") == 0
    whole = pilots.load("leeuwarden")
    assert (whole.codes, whole.jaar, whole.verslag) == (["GM0080"], 2024, "begroting")


def test_a_pilot_is_never_written_over(folder, capsys):
    (folder / "arnhem-elden.yml").write_text("van mij")
    assert run("Elden", "--geen-rapport") == 2
    assert "arnhem-elden.yml bestaat al" in capsys.readouterr().err
    assert [p.name for p in folder.iterdir()] == ["arnhem-elden.yml"]
    assert (folder / "arnhem-elden.yml").read_text() == "van mij"


@pytest.mark.parametrize("error", [KeyboardInterrupt, Fout, RuntimeError])
def test_who_breaks_off_leaves_no_pilot_and_no_tables(folder, monkeypatch, error):
    monkeypatch.setattr(sources, "PROCESSED", folder / "processed")
    text = new_pilot.text("Elden", {"codes": ["WK020220"]}, 2023, "wijkboek new")
    with pytest.raises(error), new_pilot.written("arnhem-elden", text) as pilot:
        assert pilot.naam == "Elden"
        (folder / "processed" / "arnhem-elden").mkdir(parents=True)
        raise error
    assert [p.name for p in folder.rglob("*")] == ["processed"]


def test_a_text_that_is_no_pilot_does_not_stay(folder):
    text = new_pilot.text("Elden", {"codes": ["WK020299"]}, 2023, "wijkboek new")
    with pytest.raises(Fout, match="WK020299 bestaat"), new_pilot.written("elden", text):
        pass
    assert not [*folder.iterdir()]


# Refusing.


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "Zeg over welk gebied"),
        (["xyzzy"], "vonden wij niet in de gemeenten waarvan er cijfers zijn"),
        (["--gemeente", "Arnhem", "--wijk", "Lombok-Oost-Zuid"], "vonden wij niet in Arnhem"),
        (["--gemeente", "Qxqxqx", "--wijk", "Elden"], "bij de gemeenten van Nederland"),
        (["--gemeente", "Nergenshuizen"], "Bedoelt u dit? Typ dan de code:"),
        (["Bergen"], "gemeente Bergen (L.): GM0893"),
        (["Presikhaaf"], "alle 2 samen: --buurt WK020204 --buurt WK020205"),
        (["Elden", "--jaar", "twee"], "Na --jaar hoort een jaar"),
        (["Elden", "--jaar", "1999"], "geen gemeenterekening (Iv3) over 1999"),
        (["Elden", "--straat", "Markt"], "Kies straten, of wijken en buurten"),
        (["--gemeente", "Arnhem", "--straat", "Markt", "--adressen", "../a.csv"], "bestaat niet"),
    ],
)
def test_without_a_terminal_it_says_what_to_type(folder, capsys, arguments, words):
    assert run(*arguments) == 2
    assert words in capsys.readouterr().err
    assert not [*folder.iterdir()]


def answers(monkeypatch, *lines: str) -> None:
    """Let somebody at the keyboard type these lines, and then end the input."""
    typed = iter(lines)

    def answer() -> str:
        for line in typed:
            return line
        raise EOFError

    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)


def test_two_questions_are_enough_and_a_choice_is_a_number(folder, monkeypatch, capsys):
    answers(monkeypatch, "arnhm", "", "malburgen", "9", "3")
    assert run("--geen-rapport") == 0
    out = capsys.readouterr().out
    assert "De wijken van Arnhem: Centrum, Spijkerkwartier, " in out
    assert "1. wijk Malburgen-West (Arnhem)" in out and "4. alle 3 samen" in out
    assert "Typ een getal van 1 tot 4." in out
    assert pilots.load("arnhem-malburgen-oost-zuid").codes == ["WK020218"]


def test_all_that_share_a_name_can_be_taken_together(folder, monkeypatch):
    answers(monkeypatch, "4")
    assert run("malburgen", "--geen-rapport", "--naam", "Malburgen") == 0
    assert pilots.load("arnhem-malburgen").codes == ["WK020216", "WK020217", "WK020218"]


def test_another_name_is_asked_when_there_is_such_a_pilot(folder, monkeypatch):
    answers(monkeypatch, "")
    (folder / "arnhem-elden.yml").write_text("van mij")
    assert run("Elden", "--geen-rapport") == 0
    assert pilots.load("arnhem-elden-2").naam == "Elden"


@pytest.mark.parametrize(
    "typed", [(), ("Arnhem",), ("Arnhem", "malburgen", ""), ("",), ("arnhm", "n")]
)
def test_no_answer_leaves_nothing_behind(folder, monkeypatch, capsys, typed):
    answers(monkeypatch, *typed)
    assert run("--geen-rapport") == 2
    assert "Er is niets geschreven" in capsys.readouterr().err
    assert not [*folder.iterdir()]


def test_yes_and_no_are_asked_until_they_are_said(monkeypatch, capsys):
    answers(monkeypatch, "misschien", "Ja", "", "nee")
    ask = asking.Asker()
    assert [ask.yes("Goed?", False), ask.yes("Goed?", True), ask.yes("Goed?", True)] == [
        True,
        True,
        False,
    ]
    assert "Typ ja of nee." in capsys.readouterr().out


# As a user: without the network, and with it.


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Return a project of few chapters."""
    return project(tmp_path_factory.mktemp("nieuw"), CHAPTERS)


def test_a_wijk_that_no_pilot_names_has_its_report_by_new_alone_and_offline(small):
    done = command("new", "--gemeente", "Arnhem", "--wijk", "geitenkmp", root=small)
    assert done.returncode == 0, done.stderr
    page = (small / "reports" / "arnhem-geitenkamp" / "index.html").read_text(encoding="utf-8")
    assert "Geitenkamp" in page
    told = " ".join(done.stdout.split())
    assert "geitenkmp: wij nemen wijk Geitenkamp (Arnhem)." in told
    assert "Nieuw: pilots/arnhem-geitenkamp.yml, over Geitenkamp in 2023." in told
    assert "1. wijkboek template geldstroom" in told and "wijkboek template besteding" in told
    assert told.endswith("Open reports/arnhem-geitenkamp/index.html in uw browser.")
    again = command("render", "arnhem-geitenkamp", root=small)  # the pilot is one as any other
    assert "(niet veranderd)" in again.stdout


@pytest.mark.parametrize("sign, code", [("\x04", 2), ("\x03", 130)])
def test_the_end_of_input_and_ctrl_c_in_a_real_terminal_leave_nothing(small, sign, code):
    before = {*(small / "pilots").iterdir()}
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("wijkboek")), "new"],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env={**os.environ, "WIJKBOEK_ROOT": str(small)},
        preexec_fn=os.setsid,
        text=True,
    )
    try:
        seen = b""
        while b"gemeente ligt uw wijk?" not in seen:
            assert select.select([ours], [], [], 60)[0], seen
            seen += os.read(ours, 1000)
        if code == 130:
            # A signal between the question and the wait for its answer is heard after the answer.
            status = Path(f"/proc/{process.pid}/status")
            while "S (sleeping)" not in status.read_text():
                time.sleep(0.01)
            os.kill(process.pid, signal.SIGINT)
        else:
            os.write(ours, sign.encode())
        told = process.communicate(timeout=60)[1]
    finally:
        process.kill()
        os.close(ours)
        os.close(theirs)
    assert process.returncode == code and "wijkboek: gestopt" in told.casefold()
    assert {*(small / "pilots").iterdir()} == before


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """Return a project without any figures of a gemeente, and a server that has them."""
    root = project(tmp_path_factory.mktemp("leeg"), CHAPTERS)
    forget_the_embedded_figures(root / "data" / "raw")
    with BronServer(
        brondata.embedded(), brondata.boundaries(), streets=bronlocatie.ARNHEM
    ) as server:
        yield root, server


def test_the_figures_of_another_gemeente_are_fetched_first(empty):
    root, server = empty
    words = ["new", "--gemeente", "Arnhem", "--wijk", "Klarendal", "--geen-rapport"]
    done = command(*words, root=root, server=server.address)
    assert done.returncode == 0, done.stderr
    assert "Cijfers van Arnhem ophalen" in done.stdout
    pilot = yaml.safe_load((root / "pilots" / "arnhem-klarendal.yml").read_text())
    assert pilot["gebied"] == {"codes": ["WK020207"]} and pilot["jaar"] == 2023


def test_without_the_network_nothing_is_written_and_it_says_what_to_type_later(
    folder, monkeypatch, capsys
):
    monkeypatch.setattr(net, "Patience", lambda **more: ophalen.HURRY)
    monkeypatch.setenv(net.SERVER, "http://127.0.0.1:9")
    assert run("zutphn") == 2
    out, err = capsys.readouterr()
    assert "wijkboek fetch GM0301" in err and "Er is geen pilot geschreven" in err
    assert "zutphn: wij nemen gemeente Zutphen." in out
    assert out.count("niet te bereiken") == 3 and "overgeslagen" not in out  # each host once
    assert not [*folder.iterdir()]


def online(server, monkeypatch) -> None:
    monkeypatch.setenv(net.SERVER, server)
    monkeypatch.setattr(new_area, "_PATIENCE", ophalen.HURRY)


def test_a_street_gives_the_buurten_that_its_addresses_lie_in(empty, folder, monkeypatch, capsys):
    server = empty[1]
    online(server.address, monkeypatch)
    server.log.clear()
    assert run("--gemeente", "arnhem", "--straat", "klarendalsweg", "--geen-rapport") == 0
    assert pilots.load("arnhem-klarendalseweg").codes == ["BU02020732", "BU02020733"]
    out = " ".join(capsys.readouterr().out.split())
    assert "Het rapport gaat over die hele buurten." in out
    assert len(server.asked("q=openbareruimte_id")) == 3  # 241 addresses, 100 a page
    assert not server.asked("Utrecht")


def test_a_street_of_which_there_are_more_is_left_to_who_asks(empty, folder, monkeypatch, capsys):
    online(empty[1].address, monkeypatch)
    assert run("--straat", "Hommelstraat", "--geen-rapport") == 2
    err = capsys.readouterr().err
    assert "straat Hommelstraat (Arnhem)" in err and "straat Hommelstraat (Utrecht)" in err
    assert run("--gemeente", "Arnhem", "--straat", "Nergenslaan", "--geen-rapport") == 2
    assert "Nergenslaan vonden wij niet in Arnhem" in capsys.readouterr().err
    online("http://127.0.0.1:9", monkeypatch)
    assert run("--gemeente", "Arnhem", "--straat", "Hommelstraat", "--geen-rapport") == 2
    err = capsys.readouterr().err
    assert "api.pdok.nl is niet te bereiken" in err and "docs/gebied.md" in err
    assert not [*folder.iterdir()]


def test_addresses_without_a_buurt_and_other_answers_are_no_guess(empty):
    line, street = net.Line(ophalen.HURRY, empty[1].address), Place("1", "Dijk", "Arnhem")
    empty[1].streets.append(bronlocatie.Street("1", "Dijk", "Arnhem", "GM0202", {"": 3}))
    with pytest.raises(net.Onvolledig, match="Dijk"):
        locatieserver.buurten(line, street)
    empty[1].faults.append(Fault("html", "locatieserver", times=9))
    with pytest.raises(net.Onbereikbaar, match="een webpagina in plaats van"):
        locatieserver.streets(line, "Dijk", [])
    empty[1].faults.clear()


def test_an_address_file_cuts_out_the_street_itself(folder, capsys):
    rows = [f"6811AA;{n};Rijnstraat;BU02020102" for n in range(1, 300)]
    rows += [f"6811AB;{n};Markt;BU02020100" for n in range(1, 300)]
    (folder / "adressen.csv").write_text("postcode;huisnummer;straat;buurt\n" + "\n".join(rows))
    assert run("--gemeente", "Arnhem", "--straat", "rijnstraat", "--geen-rapport") == 0
    area = read(folder, "arnhem-rijnstraat")["gebied"]
    assert area == {"gemeente": "GM0202", "adressen": "adressen.csv", "straten": ["Rijnstraat"]}
    assert pilots.load("arnhem-rijnstraat").uitsnede.straten[0].name == "Rijnstraat"


def test_help_comes_at_once_and_without_pandas():
    code = (
        "import sys\nfrom wijkboek_utils import cli\n"
        "try:\n    cli.main(['new', '--help'])\nexcept SystemExit:\n    pass\n"
        "print([n for n in ('pandas', 'numpy', 'rapidfuzz', 'yaml') if n in sys.modules])"
    )
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert time.monotonic() - start < 2 and done.stdout.endswith("[]\n")
