"""All work of an area in words, tables and pictures: hours first, money as a range."""

from typing import Any

import pandas as pd

from wijkboek_utils import charts, dutch, passports, show, sources
from wijkboek_utils.charts import Bar
from wijkboek_utils.dutch import is_known, number
from wijkboek_utils.models import work, work_books
from wijkboek_utils.models.work_books import BOTH, PAID, UNPAID
from wijkboek_utils.models.work_local import QUESTIONS
from wijkboek_utils.passports import Passport
from wijkboek_utils.show import Format, Html

ASKED = {
    "schaal_omlaag": ("Gemeente", "Kan de gemeente dit kleiner maken en aan de wijk vragen?"),
    "schaal_omhoog": ("Inwoners", "Kunnen inwoners dit samen doen in plaats van ieder apart?"),
    "met_de_wijk": ("Bedrijven", "Kunnen bedrijven en instellingen dit met de wijk doen?"),
    "vermogen": ("Wijkbedrijf", "Zijn er mensen en middelen in de wijk om het te doen?"),
}
# Contributed work can be both; then nobody knows how many of its hours are paid.
_KINDS = [(PAID, "Betaald werk"), (UNPAID, "Onbetaald werk"), (BOTH, "Deels betaald werk")]
_TOP = 10
_LOCAL = "lokaal"


def span(low: float, high: float, what: str = "") -> str:
    """Return a range of hours or people: `12.000 tot 45.000`, to the digits that it deserves."""
    if not is_known(low) or not is_known(high):
        return dutch.UNKNOWN
    if 0 < high < 1:
        return f"minder dan 1{f' {what}' if what else ''}"
    unit = dutch.rounding_unit(high, (high - low) / 2)
    low, high = (round(value / unit) * unit for value in (low, high))
    size, word = (1e6, f"{dutch.NBSP}miljoen") if high >= 1e6 else (1.0, "")
    digits = 1 if word and high < 1e7 else 0
    first, last = (number(value / size, digits) for value in (low, high))
    told = last if first == last else f"{first} tot {last}" if low else f"hoogstens {last}"
    return f"{told}{word}{f' {what}' if what else ''}"


def outcome(werk: pd.DataFrame, naam: str, samenhang: float) -> str:
    """Say how much work there is, and what of it people of the wijk could do."""
    paid, free, mixed = (
        work.together(werk[werk["betaald"] == kind], "uren", samenhang) for kind, _ in _KINDS
    )
    can = work.doable(werk)
    can = can[can["betaald"] == PAID]
    told = f"Voor en in {naam} wordt per jaar {span(*paid[1:])} uur betaald gewerkt"
    if is_known(free[0]):
        told += f", en {span(*free[1:])} uur onbetaald."
    else:
        told += ". Over onbetaald werk is hier niets bekend."
    if is_known(mixed[0]):
        told += f" Van nog {span(*mixed[1:])} uur is opgegeven dat een deel betaald is."
    if can.empty:
        return f"{told} Welk deel mensen uit de wijk kunnen doen, is niet bekend."
    hours, people = (work.together(can, name, samenhang) for name in ("uren", "banen"))
    return (
        f"{told} Van het betaalde werk kunnen mensen uit de wijk {span(*hours[1:])} uur zelf doen. "
        f"Dat zijn {span(*people[1:])} banen van twee dagen per week. Dat deel is ons oordeel."
    )


def domains(werk: pd.DataFrame, naam: str, samenhang: float) -> Html:
    """Return the picture of hours by domein, paid and unpaid apart, with its table."""
    title = f"Uren werk per jaar voor en in {naam}"
    sentence = (
        "De balk is onze schatting, de lijn het bereik. Betaald en onbetaald hebben elk een eigen "
        "schaal en horen niet bij elkaar opgeteld."
    )
    bars, lines = [], []
    for kind, head in _KINDS:
        rows = werk[(werk["betaald"] == kind) & werk["uren"].notna()]
        groups = [
            (str(name), work.together(part, "uren", samenhang))
            for name, part in rows.groupby("domein")
        ]
        for name, (middle, low, high) in sorted(groups, key=lambda g: -g[1][0]):
            told = span(low, high)
            bars.append(Bar(dutch.capital(name), told, middle, low, high, head))
            lines.append([head, dutch.capital(name), span(middle, middle), told])
    frame = pd.DataFrame(lines, columns=["Werk", "Domein", "Ongeveer", "Bereik"])
    twin = show.table(frame, title, dict.fromkeys(["Ongeveer", "Bereik"], str), _SUMS)
    if not bars:
        return twin
    svg = charts.bars(bars, title, sentence, shared=False)
    return show.figure(title, sentence, svg, twin, shape="narrow")


