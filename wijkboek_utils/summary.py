"""The figures of the summary: what is known of an area and what is least sure.

Each key figure is made beside its passport.
"""

from dataclasses import dataclass

import pandas as pd

from wijkboek_utils import allocate, dutch, places, texts, views, wijkrekening_text
from wijkboek_utils.area_flows import Flows
from wijkboek_utils.dutch import about, interval, is_known, percents
from wijkboek_utils.grammar import CHANGED, HIGHER, LOWER, THAN, Noun, verb, verdict
from wijkboek_utils.multipliers import INSIDE
from wijkboek_utils.passports import Books, fold, of_sources
from wijkboek_utils.pilots import Pilot
from wijkboek_utils.regions import INHABITANTS
from wijkboek_utils.show import Html

_NONE = "geen cijfer"
_NO_USERS = "gebruikers onbekend"  # in the name of a key
_UNCOUNTED = ["vakmanschap", "ondernemende kracht", "kennis", "onderwijs", "zorg", "cultuur"]
_UNCOUNTED += ["historie"]

# What it is, the figure, its range, and its passport.
KeyFigure = tuple[str, str, str, Html]


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
        kinds = {code[:2] for code in self.p.codes}
        if len(self.p.codes) == 1:
            return {"BU": Noun("buurt"), "GM": Noun("gemeente")}.get(kinds.pop(), Noun("wijk"))
        one = kinds == {"BU"} and len(self.p.gemeenten) == 1
        return Noun("wijk") if one else Noun("gebied", neuter=True)

    @property
    def whole(self) -> bool:
        """Return whether the area is the gemeente, which is not compared with itself."""
        return sorted(self.p.codes) == sorted(self.p.gemeenten)

    @property
    def payer(self) -> str:
        """Return the gemeente by its name, or the gemeenten by theirs."""
        return texts.gemeente(self.p.gemeenten, self.p.gemeentenaam)

    @property
    def spends(self) -> tuple[str, str]:
        """Return the words around an amount that the gemeente spends: `gaf` and `uit`."""
        several = len(self.p.gemeenten)
        if self.planned:
            return verb(several, "wil", "willen"), "uitgeven"
        return verb(several, "gaf", "gaven"), "uit"

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
    flows: Flows, taakvelden: pd.DataFrame, sleutels: pd.DataFrame, names: pd.Series
) -> pd.Series:
    """Return the domein of municipal expenses with the largest error: `domein`, `bedrag`, `se`, and
    `telling`, the name of the count that would help most.

    That is the count which leaves most euros in doubt (amount times the error of the key in use):
    the one a stand-in was used for, or the users of a task of whom nothing is known. Missing when
    there is none; all are missing where no amount is unsure. `names` is indexed by taakveld.
    """
    rows = views.expenses(flows)
    rows = rows[rows["se"] > 0]
    if rows.empty:
        return pd.Series({"domein": None, "bedrag": None, "se": None, "telling": None})
    worst = rows.loc[rows["se"].idxmax()]
    paid = views.paid_out(flows.rows)
    paid = paid[paid["domein"] == worst["domein"]]
    parts = pd.DataFrame(
        {
            "taakveld": paid["post"].str.split(":").str[1],
            "gebruikt": paid["sleutel"],
            "bedrag": paid["bedrag"],
        }
    )
    # A key may stand in for one taakveld and be the right one for another.
    parts = parts.merge(taakvelden.assign(telling=_counts(taakvelden, sleutels, names)))
    errors = sleutels.set_index("sleutel")["fout"].reindex(parts["gebruikt"]).to_numpy()
    sums = (parts["bedrag"] * errors).groupby(parts["telling"]).sum()
    telling = sums.idxmax() if sums.max() > 0 else None
    return pd.Series({**worst[["domein", "bedrag", "se"]], "telling": telling})


def _counts(taakvelden: pd.DataFrame, sleutels: pd.DataFrame, names: pd.Series) -> list[str | None]:
    """Return for each taakveld the count that would spread it better, where there is one."""
    keys = sleutels.set_index("sleutel")["naam"]
    # Parts of one taakveld, as 6.81a and 6.81b, are one task.
    whole = taakvelden["taakveld"].str.rstrip("abcdefgh")
    found: list[str | None] = []
    for row, task in zip(taakvelden.itertuples(), whole, strict=True):
        count = keys.get(row.gevraagd)
        if isinstance(count, str) and _NO_USERS in count:
            same = (whole == task) & (taakvelden["gevraagd"] == row.gevraagd)
            tasks = names.reindex(taakvelden.loc[same, "taakveld"]).dropna()
            short = [f"van {dutch.lower_first(n.split(' (')[0])}" for n in tasks]
            # Nobody uses overhead (0): counting its users would not help.
            known = short and not task.startswith("0.")
            found.append(f"gebruikers {dutch.join(short)}" if known else None)
        else:
            found.append(count if row.gevraagd != row.gebruikt else None)
    return found


