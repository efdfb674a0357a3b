"""Inverdienen in words, tables and pictures: what may be tied, what is pledged, what is agreed.

Everything takes the tables that notebook 08 wrote. `label` is the sentence of an illustration; with
it every caption says that it is an example.
"""

import pandas as pd

from wijkboek_utils import dutch, show
from wijkboek_utils.dutch import about, number, percent
from wijkboek_utils.models import cohesion_picture, pledges, resilience
from wijkboek_utils.show import Html

TOGETHER = "samen"  # in kansen_houders: all holders
_SHOWN = 8  # refusals that are told; the table has all


def caption(title: str, label: str) -> str:
    """Return a title that says whether it is about an example."""
    return f"{title} (rekenvoorbeeld)" if label else title


def outcome(
    houders: pd.DataFrame, kansen: pd.DataFrame, oordeel: pd.DataFrame, jaren: int, label: str
) -> Html:
    """Return in one sentence what comes out, with its range; `kansen` as `simulate.summary`.

    It says that it is about an example; after it stands how likely it is that nothing is lost.
    """
    if oordeel.empty:
        return show.text("Er zijn nog geen plannen om door te rekenen.")
    start = "In dit rekenvoorbeeld" if label else "Met deze plannen"
    central = houders["contante_waarde"].sum()
    if not houders["betaalt"].sum():
        found = show.text(f"{start} gaat geen enkel plan door: er verandert niets. {label}")
    else:
        told = kansen[kansen["naam"] == TOGETHER].iloc[0]
        verb = "over" if central >= 0 else "tekort"
        found = show.text(
            f"{start} houden alle budgetten samen in {dutch.plural(jaren, 'jaar', 'jaar')} "
            f"ongeveer {about(abs(central))} {verb}, "
            f"waarschijnlijk {dutch.result(told['laag'], told['hoog'])}.",
            f"De kans dat het geen geld kost, is {percent(told['kans_op_winst'])}. Dit is in geld "
            f"van nu: een euro van later telt iets minder. {label}",
        )
    return found


def links(verbanden: pd.DataFrame, label: str) -> Html:
    """Return the links that count, and those that do not with the reason."""
    good = verbanden[verbanden["oordeel"] == resilience.COUNTS]
    less = good.dropna(subset="minder")
    if less.empty:
        return show.text("Nog geen plan maakt een ander doel minder nodig.") + _refused(verbanden)
    frame = pd.DataFrame(
        {
            "Plan": less["activiteit"].map(dutch.capital),
            "Maakt minder nodig": less["doel"],
            "Minder per jaar": [_units(r) for r in less.itertuples()],
            "Kans": less["kans"],
            "Bewijs (1 tot 5)": less["bewijs"],
            "Bruto per jaar": less["bruto"],
        }
    )
    formats: dict[str, show.Format] = {
        "Kans": percent,
        "Bewijs (1 tot 5)": str,
        "Bruto per jaar": about,
    }
    title = caption("Verbanden die meetellen", label)
    note = (
        "Bruto: wat het bespaart als het lukt, voor er iets af gaat. Bewijs 1 is een vermoeden, 5 "
        "is vaak en goed onderzocht."
    )
    return show.table(frame, title, formats, note) + _refused(verbanden)


def _units(row: object) -> str:
    """Return how much less is needed in whole units: nobody is a tenth of a person."""
    unit = dutch.rounding_unit(row.hoog, (row.hoog - row.laag) / 2)  # type: ignore[attr-defined]
    low, high = (number(round(getattr(row, end) / unit) * unit) for end in ("laag", "hoog"))
    many = dutch.many(row.eenheid)  # type: ignore[attr-defined]
    return f"{high if low == high else f'{low} tot {high}'} {many}"


def _amount(value: float) -> str:
    return number(value, 0 if value >= 10 or value == round(value) else 1)


