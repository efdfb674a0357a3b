"""The tables of the report: figures of `views` with Dutch headings, captions and notes."""

import pandas as pd

from wijkboek_utils import dutch, show, views
from wijkboek_utils.dutch import about, interval, number, percent
from wijkboek_utils.regions import told
from wijkboek_utils.show import Html

MANY = 15  # a longer table of buurten is folded away
_MARGIN = "Waarschijnlijk"  # heading of the column with the 90 % interval


def _intervals(frame: pd.DataFrame, signed: pd.Series | None = None) -> list[str]:
    """Return the 90 % interval of each row in words; `signed` marks balances, which can pass 0."""
    signs = [False] * len(frame) if signed is None else signed
    return [
        interval(r.bedrag, r.se, bool(sign)) if r.se else "zeker volgens de bron"
        for r, sign in zip(frame[["bedrag", "se"]].itertuples(), signs, strict=True)
    ]


def _amounts(frame: pd.DataFrame) -> list[str]:
    """Return each amount to the digits that its error deserves."""
    return [about(r.bedrag, r.se) for r in frame[["bedrag", "se"]].itertuples()]


def account(rows: pd.DataFrame, naam: str, jaar: str) -> Html:
    """Return the account of the gemeente for an area; `rows` as `views.gemeente_account`."""
    kinds = {"lasten": "Uitgave", "baten": "Inkomst", "saldo": "Saldo"}
    frame = pd.DataFrame(
        {
            "Regel": rows["regel"],
            "Soort": rows["kant"].map(kinds),
            "Bedrag": _amounts(rows),
            _MARGIN: _intervals(rows, rows["kant"] == "saldo"),
        }
    )
    return show.table(
        frame,
        f"Rekening van de gemeente voor {naam}, {jaar}",
        {"Bedrag": str},
        note="Waarschijnlijk: wij verwachten het bedrag tussen deze grenzen. De meeste grenzen "
        "zijn een inschatting van ons, geen meting. Bedragen zijn afgerond; daardoor tellen ze "
        "niet altijd precies op.",
        totals=("Uitgaven samen", "Inkomsten samen", "Inkomsten min uitgaven"),
    )


def domains(rows: pd.DataFrame, titel: str, shares: pd.DataFrame) -> Html:
    """Return expenses by domein; `rows` as `views.expenses`, `shares` as `views.poorer_share`."""
    share = rows["bedrag"] / rows["bedrag"].sum()
    poor = (shares["arm"] / shares["bedrag"]).set_axis(shares["domein"].astype(str))
    frame = pd.DataFrame(
        {
            "Doel": rows["domein"].astype(str).str.capitalize(),
            "Bedrag": _amounts(rows),
            "Deel": [percent(s) for s in share],
            "Met een minder goede sleutel": [percent(poor[d]) for d in rows["domein"].astype(str)],
            _MARGIN: _intervals(rows),
        }
    )
    figures = ["Bedrag", "Deel", "Met een minder goede sleutel"]
    return show.table(frame, titel, dict.fromkeys(figures, str))


def key_sets(compared: pd.DataFrame, naam: str, jaar: str) -> Html:
    """Return the outcome under each set of keys; `compared` as `views.compare_sets`."""
    frame = pd.DataFrame(
        {
            "Verdeling": [views.SETS[s].capitalize() for s in compared["set"]],
            "De gemeente geeft uit": compared["lasten"],
            "Het gebied betaalt zelf": compared["eigen"],
            "Het Rijk betaalt": compared["rijk"],
        }
    )
    # Three digits: enough to tell the sets apart, and none of them claims more.
    amounts = dict.fromkeys(frame.columns[1:], lambda value: about(value, abs(value) / 50))
    return show.table(frame, f"{naam}, {jaar}: drie manieren om te verdelen", amounts)


LANDED = {
    "huishoudens": "Bij huishoudens in het gebied",
    "bedrijven": "Bij bedrijven in het gebied",
    "instellingen": "Bij instellingen in het gebied",
    "buitenwereld": "Buiten het gebied, of nog onbekend",
    "rijk": "Bij het Rijk (belasting)",
}


def landed(rows: pd.DataFrame, naam: str, jaar: str) -> Html:
    """Return where municipal money lands; `rows` as `views.landed`."""
    rows = rows.sort_values("bedrag", ascending=False)
    frame = pd.DataFrame(
        {
            "Waar het terechtkomt": [LANDED.get(str(n), str(n)) for n in rows["naar"]],
            "Bedrag": _amounts(rows),
            _MARGIN: _intervals(rows),
        }
    )
    return show.table(frame, f"Waar de uitgaven voor {naam} terechtkomen, {jaar}", {"Bedrag": str})


