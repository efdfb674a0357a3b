"""The tables of the report: figures of `views` with Dutch headings, captions and notes."""

import pandas as pd

from wijkboek_utils import dutch, show, views
from wijkboek_utils import sources as files
from wijkboek_utils.dutch import about, interval, number, percent
from wijkboek_utils.show import Html

MANY = 15  # a longer table of buurten is folded away
_MARGIN = "Waarschijnlijk"  # heading of the column with the 90 % interval


def _intervals(frame: pd.DataFrame) -> list[str]:
    """Return the 90 % interval of each row in words; an amount that is certain says so."""
    return [
        "geen marge" if r.se == 0 else interval(r.bedrag, r.se)
        for r in frame[["bedrag", "se"]].itertuples()
    ]


def _amounts(frame: pd.DataFrame) -> list[str]:
    """Return each amount to the digits that its error deserves."""
    return [about(r.bedrag, r.se) for r in frame[["bedrag", "se"]].itertuples()]


def account(rows: pd.DataFrame, naam: str, jaar: int) -> Html:
    """Return the account of the gemeente for an area; `rows` as `views.gemeente_account`."""
    kinds = {"lasten": "Uitgave", "baten": "Inkomst", "saldo": "Saldo"}
    frame = pd.DataFrame(
        {
            "Regel": rows["regel"],
            "Soort": rows["kant"].map(kinds),
            "Bedrag": _amounts(rows),
            _MARGIN: _intervals(rows),
        }
    )
    return show.table(
        frame,
        f"Rekening van de gemeente voor {naam}, {jaar}",
        {"Bedrag": str},
        note="Waarschijnlijk: in negen van de tien gevallen ligt het ware bedrag hier. "
        "Bedragen zijn afgerond; daardoor tellen ze niet altijd precies op.",
        total=True,
    )


def domains(rows: pd.DataFrame, titel: str) -> Html:
    """Return expenses by domein; `rows` as `views.expenses`."""
    share = rows["bedrag"] / rows["bedrag"].sum()
    frame = pd.DataFrame(
        {
            "Doel": rows["domein"].astype(str).str.capitalize(),
            "Bedrag": _amounts(rows),
            "Deel": [percent(s) for s in share],
            _MARGIN: _intervals(rows),
        }
    )
    return show.table(frame, titel, {"Bedrag": str, "Deel": str})


def key_sets(compared: pd.DataFrame, naam: str, jaar: int) -> Html:
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


def landed(rows: pd.DataFrame, naam: str, jaar: int) -> Html:
    """Return where municipal money lands; `rows` as `views.landed`."""
    names = {
        "huishoudens": "Bij huishoudens in het gebied",
        "buitenwereld": "Buiten de wijk, of nog onbekend",
        "rijk": "Bij het Rijk (belasting)",
    }
    rows = rows.sort_values("bedrag", ascending=False)
    frame = pd.DataFrame(
        {
            "Waar het terechtkomt": [names.get(str(n), str(n)) for n in rows["naar"]],
            "Bedrag": _amounts(rows),
            _MARGIN: _intervals(rows),
        }
    )
    return show.table(frame, f"Waar de uitgaven voor {naam} terechtkomen, {jaar}", {"Bedrag": str})


def taakvelden(rows: pd.DataFrame, sleutels: pd.DataFrame, naam: str, jaar: int) -> Html:
    """Return every taakveld with its key and margin; `rows` as `views.by_taakveld`."""
    facts = sleutels.set_index("sleutel")
    rows = rows[(rows["lasten"].fillna(0) != 0) | (rows["baten"].fillna(0) != 0)]
    frame = pd.DataFrame(
        {
            "Taak": [f"{r.taakveld} {r.naam}" for r in rows.itertuples()],
            "Uitgaven": [_or_none(r.lasten, r.se_lasten) for r in rows.itertuples()],
            "Inkomsten": [_or_none(b) for b in rows["baten"]],
            "Verdeeld naar": [_key_names(k, facts) for k in rows["sleutels"]],
            "Marge": [_margin(k, facts) for k in rows["sleutels"]],
        }
    )
    caption = f"Uitgaven en inkomsten van de gemeente voor {naam} per taak, {jaar}"
    return show.table(frame, caption, {"Uitgaven": str, "Inkomsten": str, "Marge": str})


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
            "Buurt": rows["naam"] + rows["gewicht"].map(lambda w: " (in het gebied)" if w else ""),
            "Inwoners": [number(n) for n in rows["inwoners"]],
            "Per inwoner": [
                about(r.per_inwoner) if r.per_inwoner == r.per_inwoner else "te weinig inwoners"
                for r in rows.itertuples()
            ],
            "Uitgaven": _amounts(rows),
        }
    )
    return show.table(frame, titel, {"Inwoners": str, "Per inwoner": str, "Uitgaven": str})


