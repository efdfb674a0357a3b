"""What the report says of contributions: whose they are, what was booked, and open questions."""

import pandas as pd

from wijkboek_utils import dutch, show
from wijkboek_utils.local import doubles, register
from wijkboek_utils.show import Html

NONE = "Niemand uit de wijk droeg gegevens bij voor dit rapport."


def contributions(lokaal: pd.DataFrame) -> Html:
    """Return all contributions with what became of them; `lokaal` as `register.contributions`."""
    if lokaal.empty:
        return show.text(NONE)
    return show.bullets([_contribution(row) for row in lokaal.to_dict("records")])


def _contribution(row: dict) -> str:
    """Return one contribution in words."""
    words = [f"{row['titel']} (bron {row['bron']}). {row['methode']} Licentie: {row['licentie']}."]
    if row["staat"] == register.EXPIRED:
        return f"{words[0]} Niet gebruikt: de bewaartermijn is voorbij."
    told = []
    if row["in_geen_buurt"]:
        told.append(f"{dutch.number(row['in_geen_buurt'])} in geen enkele buurt")
    if dutch.is_known(row["geboekt"]):
        told.append(f"{dutch.number(row['geboekt'])} geboekt")
    rows = dutch.plural(row["rijen"], "rij", "rijen")
    words.append(f"{rows}, waarvan {dutch.join(told)}." if told else f"{rows}.")
    if dutch.is_known(row["niet_geboekt"]) and row["niet_geboekt"]:
        words.append(f"Niet geboekt: {row['redenen']}.")
    return " ".join(words)


def questions(vragen: pd.DataFrame) -> Html:
    """Return the money that may stand in two contributions; `vragen` as `doubles.find`."""
    if vragen.empty:
        return show.text("Er staat geen geld in twee bijdragen.")
    return show.bullets([_question(row) for row in vragen.to_dict("records")])


def _question(row: dict) -> str:
    one, other = row["bron"].split(";")
    words = (
        f"Vraag {row['vraag']}: {row['post']} in {row['buurt']}, {row['jaar']}. Bron {one} noemt "
        f"{dutch.about(row['bedrag'], 1)}, bron {other} {dutch.about(row['ander_bedrag'], 1)}. "
    )
    if not row["antwoord"]:
        words += "Is dat hetzelfde geld? "
        if row["geboekt"] == doubles.NONE:
            return f"{words}Geen van beide is geboekt; bij de bijdragen staat waarom."
        return f"{words}Tot iemand antwoordt, is alleen {one} geboekt."
    same = "hetzelfde geld" if row["antwoord"] == "zelfde" else "verschillend geld"
    return f"{words}Antwoord van {row['wie']} op {dutch.day(row['dag'])}: {same}."


def corrections(correcties: pd.DataFrame) -> Html:
    """Return the known errors of sources; `correcties` as `corrections.table`."""
    if correcties.empty:
        return show.text("Wij kennen geen fouten in de gebruikte bronnen.")
    return show.bullets([_correction(row) for row in correcties.to_dict("records")])


def _correction(row: dict) -> str:
    old = row["oud"] if isinstance(row["oud"], str) else "niets"
    new = f" met «{row['nieuw']}»" if isinstance(row["nieuw"], str) else ""
    done = f"{row['actie']}{new}" if row["status"] == "verwerkt" else "nog niet gecorrigeerd"
    return (
        f"Bron {row['bron']}, {row['waar']}: bij {row['kolom']} stond «{old}»; {done}. "
        f"{row['reden'].rstrip('. ')} ({row['wie']}, {dutch.day(row['dag'])})."
    )


def faults(lokaal: pd.DataFrame, vragen: pd.DataFrame) -> list[str]:
    """Return what of contributions keeps a report from being published."""
    past = lokaal.loc[lokaal["staat"] == register.EXPIRED, "bron"].tolist()
    found = [
        f"bijdrage {bron} is voorbij de bewaartermijn; wis haar met: wijkboek inbox clean"
        for bron in past
    ]
    waiting = vragen.loc[vragen["antwoord"] == "", "vraag"].tolist()
    if waiting:
        found.append(
            f"{dutch.plural(len(waiting), 'vraag', 'vragen')} over geld dat misschien dubbel is "
            f"({', '.join(waiting)}): zet het antwoord in antwoorden.yml"
        )
    return found