def _refused(verbanden: pd.DataFrame) -> Html:
    """Say which links do not count and why."""
    refused = verbanden[verbanden["oordeel"] != resilience.COUNTS]
    if verbanden.empty:
        return Html("")
    if refused.empty:
        return show.text("Geen verband is geweigerd: elk verband zegt alles wat nodig is.")
    told = [
        f"{dutch.name(r.activiteit)}, voor «{dutch.name(r.doel)}»: {r.oordeel}."
        for r in refused.head(_SHOWN).itertuples()
    ]
    more = len(refused) - len(told)
    rest = f" De tabel «verbanden» heeft er nog {more}." if more else ""
    return show.text(f"Deze verbanden tellen niet mee.{rest}") + show.bullets(told)


def cohesion(samenhang: pd.DataFrame, veerkracht: pd.DataFrame, label: str) -> Html:
    """Return who may pay for what as a picture with its table, and the resilience in a sentence."""
    if samenhang.empty:
        return show.text("Er zit nog geen budget aan tafel, of er is nog geen plan.")
    title = caption("Wie mag waaraan meebetalen", label)
    most = samenhang.groupby("activiteit")["hoogstens"].sum().sort_values(ascending=False)
    plans = most.index[: cohesion_picture.MOST]
    drawn = samenhang[samenhang["activiteit"].isin(plans)]
    budgets = drawn.groupby("budget", sort=False)["hoogstens"].sum()
    first = budgets.sort_values(ascending=False, kind="stable").index[: 2 * cohesion_picture.MOST]
    drawn = drawn[drawn["budget"].isin(first)]
    sentence = (
        "Een vierkant: het plan dient het doel van het budget zelf. Een rondje: het plan maakt dat "
        "doel minder nodig. Een streepje: dit budget mag niet meebetalen."
    )
    svg = cohesion_picture.draw(drawn, title, sentence)
    picture = show.figure(title, sentence, svg, _matrix(samenhang, title), shape="narrow")
    return _resilience(veerkracht) + picture


def _matrix(samenhang: pd.DataFrame, title: str) -> Html:
    tied = samenhang.dropna(subset="soort")
    frame = pd.DataFrame(
        {
            "Budget": tied["budget"].map(dutch.capital),
            "Houder": tied["houder"],
            "Doel": tied["doel"],
            "Plan": tied["activiteit"].map(dutch.capital),
            "Verband": tied["soort"],
            "Hoogstens": tied["hoogstens"],
        }
    )
    note = "Hoogstens: over alle jaren van het plan, als het budget niets anders betaalt."
    return show.table(frame, title, {"Hoogstens": about}, note)


def _resilience(veerkracht: pd.DataFrame) -> Html:
    """Say what the resilience is, in parts."""
    whole = veerkracht.iloc[-1]
    if not dutch.is_known(whole["veerkracht"]):
        return show.text("De plannen vragen geen geld. Dan is er geen veerkracht te meten.")
    return show.text(
        f"De veerkracht is {percent(whole['veerkracht'])}: dat deel van wat de plannen vragen, "
        f"kunnen de budgetten samen betalen. Uit budgetten voor het eigen doel komt "
        f"{percent(whole['cohesie'])} (cohesie). Wie ook voor een ander doel mag betalen, voegt "
        f"{percent(whole['adhesie'])} toe (adhesie)."
    )