def taakvelden(rows: pd.DataFrame, sleutels: pd.DataFrame, naam: str, jaar: str) -> Html:
    """Return every taakveld with its key and margin; `rows` as `views.by_taakveld`."""
    facts = sleutels.set_index("sleutel")
    rows = rows[(rows["lasten"].fillna(0) != 0) | (rows["baten"].fillna(0) != 0)]
    frame = pd.DataFrame(
        {
            "Taak": [f"{r.taakveld} {r.naam}" for r in rows.itertuples()],
            "Uitgaven": [_or_none(r.lasten, r.se_lasten) for r in rows.itertuples()],
            "Inkomsten": [_or_none(b) for b in rows["baten"]],
            "Verdeeld naar": [_key_names(k, facts) for k in rows["sleutels"]],
            "Mogelijke fout": [_margin(k, facts) for k in rows["sleutels"]],
        }
    )
    caption = f"Uitgaven en inkomsten van de gemeente voor {naam} per taak, {jaar}"
    return show.table(frame, caption, {"Uitgaven": str, "Inkomsten": str, "Mogelijke fout": str})


def _or_none(amount: float, se: float | None = None) -> str:
    """Return an amount; a taakveld without boekingen on a side was published as nothing."""
    return about(amount, se) if dutch.is_known(amount) else "geen"


def _key_names(ids: str, facts: pd.DataFrame) -> str:
    keys = ids.split(";")
    if len(keys) > 3:
        return "dezelfde sleutels als de taken die zij ondersteunt"
    return dutch.join([str(facts["naam"].get(k, k)) for k in keys])


def _margin(ids: str, facts: pd.DataFrame) -> str:
    keys = ids.split(";")
    return "verschilt" if len(keys) > 1 else percent(facts["fout"].get(keys[0]))


def per_buurt(rows: pd.DataFrame, titel: str) -> Html:
    """Return expenses per buurt, those of the area first; `rows` as `views.per_inhabitant`."""
    rows = rows.sort_values(["gewicht", "per_inwoner"], ascending=False)
    frame = pd.DataFrame(
        {
            "Buurt": rows["naam"] + rows["gewicht"].map(told),
            "Inwoners": [number(n) for n in rows["inwoners"]],
            "Per inwoner": [
                about(r.per_inwoner) if r.per_inwoner == r.per_inwoner else "te weinig inwoners"
                for r in rows.itertuples()
            ],
            "Uitgaven": _amounts(rows),
            _MARGIN: _intervals(rows),
        }
    )
    return show.table(frame, titel, {"Inwoners": str, "Per inwoner": str, "Uitgaven": str})


def income(rows: pd.DataFrame, gebied: pd.DataFrame, naam: str) -> Html:
    """Return income per buurt of the area, of the whole buurt; `rows` as `households.income`."""
    table = gebied.loc[gebied["gewicht"] > 0, ["buurt", "naam", "gewicht"]]
    table = table.merge(rows, on="buurt", how="inner", validate="1:1")
    words = {
        "gemeten": "cijfer van CBS voor deze buurt",
        "verdeeld": "geschat: rest van het {0}, verdeeld naar inwoners",
        "ontbreekt": "niet bekend",
    }
    frame = pd.DataFrame(
        {
            "Buurt": table["naam"] + table["gewicht"].map(lambda w: told(w) if w < 1 else ""),
            "Inwoners": [number(n) for n in table["inwoners"]],
            "Inkomen samen": [about(r.bedrag, r.se) for r in table.itertuples()],
            "Per inwoner": [
                about(r.per_inwoner, r.se / r.inwoners if r.inwoners else None)
                for r in table.itertuples()
            ],
            "Hoe bekend": [
                words[r.methode].format(
                    "gemeentecijfer" if ":GM" in str(r.sleutel) else "wijkcijfer"
                )
                for r in table.itertuples()
            ],
        }
    )
    figures = ["Inwoners", "Inkomen samen", "Per inwoner"]
    caption = f"Inkomen van de inwoners van {naam}, voor belasting, per jaar"
    result = show.table(frame, caption, dict.fromkeys(figures, str))
    return show.fold(f"Toon alle {len(frame)} buurten", result) if len(frame) > MANY else result
