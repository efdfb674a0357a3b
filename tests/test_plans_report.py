"""Plans, needs, ties and work that people sent in, all the way into the report of their wijk.

The templates were filled in as people do (`tests.wijkplannen`); here is what readers get of it.
"""

import re
import zipfile
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

from tests import wijkplannen as sent
from tests.clubs import PILOT
from tests.conftest import command
from wijkboek_utils import kengetallen
from wijkboek_utils.models import netting as netto


@pytest.fixture(scope="module")
def report(contributed: Path) -> Path:
    return contributed / "reports" / PILOT


def table(report: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(report / "audit" / f"{name}.csv")


def chapters(report: Path) -> dict[str, str]:
    """Return by heading of a chapter what a reader sees of it, on one line."""
    page = (report / "index.html").read_text("utf-8")
    parts = re.split(r"<h2\b[^>]*>(.*?)</h2>", page, flags=re.S)[1:]
    found = zip(parts[::2], parts[1::2], strict=True)
    return {_words(heading): _words(body) for heading, body in found}


def _words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def chapter(report: Path, name: str) -> str:
    return next(text for heading, text in chapters(report).items() if name in heading)


def everything(report: Path) -> str:
    """Return all that is in any published file, packed or not."""
    found = []
    for path in sorted(p for p in report.rglob("*") if p.is_file()):
        found.append(path.name)
        data = path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                data = b"\n".join(packed.read(name) for name in packed.namelist())
        found.append(data.decode("utf-8", "replace"))
    return unescape("\n".join(found))


def test_the_check_says_the_files_are_good(contributed):
    files = sorted(str(path) for path in (contributed / "plannen").iterdir())
    done = command("check", "--gemeente", "GM0344", *files, root=contributed)
    assert done.returncode == 0 and done.stdout.count("zonder fouten") == len(files), done.stderr


def test_real_plans_take_the_place_of_the_example(report):
    inverdienen = chapter(report, "Inverdienen")
    assert "rekenvoorbeeld" not in inverdienen
    assert {row["naam"] for row in sent.PLANS} <= {*table(report, "beurs")["activiteit"]}
    assert all(row["naam"] in inverdienen for row in sent.PLANS)
    assert "rekenvoorbeeld" not in (report / "overeenkomst.html").read_text("utf-8")


def test_every_refusal_is_told_with_its_reason(report):
    told = chapter(report, "Inverdienen")
    assert "Praatgroep, voor «bijstand»: er staat niet hoe goed het is bewezen" in told
    assert "kengetal bijstand_per_person bestaat niet. Bedoelt u bijstand_per_persoon" in told
    assert "Moestuin, voor «bijen»: op een eerdere rij van dit plan staat iets anders" in told
    assert "Zonder budget suiker kan Taartenbakkerij niet" in told
    claims = table(report, "claims")
    refused = claims[claims["oordeel"] != "geldt"]
    held = claims[claims["oordeel"] == "geldt"].set_index("nummer")["activiteit"]
    assert {*refused["activiteit"]} == {"Schoonploeg"} and len(refused) == 3
    for one in refused.itertuples():
        first, own = re.findall(r"[A-Z0-9]{5}-[A-Z0-9]{5}", one.oordeel)
        assert (own, held[first]) == (one.nummer, "Moestuin") and one.oordeel in told
    assert all(nummer in told for nummer in claims["nummer"])


def test_nobody_pays_more_than_the_budget_holds_nor_for_what_it_may_not(report):
    paid, purses = table(report, "betalingen"), table(report, "plan_budgetten")
    links = table(report, "verbanden").query("oordeel == 'telt mee'")
    own = {(x.activiteit, x.doel) for x in links[links["verband"] == "eigen doel"].itertuples()}
    less = {(x.activiteit, x.doel) for x in links[links["verband"] != "eigen doel"].itertuples()}
    assert len(paid) and (paid["bedrag"] > 0).all()
    for row in paid.itertuples():
        ties = own if row.soort == "cohesie" else less
        assert (row.activiteit, row.doel) in ties
    have = purses.set_index(["naam", "jaar"])
    spent = paid.groupby(["budget", "jaar"])["bedrag"].sum()
    assert (spent <= have["bedrag"].reindex(spent.index) + 0.01).all()
    away = paid[paid["soort"] == "adhesie"].groupby(["budget", "jaar"])["bedrag"].sum()
    free = (have["bedrag"] * have["vrij_deel"].fillna(0)).reindex(away.index)
    assert (away <= free + 0.01).all()
    costs = table(report, "plan_activiteiten").groupby("naam")["kosten"].first()
    goes = table(report, "beurs").query("deel > 0")
    for plan in goes.itertuples():
        each = paid[paid["activiteit"] == plan.activiteit].groupby("jaar")["bedrag"].sum()
        assert each.tolist() == pytest.approx([costs[plan.activiteit] * plan.deel] * 3, abs=0.01)


def test_the_saving_is_the_arithmetic_of_the_file_that_was_sent(report):
    """Units times what one costs, the chance, and what is left of it: nothing else."""
    known = kengetallen.load()
    saved = table(report, "besparingen").query("activiteit == 'Moestuin'")
    one = known.known["bijstand_per_persoon"].waarde
    assert saved["bruto"].tolist() == pytest.approx([8 * one] * 3)
    left = netto.load(known).centraal
    assert saved["netto"].tolist() == pytest.approx([8 * one * 0.7 * left] * 3)
    back = table(report, "teruggaven").query("activiteit == 'Moestuin'")
    assert back["bedrag"].sum() == pytest.approx(saved["netto"].sum() * 0.5)
    kept = table(report, "rekeningen")
    flows = kept["bespaart"] + kept["krijgt"] - kept["betaalt"] - kept["geeft"]
    assert kept["saldo"].tolist() == pytest.approx(flows.tolist(), abs=0.01)
    assert kept["krijgt"].sum() == pytest.approx(kept["geeft"].sum())


def test_agreements_are_filled_in_with_who_pays_and_who_saves(report):
    page = _words((report / "overeenkomst.html").read_text("utf-8"))
    agreed = table(report, "afspraken")
    garden = agreed[agreed["activiteit"] == "Moestuin"].iloc[0]
    assert garden["baathouder"] == sent.INCOME
    assert {*agreed["activiteit"]} == {*table(report, "beurs").query("deel > 0")["activiteit"]}
    for row in agreed.itertuples():
        for words in (row.nummer, row.activiteit, row.houder, row.baathouder, row.mechanisme):
            assert words in page


def test_needs_offers_ties_and_work_are_in_their_chapters(report):
    bakery = chapter(report, "Businessbakkerij")
    found = table(report, "koppelingen")
    pairs = found[found["stand"] == "koppeling"]
    together = {*zip(pairs["gevraagd"], pairs["aangeboden"], strict=True)}
    assert ("soeppannen", "grote soeppannen") in together
    assert "buurtmaaltijd" in bakery and "les in snoeien" in bakery
    for row in sent.rows()["netwerk.xlsx"][2]:  # residents are one party without a name
        assert (row["naam"] in bakery) == (row["naam"] != "Natuurvrienden")
    work = chapter(report, "Werk")
    table_of_work = table(report, "werk").set_index("naam")
    for row in sent.rows()["uren.csv"][2][:4]:
        assert row["naam"] in work
        assert table_of_work.loc[row["naam"], "vermogen"] == row["vermogen"]
        assert table_of_work.loc[row["naam"], "uren"] == row["uren"]


def test_contacts_and_names_that_may_not_be_told_are_in_no_file(contributed, report):
    published = "".join(everything(path) for path in (report, contributed / "reports" / "overlap"))
    for words in (*sent.CONTACT.split(", "), *sent.HIDDEN, sent.UNNAMED["bijdrager"] + '"'):
        assert words not in published, words
    assert sent.CARE in published  # the search can find
    gifts = table(report, "plan_budgetten").query("naam.str.startswith('gift')")
    assert gifts["houder"].tolist() == ["niet met naam 1", "niet met naam 2"]  # not one holder


def test_of_fewer_than_ten_workers_no_hour_is_told(contributed, report):
    told = table(report, "lokaal_werk")
    few = told[told["naam"] == "nachtwacht"]
    assert len(few) and few[["uren", "mensen", "kosten"]].isna().all(axis=None)
    for path in (report, contributed / "reports" / "overlap"):
        for name in (p for p in (path / "audit").glob("*.csv")):
            assert not re.search(rf"(?<![\d.]){sent.FEW_HOURS}(?!\d)", name.read_text()), name
    assert "nachtwacht" in chapter(report, "Werk")