_SUMS = (
    "Bij een som nemen we aan dat schattingen voor een deel samen mee- of tegenvallen. Dat maakt "
    "het bereik breder."
)


def everything(werk: pd.DataFrame, naam: str) -> Html:
    """Return all work as a table, folded away."""
    rows = werk.sort_values(["betaald", "domein", "uren"], ascending=[True, True, False])
    frame = pd.DataFrame(
        {
            "Werk": rows["naam"],
            "Domein": [dutch.capital(d) for d in rows["domein"]],
            "Betaald": rows["betaald"],
            "Wie": [_doer(r) for r in rows.itertuples()],
            "Uren": [_item_hours(r) for r in rows.itertuples()],
            "Bedrag per jaar": [_money(r) for r in rows.itertuples()],
            "Bekend uit": rows["methode"],
        }
    )
    caption = f"Al het werk voor en in {naam}"
    note = "Een bedrag onder nul is een post die de gemeente terugboekte; daar horen geen uren bij."
    folded = show.table(frame, caption, dict.fromkeys(["Uren", "Bedrag per jaar"], str), note)
    return show.fold(f"{caption}: {len(rows)} soorten", folded)


def _item_hours(row: Any) -> str:
    return span(row.uren_laag, row.uren_hoog)


def _money(row: Any) -> str:
    if row.betaald == UNPAID:
        return "onbetaald"
    return dutch.about(row.euro, row.se)


def _doer(row: Any) -> str:
    wie = str(row.wie)
    return "bewoners" if wie == "huishoudens" else "niemand nog" if wie == "buitenwereld" else wie


def doers(werk: pd.DataFrame, naam: str, samenhang: float) -> Html:
    """Return who does the work now, in hours: the gemeente in its own staff and what it hires."""
    town = werk[werk["taakveld"].notna() & (werk["methode"] != _LOCAL)]
    rest = werk[werk["taakveld"].isna() | (werk["methode"] == _LOCAL)]
    bought = town[town["uren_inkoop"].notna()]
    found = [("Gemeente, eigen personeel", town, "uren_eigen")]
    hired = {
        "bedrijven": "bedrijven",
        "instellingen": "instellingen",
        "huishoudens": "zelf gekozen",
    }
    for who, label in hired.items():
        part = bought[bought["uitvoerder"] == who]
        found.append((f"Voor de gemeente: {label}", part, "uren_inkoop"))
    for kind, head in _KINDS:
        for who, part in rest[rest["betaald"] == kind].groupby("wie"):
            name = "bewoners" if who == "huishoudens" else str(who)
            words = head.lower().removesuffix(" werk")
            found.append((f"{dutch.capital(name)}, {words}", part, "uren"))
    lines = []
    for name, part, column in found:
        middle, low, high = work.together(part, column, samenhang)
        if is_known(middle):
            lines.append([name, span(middle, middle), span(low, high)])
    frame = pd.DataFrame(lines, columns=["Wie", "Uren, ongeveer", "Bereik"])
    note = (
        "Wie de gemeente inhuurt, staat niet in haar rekening: de verdeling over bedrijven en "
        "instellingen is ons oordeel per taak. Van bedrijven tellen alleen kleine vestigingen: van "
        "grote is niet bekend hoeveel mensen er werken. Op een bedrijventerrein is het dus te "
        f"weinig. {_SUMS}"
    )
    right: dict[str, Format] = dict.fromkeys(["Uren, ongeveer", "Bereik"], str)
    return show.table(frame, f"Wie het werk voor en in {naam} nu doet", right, note)


def hour_costs(uurkosten: pd.DataFrame) -> Html:
    """Return what an hour costs by who does it; `uurkosten` as `work.hourly`."""
    frame = pd.DataFrame(
        {
            "Wie": uurkosten["doener"],
            "Wat het is": [
                "wat op de rekening staat" if w == "rekening" else "wat de werkgever betaalt"
                for w in uurkosten["wat"]
            ],
            "Per gewerkt uur": [dutch.between(r.laag, r.hoog) for r in uurkosten.itertuples()],
        }
    )
    note = (
        "Op een rekening staan ook materiaal, machines en winst. Een vrijwilliger kost geen loon, "
        "maar wel begeleiding en materiaal."
    )
    return show.table(frame, "Wat een uur werk kost", {"Per gewerkt uur": str}, note)