def income(rows: pd.DataFrame, gebied: pd.DataFrame, naam: str) -> Html:
    """Return income per buurt of the area; `rows` as `households.income`."""
    table = gebied.loc[gebied["gewicht"] > 0, ["buurt", "naam"]]
    table = table.merge(rows, on="buurt", how="inner", validate="1:1")
    words = {
        "gemeten": "cijfer van CBS voor deze buurt",
        "verdeeld": "geschat: wat andere buurten van het wijkcijfer overlaten",
        "ontbreekt": "niet bekend",
    }
    frame = pd.DataFrame(
        {
            "Buurt": table["naam"],
            "Inwoners": [number(n) for n in table["inwoners"]],
            "Inkomen samen": [about(r.bedrag, r.se) for r in table.itertuples()],
            "Per inwoner": [
                about(r.per_inwoner, r.se / r.inwoners if r.inwoners else None)
                for r in table.itertuples()
            ],
            "Hoe bekend": table["methode"].map(words),
        }
    )
    figures = ["Inwoners", "Inkomen samen", "Per inwoner"]
    caption = f"Inkomen van de inwoners van {naam}, voor belasting, per jaar"
    result = show.table(frame, caption, dict.fromkeys(figures, str))
    return show.fold(f"Toon alle {len(frame)} buurten", result) if len(frame) > MANY else result


def passport(
    rows: pd.DataFrame, weights: pd.Series, sleutels: pd.DataFrame, bronnen: pd.DataFrame
) -> Html:
    """Return the passport of a total: its parts by key, their margin and source, checksums."""
    parts = views.passport(rows, weights, sleutels)
    frame = pd.DataFrame(
        {
            "Verdeeld naar": parts["sleutel"],
            "Wijze": parts["wijze"],
            "Bedrag": [about(r.bedrag, r.marge) for r in parts.itertuples()],
            "Standaardfout": [about(v) if v else "geen" for v in parts["marge"]],
            "Bron": parts["bron"].str.replace(";", ", "),
        }
    )
    used = {b for ids in parts["bron"] for b in ids.split(";")}
    files = bronnen[bronnen["bron"].isin(used)]
    hashes = [f"{r.bron}: {r.titel}; sha256 {r.sha256}" for r in files.itertuples()]
    table = show.table(
        frame, "Waaruit het bedrag is opgebouwd", {"Bedrag": str, "Standaardfout": str}
    )
    return table + show.bullets(hashes)


def sources(bronnen: pd.DataFrame) -> Html:
    """Return all sources with what is needed to find and prove them."""
    frame = bronnen.rename(columns=lambda c: c.capitalize()).fillna({"Tabel": "geen tabelnummer"})
    return show.table(frame, "Gebruikte bronnen")


def years(
    indicatoren: pd.DataFrame, sleutels: pd.DataFrame, taakvelden: pd.DataFrame, jaar: int
) -> Html:
    """Return the years of the figures behind the keys that were used, and of income."""
    used = sleutels[sleutels["sleutel"].isin(taakvelden["gebruikt"])]
    topics = {t for ids in used["onderwerpen"].dropna() for t in ids.split(";") if t}
    topics.add("GemiddeldInkomenPerInwoner")
    rows = indicatoren[indicatoren["onderwerp"].isin(topics) & (indicatoren["soort"] == "Buurt")]
    titles = cbs_titles()
    groups = rows.groupby(["onderwerp", "jaar"])["waarde"].agg(["count", "size"]).reset_index()
    frame = pd.DataFrame(
        {
            "Onderwerp": [titles.get(o, o) for o in groups["onderwerp"]],
            "Jaar": groups["jaar"].astype(str),
            "Zelfde jaar als de rekening": ["ja" if j == jaar else "nee" for j in groups["jaar"]],
            "Buurten met een cijfer": [
                f"{number(r.count_)} van {number(r.size_)}"
                for r in groups.rename(columns={"count": "count_", "size": "size_"}).itertuples()
            ],
        }
    )
    return show.table(frame, "Cijfers achter de sleutels", {"Buurten met een cijfer": str})


