"""Many reports: one that fails stops no other, what died is tried once more, all is told."""

import contextlib
import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import ROOT
from wijkboek_utils import batch, cli_render, files, folders, job, record, report, sources
from wijkboek_utils.asked import Asked, Outcome
from wijkboek_utils.errors import Fout
from wijkboek_utils.forks import ahead


class Watcher:
    """Remembers what it was told."""

    def __init__(self):
        self.steps = []

    def step(self, *what):
        self.steps.append(what)


@pytest.fixture
def forks(monkeypatch, tmp_path):
    """Return a workshop whose reports are made up."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("WIJKBOEK_ROOT", str(tmp_path))
    with batch.Forks([], "tests.fakejob:warm", "tests.fakejob") as found:
        yield found


def made(forks, tmp_path, *names, jobs=2):
    """Make reports of these names; return what came of each, and the log of the jobs."""
    log = tmp_path / "log"
    asked = [Asked(name, {"log": str(log)}) for name in names]
    watcher = Watcher()
    outcomes = list(forks.make(asked, watcher, jobs))
    return outcomes, [line.split() for line in log.read_text().splitlines()], watcher


def test_one_that_fails_or_dies_stops_no_other(forks, tmp_path):
    names = ["goed-1", "sterft-1", "concept-1", "stuk-1", "goed-2"]
    outcomes, log, watcher = made(forks, tmp_path, *names)
    found = {one.name: one for one in outcomes}
    assert sorted(found) == sorted(names) and len(outcomes) == len(names)
    assert found["goed-1"] == Outcome("goed-1", [], 1.0) and not found["goed-2"].faults
    assert found["concept-1"].finished and found["concept-1"].faults == ["er klopt iets niet"]
    assert not found["stuk-1"].finished
    assert not found["sterft-1"].finished
    assert found["sterft-1"].faults == ["het maken van het rapport is onverwacht gestopt (code 3)"]
    assert ("goed-1", 0, 2, "01_een") in watcher.steps
    assert "onverwacht gestopt" in (tmp_path / "sterft-1.html").read_text()
    assert [path.name for path in tmp_path.glob("*.html")] == ["sterft-1.html"]
    begun = [name for what, name, *_ in log if what == "begin"]
    # What failed by itself is not tried again; what died is, once, after all others.
    assert sorted(begun) == sorted([*names, "sterft-1"]) and begun[-1] == "sterft-1"


def test_what_died_may_pass_the_second_time(forks, tmp_path):
    outcomes, log, _ = made(forks, tmp_path, "eenmaal-1", "goed-1", "goed-2", "goed-3")
    assert [one.finished for one in outcomes] == [True] * 4 and outcomes[-1].name == "eenmaal-1"
    again = max(
        float(when) for what, name, when, *_ in log if name == "eenmaal-1" and what == "begin"
    )
    ends = [float(when) for what, name, when, *_ in log if name != "eenmaal-1" and what == "eind"]
    assert again > max(ends)  # alone


def test_a_batch_outlives_the_process_that_forks(forks, tmp_path):
    names = ["goed-1", "wees-1", "goed-2", "goed-3", "goed-4"]
    outcomes, _, _ = made(forks, tmp_path, *names)
    assert sorted(one.name for one in outcomes) == sorted(names)
    assert all(one.finished and not one.faults for one in outcomes)
    assert not [*tmp_path.glob("*.html")]


def test_a_process_that_dies_at_each_start_is_said_once(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with batch.Forks([], "tests.fakejob:broken", "tests.fakejob") as found:
        with pytest.raises(Fout, match="stopt steeds"):
            found.check(["goed-1"], {})
        with pytest.raises(Fout, match="stopt steeds"):
            made(found, tmp_path, "goed-1", "goed-2")


def test_where_no_process_can_be_started_a_report_waits_for_the_others(
    forks, tmp_path, monkeypatch
):
    fork, failed = forks._home.fork, []

    def short(do, how):
        if how.get("name") == "goed-1" and not failed:
            failed.append(how)
            raise RuntimeError("kan niet")
        return fork(do, how)

    monkeypatch.setattr(forks._home, "fork", short)
    outcomes, _, _ = made(forks, tmp_path, "goed-1", "goed-2", "goed-3")
    assert [one.finished for one in outcomes] == [True] * 3 and outcomes[-1].name == "goed-1"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Fout("dat kan niet"), "Dat kan niet."),
        (OSError(28, "full", "x.csv"), "De schijf is vol: x.csv kan niet worden bewaard."),
        (OSError(28, "full"), "De schijf is vol: het rapport kan niet worden bewaard."),
    ],
)
def test_what_goes_wrong_around_the_notebooks_leaves_no_old_report(
    error, words, monkeypatch, tmp_path
):
    def fail(*_):
        raise error

    monkeypatch.setattr(job, "make", fail)
    monkeypatch.setattr(sources, "REPORTS", tmp_path / "reports")
    asked = Asked(folders.DEFAULT)
    page = tmp_path / "reports" / folders.DEFAULT / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("van vorige week")
    outcome = job.attempt(asked, lambda *_: None)
    assert not outcome.finished and len(outcome.faults) == 1
    assert f"<p>{words}" in page.read_text() and "vorige week" not in page.read_text()
    assert "Het maken van het rapport stopte." in page.read_text()
    assert "Open het notebook" not in page.read_text()
    # With no room for that page either, it says what may still be there.
    monkeypatch.setattr(report, "fail", fail)
    (said,) = job.attempt(asked, lambda *_: None).faults
    assert said == f"{outcome.faults[0]} Een ouder rapport kan er nog staan."


def test_a_disk_that_is_full_is_said_and_leaves_nothing_half(monkeypatch, tmp_path):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(sources, "REPORTS", tmp_path / "reports")
    monkeypatch.setattr(sources, "PROCESSED", tmp_path / "processed")
    monkeypatch.setattr(job, "_made", full)
    monkeypatch.setattr(record, "write", full)
    (said,) = job.attempt(Asked(folders.DEFAULT), lambda *_: None).faults
    assert said.startswith("De schijf is vol") and said.endswith("ouder rapport kan er nog staan.")
    monkeypatch.setattr(files.os, "fsync", full)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        job.index(theirs, {})
        assert "De schijf is vol" in json.loads(ours.recv(1 << 16))["fout"]
    assert not [*(tmp_path / "reports").iterdir()]


def test_two_commands_never_make_one_report_at_once(monkeypatch, tmp_path):
    log = tmp_path / "log"

    def write(line):
        with log.open("a") as file:
            file.write(line + "\n")

    def slow(*_):
        write("begin")
        time.sleep(0.3)
        write("eind")
        if log.read_text().count("eind") == 1:
            os._exit(3)  # the lock goes with the process
        return "af"

    monkeypatch.setattr(sources, "PROCESSED", tmp_path / "processed")
    monkeypatch.setattr(job, "_made", slow)
    make = partial(job.make, Asked(folders.DEFAULT), lambda *step: write(step[2]))
    answers = [ahead(make, 3) for _ in range(3)]
    died = 0
    for answer in answers:
        try:
            assert answer() == "af"
        except RuntimeError:
            died += 1
    told = log.read_text().splitlines()
    assert died == 1 and "wacht op een andere opdracht" in told
    assert [line for line in told if line in ("begin", "eind")] == ["begin", "eind"] * 3


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_never_more_at_once_than_asked(forks, tmp_path, jobs):
    _, log, _ = made(forks, tmp_path, *[f"goed-{n}" for n in range(5)], jobs=jobs)
    running = most = 0
    for what, *_ in sorted(log, key=lambda line: float(line[2])):
        running += 1 if what == "begin" else -1
        most = max(most, running)
    assert most == jobs


def test_what_is_left_of_the_processors_goes_to_the_notebooks_of_a_report(forks, tmp_path):
    _, log, _ = made(forks, tmp_path, "goed-1", jobs=4)
    assert log[0][3] == "4"
    _, log, _ = made(forks, tmp_path, "goed-1", "goed-2", "goed-3", jobs=4)
    used = {name: together for what, name, _, *rest in log if what == "begin" for together in rest}
    assert used == {"goed-1": "1", "goed-2": "2", "goed-3": "4"}


def test_the_check_comes_before_any_report(forks, tmp_path):
    wrong = forks.check(["goed-1", "onbekend-1", "goed-2"], {})
    assert wrong == {"onbekend-1": "Pilot onbekend-1 bestaat niet."}
    assert forks.check(["goed-1"], {}) == {}
    forks.index()
    assert (tmp_path / "lijst").read_text() == "af"


def test_a_batch_that_is_interrupted_leaves_no_process(tmp_path):
    code = (
        "from wijkboek_utils import batch\n"
        "from wijkboek_utils.asked import Asked\n"
        "from tests.test_batch import Watcher\n"
        "with batch.Forks([], 'tests.fakejob:warm', 'tests.fakejob') as forks:\n"
        f"    how = {{'log': {str(tmp_path / 'log')!r}}}\n"
        "    list(forks.make([Asked('hangt-1', how), Asked('hangt-2', how)], Watcher(), 2))\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT), "MERK": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=env, stderr=subprocess.PIPE, text=True
    )
    log = tmp_path / "log"
    until(lambda: log.exists() and log.read_text().count("begin") == 2)
    process.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in process.communicate(timeout=60)[1]
    until(lambda: not marked(str(tmp_path)))


def marked(text):
    """Return the processes that have this text in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            found += [path.parent.name] if f"MERK={text}".encode() in path.read_bytes() else []
        except OSError:
            continue
    return found


