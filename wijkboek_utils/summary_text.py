"""The summary of the report: four questions answered in plain Dutch, built from the figures.

Every sentence is a template of `grammar`. What is unknown is said to be so, a plan is never told as
what was spent, and no sentence opens with the name of the area, which may have no capital.
"""

from html import escape

import pandas as pd

from wijkboek_utils import dutch, grammar, views, wijkrekening
from wijkboek_utils.dutch import about, interval, is_known, join, percents
from wijkboek_utils.grammar import HIGHER, LOWER, compare, paragraph, sentence, verb, verdict
from wijkboek_utils.picture_rows import CBS_SE
from wijkboek_utils.show import Html
from wijkboek_utils.summary import Facts, uncounted

_SOME = ["Woningvoorraad", "BedrijfsvestigingenTotaal", "OppervlakteLand"]
_OTHER = "Andere goederen en diensten"


def headline(f: Facts) -> str:
    """Return the one sentence to remember: what stays of a euro, else the largest amounts known."""
    naam, low = f.p.naam, f.kept[0]
    if is_known(low):
        stays = percents(*f.kept, unit="cent")
        return sentence(
            f"van elke euro die in en voor {naam} wordt uitgegeven, blijft naar schatting {stays} "
            f"in {f.area.the}"
        )
    parts = []
    if is_known(f.inkomen["bedrag"]):
        total = about(f.inkomen["bedrag"], f.inkomen["se"])
        parts.append(f"bewoners van {naam} hebben samen ongeveer {total} inkomen")
    if is_known(f.kosten["bedrag"]):
        amount = f"ongeveer {about(f.kosten['bedrag'], f.kosten['se'])}"
        goal = "" if f.whole else f" voor {'het gebied' if parts else naam}"
        (does, rest), several = f.spends, len(f.p.gemeenten)
        payer = f"de {verb(several, 'gemeente', 'gemeenten')}"
        parts.append(f"{payer} {does} in {f.p.jaar} {amount}{goal} {rest}")
    if not parts:
        return sentence(f"over het geld van {naam} is nog te weinig bekend")
    return sentence(", en ".join(parts))


def cost(f: Facts, everywhere: float | None, domains: list[str]) -> str:
    """Answer what it costs to keep the area going, as far as the gemeente pays.

    `everywhere` is the cost per inhabitant of the gemeente; `domains` have the largest first.
    """
    p, people = f.p, f.inwoners["waarde"]
    goal = "" if f.whole else f" voor {p.naam}"
    does, rest = f.spends
    if not is_known(f.kosten["bedrag"]):
        last = f"{does} {rest}" if f.planned else f"{rest}{does}"
        return sentence(f"wat {f.payer} in {p.jaar}{goal} {last}, is niet bekend")
    total = about(f.kosten["bedrag"], f.kosten["se"])
    text = [f"{f.payer} {does} in {p.jaar} ongeveer {total} {rest}{goal}"]
    if is_known(people) and people >= views.FEW:
        each, se = f.kosten["bedrag"] / people, f.kosten["se_vast"] / people
        text[0] += f": {about(each, se)} per inwoner"
        if than := compare(each, se, everywhere, 0.0):
            text.append(f"dat is {than} in heel {p.gemeentenaam} ({about(everywhere)})")
    if domains:
        text.append(f"het meeste {'gaat' if f.planned else 'ging'} naar {join(domains)}")
    return paragraph(*[sentence(t) for t in text])


def inflow(f: Facts, gemeente: float | None, country: float | None) -> str:
    """Answer how much money comes in: income, beside gemeente and country (EUR per inhabitant)."""
    income = f.inkomen
    if not is_known(income["bedrag"]):
        return sentence(f"het inkomen van bewoners van {f.p.naam} is niet bekend")
    total = about(income["bedrag"], income["se"])
    text = [f"bewoners hebben samen ongeveer {total} inkomen, voor belasting"]
    if is_known(income["inwoners"]) and income["inwoners"] >= views.FEW:
        each = income["bedrag"] / income["inwoners"]
        se = max(income["se_vast"] / income["inwoners"], CBS_SE)
        others = ((gemeente, f"in heel {f.p.gemeentenaam}"), (country, "in Nederland"))
        found = [
            (verdict(each, se, a, CBS_SE), f"{place} ({about(a, CBS_SE)})") for a, place in others
        ]
        text[0] += f": {about(each, se)} per inwoner"
        if than := grammar.against(found):
            text.append(f"dat is {than}")
    if unknown := int(income["onbekend"]):
        text.append(f"van {dutch.plural(unknown, 'buurt', 'buurten')} is geen inkomen bekend")
    return paragraph(*[sentence(t) for t in text])


def spent(f: Facts, closed: pd.DataFrame) -> str:
    """Answer what the money is spent on; `closed` as the table `sluitend`."""
    # The picture of a euro shows the closed accounts too: they have another order than the open.
    rows = closed[(closed["van"] == "huishoudens") & (closed["naar"] != "vermogen")]
    sums = rows[rows["regel"] != _OTHER].groupby("regel")["sluitend"].sum()
    largest = sums[sums > 0].sort_values(ascending=False, kind="stable").index[:2]
    if largest.empty:
        return sentence(f"waar bewoners van {f.p.naam} hun geld aan uitgeven, is niet bekend")
    goals = join([f"aan {dutch.lower_first(name)}" for name in largest])
    return sentence(f"bewoners geven het meeste uit {goals}")