def keys(grootboek: pd.DataFrame, weights: pd.Series, sleutels: pd.DataFrame) -> Html:
    """Return the keys that municipal money was spread by: how much, margin, and why."""
    rows = views.services(grootboek)
    rows = rows[views.is_expense(rows)]
    parts = views.passport(rows, weights, sleutels)
    sums = parts.groupby("sleutel", as_index=False)["bedrag"].sum()
    facts = sleutels.drop_duplicates("naam").set_index("naam").reindex(sums["sleutel"])
    frame = pd.DataFrame(
        {
            "Sleutel": sums["sleutel"],
            "Bedrag": sums["bedrag"].to_numpy(),
            "Marge": [percent(v) for v in facts["fout"]],
            "Hoe bepaald": facts["fout_grond"].to_numpy(),
            "Waarom deze sleutel": facts["reden"].to_numpy(),
        }
    ).sort_values("Bedrag", ascending=False)
    return show.table(
        frame, "Uitgaven van de gemeente naar sleutel", {"Bedrag": about, "Marge": str}
    )


def stand_ins(taakvelden: pd.DataFrame, sleutels: pd.DataFrame) -> Html:
    """Return which keys were not to be had and what replaces them."""
    rows = views.stand_ins(taakvelden, sleutels)
    if rows.empty:
        return show.text("Nergens: voor elke taak is het gevraagde cijfer er.")
    frame = pd.DataFrame(
        {
            "Liefst verdeeld naar": rows["gevraagd"],
            "Nu verdeeld naar": rows["gebruikt"],
            "Marge": [percent(m) for m in rows["marge"]],
            "Wat dat betekent": rows["reden"],
        }
    )
    return show.table(frame, "Cijfers die CBS hier (nog) niet heeft", {"Marge": str})


def negative(rekening: pd.DataFrame, gemeente: str, jaar: int) -> Html:
    """Return the amounts that the gemeente published below zero, and what we do with them."""
    rows = rekening[(rekening["lasten"] < 0) | (rekening["baten"] < 0)]
    if rows.empty:
        return show.text(f"De rekening van {gemeente} over {jaar} heeft geen negatieve bedragen.")
    frame = pd.DataFrame(
        {
            "Taak": [f"{r.taakveld} {r.naam}" for r in rows.itertuples()],
            "Uitgaven": rows["lasten"],
            "Inkomsten": rows["baten"],
        }
    )
    return show.table(
        frame,
        f"Negatieve bedragen van de hele gemeente {gemeente}, {jaar}",
        {"Uitgaven": dutch.euro, "Inkomsten": dutch.euro},
        note="Een negatieve uitgave boeken we als geld dat binnenkomt, een negatieve inkomst als "
        "geld dat uitgaat. Het totaal blijft gelijk aan wat de gemeente publiceerde.",
    )


def kept_apart(rows: pd.DataFrame, gemeente: str, jaar: int) -> Html:
    """Return what is spread over no buurt; `rows` as `views.kept_apart`."""
    overhead = {"0.4": "Overhead van de grondexploitatie"}
    frame = pd.DataFrame(
        {
            "Taak": [f"{r.taakveld} {overhead.get(r.taakveld, r.naam)}" for r in rows.itertuples()],
            "Uitgaven": rows["lasten"].fillna(0.0),
            "Inkomsten": rows["baten"].fillna(0.0),
        }
    )
    caption = f"Bedragen die bij de gemeente {gemeente} als geheel blijven, {jaar}"
    return show.table(frame, caption, {"Uitgaven": dutch.euro, "Inkomsten": dutch.euro})


def checks(rows: pd.DataFrame) -> Html:
    """Return the checks that close the books; `rows` as `checks.enforce`."""
    frame = rows.rename(columns=lambda c: c.capitalize())
    frame = frame[["Controle", "Verwacht", "Gevonden", "Verschil", "Oordeel"]]
    figures = dict.fromkeys(["Verwacht", "Gevonden", "Verschil"], number)
    return show.table(frame, "Controles van het grootboek", figures)


def cbs_titles() -> dict[str, str]:
    """Return the titles that CBS gives its topics, by our name for them."""
    table = files.read_project_table("onderwerpen")
    return dict(zip(table["onderwerp"], table["titel"], strict=True))