def uncounted(groen: pd.DataFrame) -> list[str]:
    """Return what no table holds and people in the area can count; `groen` as `green.totals`."""
    known = groen["hoeveelheid"].notna()
    there, lacking = set(groen.loc[known, "soort"]), set(groen.loc[~known, "soort"])
    names = [n for n in ("groen", "bomen") if n in lacking or n not in there]
    return [f"ander{'e' * (n == 'bomen')} {n}" if n in there else n for n in names] + _UNCOUNTED


def key_figures(
    f: Facts, changes: pd.DataFrame, book: Books, inkomen: pd.DataFrame
) -> list[KeyFigure]:
    """Return the figures that open the report: what it is, the figure, its range, its passport.

    `changes` as `years.changes`, `inkomen` as `households.income`. An unknown figure has no
    passport.
    """
    return [_people(f, changes), _cost(f, book), _income(f, inkomen), _rijk(f, book)]


def _people(f: Facts, changes: pd.DataFrame) -> KeyFigure:
    people = f.inwoners
    if not is_known(people["waarde"]):
        return "Inwoners", dutch.UNKNOWN, _NONE, fold([])
    name = f"Inwoners, {people['jaar']}"
    value = dutch.estimate(people["waarde"], people.get("se", 0.0))
    made = "Telling van CBS, waar nodig opgeteld over buurten"
    passport = of_sources(name, [people["bron"]], made, value, f"cbs:{INHABITANTS}")
    partly = people.get("wijze") == places.PARTLY
    said = "naar schatting: niet elke buurt hoort er helemaal bij" if partly else "volgens CBS"
    return name, value, f"{said}{_moved(changes)}", fold([passport])


def _cost(f: Facts, book: Books) -> KeyFigure:
    total = f.kosten
    many, (does, rest) = len(f.p.gemeenten), f.spends
    name = f"De {verb(many, 'gemeente', 'gemeenten')} {does} {rest}, {f.p.jaar}"
    if not is_known(total["bedrag"]):
        return name, dutch.UNKNOWN, _NONE, fold([])
    spent = views.is_service(book.rows) & views.is_expense(book.rows)
    signs = allocate.published_sign(book.rows).to_numpy()
    passport = book.money(name, total["bedrag"], total["se"], spent, signs)
    return name, passport.cijfer, _range(total, f"volgens de {f.p.verslag}"), fold([passport])


def _income(f: Facts, inkomen: pd.DataFrame) -> KeyFigure:
    # Of which year these incomes are was not checked: the table of CBS is.
    name = "Inkomen van bewoners" + (f", CBS-tabel {f.inkomen_jaar}" if f.inkomen_jaar else "")
    total = f.inkomen
    if not is_known(total["bedrag"]):
        return name, dutch.UNKNOWN, _NONE, fold([])
    value = about(total["bedrag"], total["se"])
    made = "Gemiddeld inkomen maal inwoners, opgeteld over buurten"
    passport = of_sources(name, inkomen["bron"].dropna().unique(), made, value, "inkomen")
    exact = is_known(total["se"]) and not total["se"]
    return name, value, "volgens CBS" + ("" if exact else f", {_range(total)}"), fold([passport])


def _rijk(f: Facts, book: Books) -> KeyFigure:
    name, total, left = "Het Rijk betaalt, deels via de gemeente", f.rijk_pays, f.rijk_left
    if not is_known(total["bedrag"]):
        return name, dutch.UNKNOWN, _NONE, fold([])
    found = verdict(left["bedrag"], left["se"], 0.0, 0.0)
    # What it takes is named only where it is surely more or less.
    beside = f"; {THAN[found]} het ophaalt" if found in (HIGHER, LOWER) else ""
    passport = book.money(name, total["bedrag"], total["se"], book.rows["van"] == "rijk")
    return name, passport.cijfer, _range(total) + beside, fold([passport])


def _moved(changes: pd.DataFrame) -> str:
    """Return how the number of inhabitants changed, where two years can be compared."""
    rows = changes[changes["onderwerp"] == places.INHABITANTS].tail(1)
    said = [
        f", {CHANGED[r.oordeel]} tussen {r.van} en {r.tot}"
        for r in rows.itertuples()
        if r.oordeel in CHANGED
    ]
    return "".join(said)


def _range(total: pd.Series, exact: str = "") -> str:
    """Return the range of a known amount; `exact` says why one has no error."""
    if not is_known(total["se"]):
        return "marge niet bekend"
    if exact and not total["se"]:
        return exact
    words = interval(total["bedrag"], total["se"])
    # Both ends print alike: the figure is as precise as it is written.
    return "met een kleine marge" if words.startswith("ongeveer") else words


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
