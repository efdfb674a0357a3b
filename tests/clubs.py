"""What clubs of the wijk contribute, by hand and through the inbox, for one rendering of it all."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd

from tests import wijkplannen

PILOT = "utrecht-kanaleneiland"
ROOT = Path(__file__).resolve().parents[1]
HOME = {"zuid": "BU03440831", "noord": "BU03440832", "bedrijven": "BU03440821"}
NEAR = {"transwijk": "BU03440822", "transwijk-noord": "BU03440823", "dichters": "BU03440811"}
PLACE = HOME | NEAR
TOLD = {
    ("vrijwilliger", 2023): [4, 31, 57, 3, 41, 62],
    ("vrijwilliger", 2022): [12, 28, 53, 26, 38, None],
    ("mantelzorger", 2023): [64, 7, 46, None, None, None],
}
WORK = {"zuid": (5, 7331, 54179), "noord": (38, 9173, 66739), "transwijk": (44, 8629, 49993)}
PAID = {
    "zuid": [48611],
    "noord": [30011, 29033, 31079, 28019, 32033, 27073],
    "transwijk": [40127, 39073, 41039, 38039, 42023],
}
ABOUT = {
    "bijdrager": "Clubs van de wijk",
    "datum": "2024-02-01",
    "methode": "Opgave van de clubs",
    "licentie": "CC BY 4.0",
    "toestemming": "ja",
    "openbaar_met_naam": "nee",
    "bewaren_tot": "2034-01-01",
}
OVERLAP = """naam: Kanaleneiland en Transwijk
gebied:
  codes: [BU03440822, BU03440823, BU03440831]
jaar: 2023
"""
SEND = """
import sys
from pathlib import Path
from wijkboek_utils.local import checking, opening, store
pilot, gemeente, folder, *names = sys.argv[1:]
for nr, name in enumerate(names, start=1):
    path = Path(folder) / name
    kind = path.stem if path.parent.name == "ingestuurd" else ""
    checked = checking.check(opening.open_bytes(path.read_bytes(), path.name), kind, [gemeente])
    assert not checked.faults, checked.faults
    id = f"{checked.kind}-{nr}".replace("_", "-")
    store.add(pilot, checked, [gemeente], id, "2024-03-01")
"""


def contributed() -> dict[str, pd.DataFrame]:
    """Return what the clubs send: a count in two years, work with people, payments to firms."""
    counts = [
        {
            "wat": wat,
            "aantal": n,
            "eenheid": "mensen",
            "telt": "mensen",
            "buurt": b,
            "datum": f"{y}-05-01",
        }
        for (wat, y), row in TOLD.items()
        for b, n in zip(PLACE.values(), row, strict=True)
        if n is not None
    ]
    asked = {
        "schaal_omlaag": "ja",
        "schaal_omhoog": "nee",
        "met_de_wijk": "ja",
        "vermogen": "deels",
    }
    work = [
        {"buurt": PLACE[b], "mensen": n, "uren": hours, "kosten": cost}
        for b, (n, hours, cost) in WORK.items()
    ]
    money = [
        {"buurt": PLACE[b], "ontvanger": f"Firma {b} {i}", "bedrag": amount}
        for b, amounts in PAID.items()
        for i, amount in enumerate(amounts)
    ]
    facts = {"naam": "Klussen", "jaar": 2023, "domein": "zorg", "betaald": "onbetaald"}
    paid = {"jaar": 2023, "van": "gemeente", "naar": "bedrijven", "taakveld": "5.7"}
    paid |= {"zijde": "lasten", "domein": "groen", "dekking": "deel"}
    return {
        "telling": pd.DataFrame(counts),
        "werk": pd.DataFrame(work).assign(wie="huishoudens", **facts, **asked),
        "geldstroom": pd.DataFrame(money).assign(**paid),
    }


ACCEPT = """
from tests.inzending import ABOUT, PILOT, telling
from wijkboek_utils.inbox import database, decisions, submissions, tokens
with database.connection() as base:
    roles = {"Natuurclub": "bijdrager", "Wijkraad": "beoordelaar"}
    codes = {name: tokens.give(base, name, role) for name, role in roles.items()}
    club, raad = (tokens.log_in(base, code, "x") for code in codes.values())
    for wat, aantal in (("knotwilg", 4321), ("treurwilg", 8765), ("berk", 1357)):
        about = {**ABOUT, "methode": f"Elke {wat} geteld."}
        file = telling(wat, aantal)
        one = submissions.submit(base, club, PILOT, "telling", "a.csv", file, about)
        if wat != "berk":
            decisions.accept(base, raad, one.id)
        if wat == "treurwilg":
            decisions.withdraw(base, club, one.id)
"""


def contribute(root: Path) -> None:
    """Put the contributions in a project: files of clubs, and what the inbox took in."""
    (root / "pilots" / "overlap.yml").write_text(OVERLAP)
    sent = root / "ingestuurd"
    sent.mkdir()
    about = "".join(f"# {name}: {value}\n" for name, value in ABOUT.items())
    tables = contributed()
    for kind, table in tables.items():
        (sent / f"{kind}.csv").write_text(about + table.to_csv(index=False))
    files = [f"{kind}.csv" for kind in tables]
    plans = root / "plannen"
    plans.mkdir()
    made = [path.name for path in wijkplannen.fill(plans)]
    for folder, names in ((sent, files), (plans, made)):
        run(root, SEND, PILOT, "GM0344", str(folder), *names)
    run(root, ACCEPT)


def run(root: Path, code: str, *arguments: str) -> None:
    """Run Python on the project below `root`, as a program of its own."""
    here = {**os.environ, "WIJKBOEK_ROOT": str(root), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, env=here)