def present(f: Facts) -> str:
    """Answer what there is."""
    rows = f.telling[f.telling["onderwerp"].isin(_SOME)]
    text = []
    for year, group in rows.dropna(subset="waarde").groupby("jaar", sort=False):
        if group["se"].any():
            parts = [f"{dutch.estimate(r.waarde, r.se)} {r.naam}" for r in group.itertuples()]
            text.append(f"in {year} waren er naar schatting {join(parts)}")
            continue
        parts = [dutch.plural(r.waarde, r.een, r.naam) for r in group.itertuples()]
        text.append(f"in {year} telde CBS {join(parts)}")
    if missing := rows.loc[rows["waarde"].isna(), "naam"].tolist():
        many = verb(len(missing), "is het aantal", "zijn de aantallen")
        text.append(f"niet bekend {many} {join(missing)}")
    text.append("wat er nog meer is, staat in het hoofdstuk Voorraden")
    return paragraph(*[sentence(t) for t in text])


def certainty(f: Facts, shares: pd.DataFrame, account: pd.DataFrame) -> list[tuple[str, str]]:
    """Return what is certain and what is not: how sure, and what.

    `shares` as `views.poorer_share`, `account` as `household_account.account`.
    """
    text = []
    if is_known(f.kosten["bedrag"]):
        sure = f"de bedragen van alle buurten samen zijn gelijk aan de {f.p.verslag}"
        text.append(("Zeker", f"{sure}, zonder reserves en bouwgrond"))
    if is_known(f.inkomen["bedrag"]):
        text.append(("Redelijk zeker", "het inkomen, waar CBS het publiceert"))
    share = shares["arm"].sum() / shares["bedrag"].sum() if shares["bedrag"].sum() else None
    means = "wat elke buurt kost"
    if is_known(share) and dutch.percent(share) != dutch.percent(0.0):
        means += f"; {dutch.percent(share)} is grof verdeeld"
    text.append(("Onzeker", means))
    estimated, stays = "wat bewoners, bedrijven en Rijk uitgeven", f"wat in {f.area.the} blijft"
    if is_known(f.kept[0]):
        text.append(("Geschat", f"{estimated}, en {stays}"))
    else:
        text += [("Geschat", estimated), ("Niet bekend", stays)]
    if wrong := _unbalanced(account):
        text.append(("Klopt nog niet", wrong))
    return [(label, sentence(words)) for label, words in text]


def _unbalanced(account: pd.DataFrame) -> str:
    """Say that income and spending of residents differ, where that is surely so."""
    left = account.set_index("regel")[["bedrag", "se"]].reindex([wijkrekening.NAMES[2]]).iloc[0]
    found = verdict(left["bedrag"], left["se"], 0.0, 0.0)
    words = {LOWER: "meer", HIGHER: "minder"}
    if found not in words:
        return ""
    return f"in onze schatting geven bewoners {words[found]} uit dan zij krijgen"


def steps(
    f: Facts, doubt: pd.Series, leaks: pd.DataFrame, groen: pd.DataFrame
) -> list[tuple[str, str]]:
    """Return what each reader can do next: who, and what; `doubt` as `unsure`.

    `leaks` as `wijkrekening.leaks`, with as many rows as there are; `groen` as `green.totals`.
    """
    count = sentence(f"tel mee: {join(uncounted(groen)[:3])}")
    own = sentence(f"leg uw eigen uitgaven in {f.area.the} naast deze cijfers")
    return [
        ("Bewoners", _leak(f, leaks, "huishoudens") or count),
        ("Wethouder", _alderman(f, doubt)),
        ("Woningcorporatie", _leak(f, leaks, "instellingen") or own),
    ]


def _leak(f: Facts, leaks: pd.DataFrame, payer: str) -> str:
    """Say which money leaves that this reader pays, and what can be done about it."""
    rows = leaks[(leaks["van"] == payer) & (leaks["post"] != _OTHER)]
    # The local shares are those of a wijk: elsewhere the amount is not known.
    if rows.empty or not is_known(f.kept[0]):
        return ""
    row = rows.sort_values("bedrag", ascending=False).iloc[0]
    amount = dutch.between(row["laag"], row["hoog"])
    first = f"aan {dutch.lower_first(row['post'])} gaat {amount} {f.area.the} uit"
    return paragraph(sentence(first), sentence(str(row["reden"])))


def _alderman(f: Facts, doubt: pd.Series) -> str:
    if not is_known(doubt["se"]):
        where = "in enkele buurten" if f.whole else f"voor {f.area.the}"
        return sentence(f"reken {where} na wat een taak echt kost")
    amount = interval(doubt["bedrag"], doubt["se"])
    first = sentence(f"het onzekerst is {doubt['domein']}: {amount}")
    if isinstance(doubt["telling"], str):
        return paragraph(first, sentence(f"zoek per buurt het aantal {doubt['telling']} op"))
    return paragraph(first, sentence(f"reken na wat daarvan echt voor {f.area.the} is"))


def labelled(items: list[tuple[str, str]]) -> Html:
    """Return a list of which each item opens with its label in bold."""
    parts = "".join(
        f"<li><strong>{escape(label)}:</strong> {escape(text)}</li>" for label, text in items
    )
    return Html(f"<ul>{parts}</ul>")
