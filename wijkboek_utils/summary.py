"""The figures of the summary: what is known of an area, what is least sure, and their passports."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from wijkboek_utils import dutch, places, views, wijkrekening_text
from wijkboek_utils.dutch import is_known, percents
from wijkboek_utils.grammar import Noun
from wijkboek_utils.multipliers import INSIDE
from wijkboek_utils.passports import Books, Passport, fold, of_sources
from wijkboek_utils.pilots import Pilot
from wijkboek_utils.show import Html

_UNCOUNTED = ["vakmanschap", "ondernemende kracht", "kennis", "onderwijs", "zorg", "cultuur"]
_UNCOUNTED += ["historie"]


@dataclass(frozen=True)
class Facts:
    """The figures of the summary; each may be missing.

    `kosten` has `bedrag` and `se`; `inkomen` as `places.household_income`; `telling` as
    `places.counts`; `rijk` as `wijkrekening_text.rijk_account`; `rondgang` by figure, with
    `waarde`, `laag` and `hoog`.
    """

    p: Pilot
    kosten: pd.Series
    inkomen: pd.Series
    inkomen_jaar: int | None
    telling: pd.DataFrame
    rijk: pd.DataFrame
    rondgang: pd.DataFrame

    @property
    def inwoners(self) -> pd.Series:
        """Return the row of the inhabitants."""
        found = self.telling[self.telling["onderwerp"] == places.INHABITANTS]
        return found.iloc[0] if len(found) else pd.Series({"waarde": None, "jaar": None})

    @property
    def area(self) -> Noun:
        """Return what kind of area this is, in a word; some buurten together are a wijk."""
        first, *others = sorted({code[:2] for code in self.p.codes})
        if len(self.p.codes) == 1:
            return {"BU": Noun("buurt"), "GM": Noun("gemeente")}.get(first, Noun("wijk"))
        return Noun("wijk") if first == "BU" and not others else Noun("gebied", neuter=True)

    @property
    def whole(self) -> bool:
        """Return whether the area is the gemeente, which is not compared with itself."""
        return self.p.codes == [self.p.gemeente]

    @property
    def planned(self) -> bool:
        """Return whether the amounts are those of a budget: a plan, not yet spent."""
        return self.p.verslag == "begroting"

    @property
    def kept(self) -> tuple[float | None, float | None]:
        """Return the bounds of the share of a euro that stays; unknown for an area of other size.

        The local shares are those of a wijk, see `wijkrekening_text.size_note`.
        """
        people = self.inwoners["waarde"]
        known = is_known(people) and not wijkrekening_text.size_note(people)
        if not known or "lek wijk" not in self.rondgang.index:
            return None, None
        leak = self.rondgang.loc["lek wijk"]
        return 1 - leak["hoog"], 1 - leak["laag"]

    @property
    def rijk_pays(self) -> pd.Series:
        """Return what the Rijk brings: `bedrag`, `se`."""
        return self._rijk(wijkrekening_text.RIJK[1])

    @property
    def rijk_left(self) -> pd.Series:
        """Return what the Rijk brings more than it takes: `bedrag`, `se`."""
        return self._rijk(wijkrekening_text.RIJK[2])

    def _rijk(self, line: str) -> pd.Series:
        return self.rijk.set_index("regel")[["bedrag", "se"]].reindex([line]).iloc[0]


def unsure(
    boekingen: pd.DataFrame, weights: pd.Series, taakvelden: pd.DataFrame, sleutels: pd.DataFrame
) -> pd.Series:
    """Return the domein of municipal expenses with the largest error: `domein`, `bedrag`, `se`, and
    `telling`, the name of the count that would help most.

    `telling` is the key that was asked for where most of that money was spread by a stand-in;
    missing when there is none. All are missing where no amount is unsure.
    """
    rows = views.expenses(boekingen, weights)
    rows = rows[rows["se"] > 0]
    if rows.empty:
        return pd.Series({"domein": None, "bedrag": None, "se": None, "telling": None})
    worst = rows.loc[rows["se"].idxmax()]
    paid = views.paid_out(boekingen)
    paid = paid[paid["domein"] == worst["domein"]]
    parts = pd.DataFrame(
        {
            "taakveld": paid["post"].str.split(":").str[1],
            "gebruikt": paid["sleutel"],
            "bedrag": paid["bedrag"] * paid["buurt"].map(weights),
        }
    )
    # A key may stand in for one taakveld and be the right one for another.
    parts = parts.merge(taakvelden[taakvelden["gevraagd"] != taakvelden["gebruikt"]])
    sums = parts.groupby("gevraagd")["bedrag"].sum()
    names = sleutels.set_index("sleutel")["naam"]
    telling = names.get(sums.idxmax()) if sums.max() > 0 else None
    return pd.Series({**worst[["domein", "bedrag", "se"]], "telling": telling})


def uncounted(groen: pd.DataFrame) -> list[str]:
    """Return what no table holds and people in the area can count; `groen` as `green.totals`."""
    known = groen["hoeveelheid"].notna()
    there, lacking = set(groen.loc[known, "soort"]), set(groen.loc[~known, "soort"])
    names = [n for n in ("groen", "bomen") if n in lacking or n not in there]
    return [f"ander{'e' * (n == 'bomen')} {n}" if n in there else n for n in names] + _UNCOUNTED


def passports(
    f: Facts, cards: list[tuple[str, str, str]], book: Books, inkomen: pd.DataFrame
) -> list[Html]:
    """Return the passport of each of the `key_figures`; `inkomen` as `households.income`.

    An unknown figure has none.
    """
    rows = book.rows
    spent = rows.index.isin(views.services(rows).index) & views.is_expense(rows)
    names, words = [card[0] for card in cards], [card[1] for card in cards]
    counted = "Telling van CBS, waar nodig opgeteld over buurten"
    earned = "Gemiddeld inkomen maal inwoners, opgeteld over buurten"
    paid, pays = (facts[["bedrag", "se"]].astype(float) for facts in (f.kosten, f.rijk_pays))
    makers: list[Callable[[], Passport]] = [
        lambda: of_sources(names[0], [f.inwoners["bron"]], counted, words[0]),
        lambda: book.figure(names[1], words[1], spent, *paid),
        lambda: of_sources(names[2], inkomen["bron"].dropna().unique(), earned, words[2]),
        lambda: book.figure(names[3], words[3], rows["van"] == "rijk", *pays),
    ]
    known = [word != dutch.UNKNOWN for word in words]
    return [fold([make()] if show else []) for make, show in zip(makers, known, strict=True)]


def headline_passport(f: Facts, book: Books) -> Html:
    """Return the passport of the share that stays; empty where the headline does not name it."""
    if not is_known(f.kept[0]):
        return fold([])
    made = (
        "Deel van alle uitgaven dat niet naar buiten, het Rijk of het vermogen gaat, na het "
        "sluiten van de rekening. Grenzen: 200 keer berekend met toevallige fouten, zonder de "
        "uiterste tien procent"
    )
    spent = book.rows["van"].isin(INSIDE)
    stays = percents(*f.kept, unit="cent")
    return fold([book.figure("Wat van elke euro blijft", stays, spent, formule=made)])