def claims(claims: pd.DataFrame, label: str) -> Html:
    """Say how many savings are pledged and which were refused; the numbers are folded away."""
    if claims.empty:
        return show.text("Er is nog geen besparing beloofd.")
    refused = claims[claims["oordeel"] != pledges.HOLDS]
    said = f"Er zijn {number(len(claims))} beloften van een besparing, elk voor één jaar. "
    said += (
        f"Daarvan tellen er {number(len(refused))} niet mee, omdat dezelfde besparing al is "
        "beloofd of de groep vol is."
        if len(refused)
        else "Geen daarvan is dubbel beloofd."
    )
    frame = pd.DataFrame(
        {
            "Nummer": claims["nummer"],
            "Plan": claims["activiteit"].map(dutch.capital),
            "Doel": claims["doel"],
            "Voor wie": claims["voor_wie"].fillna("niet gezegd"),
            "Jaar": claims["jaar"],
            "Aantal": [_amount(v) for v in claims["eenheden"]],
            "Hele groep": [
                _amount(v) if dutch.is_known(v) else "niet gezegd" for v in claims["groep"]
            ],
            "Oordeel": claims["oordeel"],
        }
    )
    title = caption("Alle beloften met hun nummer", label)
    table = show.table(frame, title, {"Aantal": str, "Hele groep": str})
    return show.text(said) + show.fold(title, table)


def cuts(bezuinigen: pd.DataFrame, label: str) -> Html:
    """Return the same amount saved by the cheese slicer and by inverdienen, side by side."""
    saved, low = bezuinigen["saldo"].sum(), bezuinigen["voorzichtig"].sum()
    part = bezuinigen["deel"].iloc[0] if len(bezuinigen) else float("nan")
    if bezuinigen.empty or not saved > 0:
        return show.text("De plannen besparen samen niets. Er valt dus niets te vergelijken.")
    if not dutch.is_known(part):
        return show.text(
            f"De plannen besparen {about(saved)} per jaar. Zoveel geld staat niet op deze "
            "budgetten. Met bezuinigen is dat niet te halen."
        )
    least = (
        f"levert het {about(low)} per jaar op" if low > 0 else f"kost het {about(-low)} per jaar"
    )
    words = show.text(
        f"De plannen leveren samen ongeveer {about(saved)} per jaar op, na aftrek van wat ze "
        f"kosten. Met de kaasschaaf gaat er dan van elk budget {percent(part, 1)} af.",
        f"Bezuinigen levert dat geld zeker op, maar elk doel haalt dan ook {percent(part, 1)} "
        "minder resultaat: zo rekenen wij, want wat het precies kost weet niemand. Besparen kost "
        f"geen resultaat, maar is niet zeker. Voorzichtig gerekend {least}.",
    )
    frame = pd.DataFrame(
        {
            "Doel": bezuinigen["doel"].map(dutch.capital),
            "Budget": bezuinigen["budget"],
            "Bezuinigen: eraf": -bezuinigen["kaasschaaf"],
            "Besparen: betaalt": bezuinigen["betaalt"] + bezuinigen["geeft"],
            "Besparen: bespaart": bezuinigen["bespaart"] + bezuinigen["krijgt"],
            "Besparen: verschil": bezuinigen["saldo"],
            "Voorzichtig": bezuinigen["voorzichtig"],
        }
    )
    formats: dict[str, show.Format] = dict.fromkeys(frame.columns[1:], about)
    title = caption("Hetzelfde bedrag bezuinigd en bespaard, per jaar", label)
    return words + show.table(frame, title, formats)


def agreements(afspraken: pd.DataFrame, label: str) -> Html:
    """Return the agreements in a table, with where to find them on paper."""
    if afspraken.empty:
        return show.text(
            "Er is nog geen afspraak om te maken: er gaat geen plan door waarmee iemand aan tafel "
            "bespaart."
        )
    payer = afspraken["houder"].fillna(afspraken["trekker"]).fillna("nog niet bekend")
    frame = pd.DataFrame(
        {
            "Nummer": afspraken["nummer"],
            "Plan": afspraken["activiteit"].map(dutch.capital),
            "Tussen": payer,
            "En wie bespaart": afspraken["baathouder"],
            "Bespaart netto": afspraken["netto"],
            "Voorzichtig": afspraken["voorzichtig"],
            "Vloeit terug": afspraken["terug"],
        }
    )
    heads = ["Bespaart netto", "Voorzichtig", "Vloeit terug"]
    title = caption("De afspraken, alle jaren samen", label)
    return show.table(frame, title, dict.fromkeys(heads, about))