def until(true):
    """Wait until something is true."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def outcome(name, *faults, finished=True):
    return Outcome(name, list(faults), 2.0, finished)


def test_the_end_tells_what_came_of_all(capsys):
    made = [outcome("GM0001"), outcome("GM0002", "iets"), outcome("GM0003", "x", finished=False)]
    assert cli_render._end([("GM0004", []), ("GM0005", ["oud"])], made, 90.0) == 1
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        "GM0004: reports/GM0004/index.html (niet veranderd)",
        "GM0005: reports/GM0005/index.html (niet veranderd)",
        "  niet veranderd               2",
        "  klaar om te publiceren       1",
        "  nog niet te publiceren       1",
        "  niet gemaakt                 1",
        "  samen 5 in 1 min 30 s, 45,0 s per gemaakt rapport",
    ]
    assert "GM0005: nog niet te publiceren: oud" in told.err
    assert "niet klaar om te publiceren: GM0005; GM0002; GM0003" in told.err
    assert cli_render._end([("GM0004", [])], [], 0.1) == 0
    capsys.readouterr()
    assert cli_render._end([], [outcome(n, "x", finished=False) for n in "ab"], 9.0) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "  samen 2 in 9 s"


def test_lines_for_a_log_say_how_far_it_is_and_how_long_it_takes(capsys):
    with cli_render._Watcher(3, several=True) as watcher:
        watcher.step("GM0001", 0, 20, "01_bronnen")
        watcher.done(outcome("GM0001"))
    told = capsys.readouterr().out
    assert told.startswith("1/3 GM0001: reports/GM0001/index.html (2,0 s), nog ")
    assert "01_bronnen" not in told
    with cli_render._Watcher(1, several=False) as watcher:
        watcher.step("GM0001", 0, 20, "01_bronnen")
    assert capsys.readouterr().out == "GM0001: 1/20 01_bronnen\n"


def test_a_bar_in_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    with cli_render._Watcher(2, several=True) as watcher:
        for number in range(3):
            watcher.step("GM0001", number, 3, "01_bronnen")
        watcher.done(outcome("GM0001", "iets"))
    told = capsys.readouterr()
    assert "GM0001: reports/GM0001/index.html (2,0 s)\n" in told.out
    assert "GM0001: nog niet te publiceren: iets" in told.err


def names(*arguments):
    """Return the names that a command line asks for."""
    from wijkboek_utils import cli

    options = cli.parser().parse_args(["render", *arguments])
    return [one.name for one in cli_render._wanted(options)[0]]


def test_names_are_those_of_files_and_codes_as_cbs_writes_them(monkeypatch):
    monkeypatch.delenv(folders.AS_OF, raising=False)
    assert names() == [folders.DEFAULT]
    assert names("gm0344", "GM0344", " wk020202 ") == ["GM0344", "WK020202"]
    assert names("--all")[0] == folders.DEFAULT and len(names("--all")) == 3
    assert names("--gemeente", "all") == ["GM0080", "GM0202", "GM0344"]
    assert names("--gemeente", "gm0080", "x") == ["x", "GM0080"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--jobs", "0"], "Na --jobs hoort een getal boven 0; u gaf '0'"),
        (["--memory", "veel"], "Na --memory hoort een getal"),
        (["--engine", "papermil"], "Bedoelt u papermill?"),
        (["--stand", "gisteren"], "Schrijf de datum bij --stand als 2026-01-31"),
        (["--store", "s3://x"], "--store hoort bij --scheduler"),
        (["--jobs", "2", "--scheduler", "tcp://x:1"], "--jobs is voor deze computer"),
        (["-p", "jaar"], "Schrijf een parameter als naam=waarde"),
    ],
)
def test_a_wrong_option_is_named(arguments, words):
    with pytest.raises(Fout) as fout:
        names(*arguments)
    assert words in str(fout.value)


def test_of_many_those_that_cannot_be_made_are_named_and_the_others_go_on(
    forks, monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(batch, "workshop", lambda *_: contextlib.nullcontext(forks))
    log = tmp_path / "log"
    wanted = [Asked(n, {"log": str(log)}) for n in ("goed-1", "onbekend-1", "goed-2")]
    assert cli_render.make(wanted, force=True) == 1
    said = capsys.readouterr()
    assert "onbekend-1: wordt niet gemaakt. Pilot onbekend-1 bestaat niet." in said.err
    assert re.search(r"klaar om te publiceren +2\n +niet gemaakt +1\n", said.out)
    log.unlink()
    for some, typed in ((wanted, {"onbekend-1"}), (wanted[1:2], set())):
        with pytest.raises(Fout, match="Pilot onbekend-1 bestaat niet"):
            cli_render.make(some, force=True, typed=typed)
    assert not log.exists()  # nothing was begun


def test_what_is_wrong_with_a_parameter_is_for_all_and_what_a_pilot_lacks_for_that_pilot():
    assert job.check(["GM0344"], {}) == {}
    wrong = job.check(["GM0344", "bestaat-niet"], {})
    assert [*wrong] == ["bestaat-niet"] and "bestaat niet" in wrong["bestaat-niet"]
    assert "over 2019" in job.check(["GM0344"], {"jaar": "2019"})["GM0344"]
    with pytest.raises(Fout, match="jaarr bestaat niet"):
        job.check(["GM0344"], {"jaarr": "2019"})