def questions(werk: pd.DataFrame, naam: str) -> Html:
    """Return the four questions, and the answers for the work of which most could be done."""
    asked = show.bullets([f"{who}: {words}" for who, words in ASKED.values()])
    can = work.doable(werk)
    best = pd.concat([can[can["betaald"] == kind] for kind, _ in _KINDS])["id"]
    rows = werk.set_index("id", drop=False)
    local = werk[werk["methode"].isin([_LOCAL, "geheim"])]
    first = list(dict.fromkeys([*local["id"], *best]))[:_TOP]
    top = _answers(rows.loc[first], f"De vier vragen voor het werk met de meeste kansen, {naam}")
    others = rows[~rows["id"].isin(first)]
    more = _answers(others, f"De vier vragen voor het andere werk, {naam}")
    count = len(local)
    told = (
        f"Van {dutch.plural(count, 'soort werk', 'soorten werk')} komt het antwoord uit de wijk."
        if count
        else "Nog niemand uit de wijk heeft geantwoord. Alle antwoorden zijn van ons."
    )
    return asked + show.text(told) + top + show.fold("Toon de antwoorden voor ander werk", more)


def _answers(rows: pd.DataFrame, caption: str) -> Html:
    frame = pd.DataFrame({"Werk": rows["naam"]})
    for question in QUESTIONS:
        frame[ASKED[question][0]] = rows[question].fillna(dutch.UNKNOWN)
    frame["Waarom"] = rows["grond"]
    if (rows["methode"] == _LOCAL).any():
        frame["Van wie"] = ["de wijk" if m == _LOCAL else "ons oordeel" for m in rows["methode"]]
    return show.table(frame, caption)


def possible(werk: pd.DataFrame, naam: str, samenhang: float) -> Html:
    """Return the list of what could be done by and with people of the wijk, most hours first."""
    can = work.doable(werk)
    if can.empty:
        return show.text("Van geen enkel werk is bekend welk deel mensen uit de wijk kunnen doen.")
    found = Html("")
    for kind, head in _KINDS:
        who = f"inwoners van {naam} samen" if kind == UNPAID else f"mensen uit {naam}"
        rows = can[can["betaald"] == kind]
        found += _possible(rows, f"{head} dat {who} kunnen doen", samenhang, kind == PAID)
    return found


def _possible(rows: pd.DataFrame, caption: str, samenhang: float, money: bool) -> Html:
    if rows.empty:
        return Html("")
    top = _lines(rows.head(_TOP), money)
    whole = {"Werk": "Alles samen"}
    for column, name in _columns(money).items():
        whole[column] = _write(name, *work.together(rows, name, samenhang))
    frame = pd.concat([top, pd.DataFrame([whole])[[*top]]], ignore_index=True)
    note = f"Bedragen horen bij de uren: wat er nu voor dat deel wordt betaald. {_SUMS}"
    right: dict[str, Format] = dict.fromkeys(_columns(money), str)
    shown = show.table(frame, caption, right, note if money else _SUMS, ("Alles samen",))
    if len(rows) <= _TOP:
        return shown
    more = show.table(_lines(rows[_TOP:], money), f"{caption}: de rest", right)
    return shown + show.fold(f"Toon de andere {len(rows) - _TOP} soorten werk", more)


def _columns(money: bool) -> dict[str, str]:
    return {"Uren": "uren", "Bedrag": "euro", "Banen": "banen"} if money else {"Uren": "uren"}


def _write(name: str, middle: float, low: float, high: float) -> str:
    if name == "euro":
        return dutch.between(max(low, 0.0), high)
    return f"{span(middle, middle)} ({span(low, high)})" if name == "uren" else span(low, high)


def _lines(rows: pd.DataFrame, money: bool) -> pd.DataFrame:
    frame = pd.DataFrame({"Werk": rows["naam"]})
    for column, name in _columns(money).items():
        ends = zip(*(rows[f"{name}{end}"] for end in work_books.ENDS), strict=True)
        frame[column] = [_write(name, *three) for three in ends]
    return frame


def invite(naam: str, slug: str) -> Html:
    """Say how people of the wijk put their own figures and answers in."""
    return show.text(
        f"Weet u hoeveel uur er in {naam} echt wordt gewerkt, of wat de wijk aankan? Vul het in "
        f"met: wijkboek template werk --pilot {slug}. Uw uren komen in de plaats van evenveel "
        "geschatte uren. Uw antwoorden vervangen ons oordeel."
    )


def passport(naam: str, formule: str, werk: pd.DataFrame, units: pd.DataFrame) -> Passport:
    """Return the passport of a table about work; `units` as `Kengetallen.used`."""
    ids = sources.ids(werk["kengetal"].dropna())
    used = units[units["id"].isin(ids)]
    books = sources.ids(werk["bron"].dropna()) if "bron" in werk else []
    return passports.of_model(naam, formule, used, books)


def coherence(units: pd.DataFrame) -> float:
    """Return `work.coherence` from a table of kengetallen; `units` as `Kengetallen.used`."""
    return float(units.set_index("id").loc["werk_samenhang", "waarde"])
