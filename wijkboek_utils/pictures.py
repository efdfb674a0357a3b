"""The pictures of the report: from figures to a finished one, with its sentence and its table.

Each function returns what a notebook cell shows. What is not known is said; then there is no
drawing. At most nine items in one picture: the smallest are taken together.
"""

from typing import Any

import pandas as pd

from wijkboek_utils import charts, picture_rows, picture_text, sankey, show, tables, texts, views
from wijkboek_utils import wijkrekening_text as words
from wijkboek_utils.area_flows import Flows
from wijkboek_utils.charts import Account, Bar, Cents, Node
from wijkboek_utils.checks import CENT
from wijkboek_utils.dutch import Z90, about, interval, is_known, number
from wijkboek_utils.grammar import paragraph
from wijkboek_utils.multipliers import INSIDE
from wijkboek_utils.picture_rows import ELDERS, GAP, SAMEN, WIJK
from wijkboek_utils.show import Html

# In a picture a name has one short line.
_SHORT = {"instellingen": "Woningcorporaties", "buitenwereld": "Buiten of onbekend"}
_FROM = {**words.NAMES, WIJK: "Uit de wijk", GAP: "Komt tekort", "vermogen": "Uit vermogen"}
_TO = {**words.NAMES, WIJK: "Blijft in de wijk", GAP: "Houdt over"}
_MIDDLE = {**words.NAMES, ELDERS: "Elders, voor bewoners"}
_TONES = {"buitenwereld": "1", "rijk": "2", WIJK: "3", "vermogen": "4", GAP: "4"}
_PARTIES = {
    "huishoudens": "Huishoudens",
    "bedrijven": "Bedrijven in de wijk",
    "instellingen": "Instellingen in de wijk",
    "buitenwereld": "Anderen, voor de wijk",
    SAMEN: "Samen",
}
_OTHERS = "Andere doelen"
_LOOSE = (
    "De grenzen zijn ruim: wij rekenen alsof alle schattingen in een bedrag tegelijk dezelfde kant "
    "op fout zijn."
)


def wijk(
    closed: pd.DataFrame, rondgang: pd.DataFrame, inwoners: float, naam: str, periode: str
) -> Html:
    """Return the flows of a whole wijk: who brings money, who gets it, where it goes.

    `closed` as `wijkrekening.close`, `rondgang` as `wijkrekening.ranges` of `round_the_wijk`. What
    stays is said of an area with the `inwoners` of a wijk only: see `wijkrekening_text.size_note`.
    """
    rows = picture_rows.through(closed)
    title = f"Alle geldstromen van {naam}, {periode}"
    sentence = picture_text.wijk(rows, _stays(rondgang, "lek wijk", inwoners), naam)
    return layers(rows, title, sentence)


def layers(rows: pd.DataFrame, title: str, sentence: str) -> Html:
    """Return `picture_rows.through` as the picture of `wijk`, with another title and sentence."""
    if rows.empty:
        return show.text(sentence)
    columns, links = _layers(rows)
    svg = sankey.draw(columns, links, title, sentence)
    ends = [
        (_FROM[r.partij], _MIDDLE[r.sector])
        if r.kant == "in"
        else (_MIDDLE[r.sector], _TO[r.partij])
        for r in rows.itertuples()
    ]
    frame = pd.DataFrame(ends, columns=["Van", "Naar"])
    frame["Bedrag"] = [about(r.bedrag, r.se) for r in rows.itertuples()]
    frame["Waarschijnlijk"] = [interval(r.bedrag, r.se) for r in rows.itertuples()]
    note = (
        "Geld dat in de wijk blijft, staat er twee keer: waar het vandaan komt en waar het heen "
        f"gaat. {_LOOSE}"
    )
    twin = show.table(frame, title, {"Bedrag": str}, note=note)
    return show.figure(title, sentence, svg, twin, shape="narrow")


def _layers(rows: pd.DataFrame) -> tuple[list[list[sankey.Node]], list[sankey.Link]]:
    """Return `through` as three columns and the links between them."""

    def nodes(part: pd.DataFrame, by: str, names: dict[str, str], side: str) -> list[sankey.Node]:
        sums = part.groupby(by, sort=False)[["bedrag", "se"]].sum()
        return [
            sankey.Node(f"{side}{n}", names[str(n)], about(r.bedrag, r.se), _TONES.get(str(n), ""))
            for n, r in sums.iterrows()
        ]

    into, out = rows[rows["kant"] == "in"], rows[rows["kant"] == "uit"]
    rank = {name: n for n, name in enumerate([*INSIDE, ELDERS])}
    middle = into.sort_values("sector", key=lambda column: column.map(rank))
    columns = [
        nodes(into, "partij", _FROM, "van "),
        nodes(middle, "sector", _MIDDLE, ""),
        nodes(out, "partij", _TO, "naar "),
    ]
    links = [
        sankey.Link(f"van {r.partij}", r.sector, r.bedrag)
        if r.kant == "in"
        else sankey.Link(r.sector, f"naar {r.partij}", r.bedrag)
        for r in rows.itertuples()
    ]
    return columns, links


def _stays(rondgang: pd.DataFrame, figure: str, inwoners: float) -> picture_text.Stays:
    """Return the range of what does not leak, missing or not; None for an area of another size."""
    if words.size_note(inwoners):
        return None
    leak = rondgang.reindex([figure]).iloc[0]
    return 1 - leak["hoog"], 1 - leak["laag"]


def euro(
    closed: pd.DataFrame, rondgang: pd.DataFrame, inwoners: float, naam: str, periode: str
) -> Html:
    """Return where a euro of residents goes, as a hundred coins; arguments as `wijk`."""
    rows = picture_rows.cents(closed)
    title = f"Een euro van bewoners van {naam}, {periode}"
    sentence = picture_text.euro(rows, _stays(rondgang, "lek huishoudens", inwoners), naam)
    if rows.empty:
        return show.text(sentence)
    items = [Cents(r.soort, r.blijft, r.gaat) for r in rows.itertuples()]
    marks = "blijft in de wijk", "gaat de wijk uit, of wordt gespaard"
    frame = pd.DataFrame({"Waaraan": rows["soort"], "Cent": rows["blijft"] + rows["gaat"]})
    frame["Blijft in de wijk"], frame["Gaat de wijk uit"] = rows["blijft"], rows["gaat"]
    frame["Bedrag per jaar"] = [interval(r.bedrag, r.se) for r in rows.itertuples()]
    note = f"Cent: afgerond, zodat zij samen precies een euro zijn. {_LOOSE}"
    counts = dict.fromkeys(["Cent", "Blijft in de wijk", "Gaat de wijk uit"], number)
    twin = show.table(frame, title, counts, note=note)
    svg = charts.coins(items, marks, title, sentence)
    return show.figure(title, sentence, svg, twin, shape="narrow")


def balances(rows: pd.DataFrame, naam: str, periode: str) -> Html:
    """Return what goes out of and into each account; `rows` as `wijkrekening.balances`."""
    title = f"Wat er in elke rekening van {naam} komt en eruit gaat, {periode}"
    sentence = picture_text.balances(rows, naam)
    twin = words.balances(rows, f"{title}, vóór het sluiten")
    known = rows.dropna(subset=["in", "uit"], how="all")
    if known.empty:
        return show.text(sentence)
    svg = charts.accounts([_account(r) for _, r in known.iterrows()], title, sentence)
    return show.figure(title, sentence, svg, twin, shape="narrow")


def _account(row: pd.Series) -> Account:
    out, into, left, se = (float(row[c]) for c in ("uit", "in", "saldo", "se"))
    ends = (left - Z90 * se, left + Z90 * se) if is_known(left) and is_known(se) else (None, None)
    booked = [about(v) if is_known(v) else "niet geboekt" for v in (out, into)]
    told = booked[0], booked[1], interval(left, se, signed=True)
    figures = (v if is_known(v) else None for v in (out, into, left))
    return Account(words.NAMES[str(row["sector"])], told, *figures, *ends)


def parties(flows: Flows, naam: str, periode: str) -> Html:
    """Return what households, firms and others pay to gemeente and Rijk and get from them."""
    rows = picture_rows.parties(flows)
    title = f"Wie in {naam} betaalt aan gemeente en Rijk, en wie krijgt, {periode}"
    sentence = picture_text.parties(rows, naam)
    known = rows.dropna(subset=["betaalt", "krijgt"], how="all")
    if known.empty:
        return show.text(sentence)
    items = []
    for row in known.itertuples():
        group = _PARTIES[row.partij]
        items.append(_bar("Betaalt", row.betaalt, row.se_betaalt, group, "3"))
        items.append(_bar("Krijgt", row.krijgt, row.se_krijgt, group, "2"))
    frame = pd.DataFrame({"Wie": [_PARTIES[p] for p in rows["partij"]]})
    for name, column in (("Betaalt", "betaalt"), ("Krijgt", "krijgt")):
        pairs = zip(rows[column], rows[f"se_{column}"], strict=True)
        frame[name] = [interval(value, se) for value, se in pairs]
    pairs = zip(rows["verschil"], rows["se_verschil"], strict=True)
    frame["Betaalt min krijgt"] = [interval(value, se, signed=True) for value, se in pairs]
    note = (
        "Vóór het sluiten van de rekeningen. Anderen, voor de wijk: wie buiten de wijk zorg, "
        "onderwijs en andere diensten voor bewoners levert, en wie van buiten aan de gemeente "
        "betaalt."
    )
    twin = show.table(frame, title, note=note, totals=(_PARTIES[SAMEN],))
    svg = charts.bars(items, title, sentence)
    return show.figure(title, sentence, svg, twin, shape="narrow")


def _bar(name: str, amount: float, se: float, group: str = "", tone: str = "1") -> Bar:
    """Return an amount with its 90 % range as a bar; without an error there is no range."""
    if not is_known(amount):
        return Bar(name, about(amount), None, group=group, tone=tone)
    if not is_known(se) or not se > 0:
        return Bar(name, about(amount), float(amount), group=group, tone=tone)
    low, high = max(amount - Z90 * se, 0.0), amount + Z90 * se
    return Bar(name, about(amount, se), float(amount), low, high, group, tone)


def comparison(rows: pd.DataFrame, naam: str, gemeente: str, periode: str) -> Html:
    """Return an area beside its gemeente and the country; `rows` as `picture_rows.beside`."""
    title = f"{naam} naast de gemeente en Nederland, {periode}"
    sentence = picture_text.comparison(rows, naam, gemeente)
    places = {"waarde": naam, "gemeente": f"Heel {gemeente}", "land": "Nederland"}
    items = []
    for row in rows.itertuples():
        for column, name in places.items():
            if is_known(value := getattr(row, column)):
                own = _bar(name, value, row.se, row.naam)
                told = about(value, row.se_ander)
                other = Bar(name, told, float(value), group=row.naam, tone="2")
                items.append(own if column == "waarde" else other)
    if not items:
        return show.text(sentence)
    frame = pd.DataFrame({"Per inwoner": rows["naam"]})
    frame[naam] = [interval(r.waarde, r.se) for r in rows.itertuples()]
    for column in ("gemeente", "land"):
        if rows[column].notna().any():
            pairs = zip(rows[column], rows["se_ander"], strict=True)
            frame[places[column]] = [about(value, se) for value, se in pairs]
    svg = charts.bars(items, title, sentence, shared=False)
    twin = show.table(frame, title, dict.fromkeys(frame.columns[1:], str))
    return show.figure(title, sentence, svg, twin, shape="narrow")


def municipality(flows: Flows, naam: str, periode: str) -> Html:
    """Return who pays the gemeente for an area, and what it spends that on."""
    title = f"Geld van de gemeente voor {naam}, {periode}"
    account = views.gemeente_account(flows)
    paid, spent = views.receipts(flows), views.expenses(flows)
    sentence = texts.flow_sentence(naam, paid, spent)
    left, right = money_picture(paid, spent, views.negative_expenses(flows))
    if not left:
        return show.text(sentence)
    svg = charts.flows(left, "Gemeente", right, title, sentence)
    twin = tables.account(account, naam, periode)
    return show.figure(title, sentence, svg, twin, shape="narrow")


def goals(flows: Flows, taakvelden: pd.DataFrame, naam: str, periode: str) -> Html:
    """Return what the gemeente spends for an area by goal; `taakvelden` as in `views`."""
    title = f"Uitgaven van de gemeente voor {naam} naar doel, {periode}"
    rows = views.expenses(flows)
    sentence = texts.bars_sentence(rows)
    if rows.empty:
        return show.text(sentence)
    items = [bar(r) for r in rows[: picture_rows.MOST].itertuples()]
    if len(rest := rows[picture_rows.MOST :]):
        # As if all were off at once: a range that is never too small.
        items.append(_bar(_OTHERS, rest["bedrag"].sum(), rest["se"].sum()))
    twin = tables.domains(rows, title, views.poorer_share(flows, taakvelden))
    return show.figure(title, sentence, charts.bars(items, title, sentence), twin, shape="narrow")


def map_figure(
    kaart: pd.DataFrame, rows: pd.DataFrame, naam: str, gemeente: str, periode: str
) -> Html:
    """Return the map of expenses per inhabitant; `rows` as `views.per_inhabitant`."""
    title = f"Uitgaven van de gemeente per inwoner, buurten van {gemeente}, {periode}"
    shapes, legend = map_shapes(kaart, rows)
    said = texts.map_sentence(rows, naam, set(kaart["buurt"]))
    sentence = paragraph(said, picture_text.widest(shapes))
    if shapes.empty:
        return show.text(sentence)
    svg = charts.choropleth(shapes, title, sentence)
    twin = tables.per_buurt(rows, title)
    return show.figure(title, sentence, svg, twin, legend=legend, shape="map")


def money_picture(
    got: pd.DataFrame, spent: pd.DataFrame, less: pd.DataFrame, most: int = 7
) -> tuple[list[Node], list[Node]]:
    """Return payers and goals of municipal money as two lists that add up to the same amount.

    `got` as `views.receipts`, `spent` as `views.expenses`, `less` as `views.negative_expenses`.
    Goals beyond `most` are taken together. Negative lasten and the balance have a bar of their own.
    """
    negative = less["bedrag"].sum()
    paid = got[got["bedrag"] > 0]
    left = [
        _node(_SHORT.get(str(r.van), views.SECTOR_NAMES[str(r.van)]), r.bedrag, r.se, "1")
        for r in paid.itertuples()
    ]
    left += [_node("Correcties", negative, None, "3")] if negative > 0 else []
    right = [
        _node(str(r.domein).capitalize(), r.bedrag, r.se, "2") for r in spent[:most].itertuples()
    ]
    if len(spent) > most:
        right.append(_node(_OTHERS, spent[most:]["bedrag"].sum(), None, "2"))
    returned = -got.loc[got["bedrag"] < 0, "bedrag"].sum()
    right += [_node("Correcties", returned, None, "3")] if returned > 0 else []
    gap = sum(n.amount for n in left) - sum(n.amount for n in right)
    if gap < -CENT:
        left.append(_node("Komt tekort", -gap, None, "4"))
    elif gap > CENT:
        right.append(_node("Komt meer binnen", gap, None, "4"))
    return left, right


def _node(name: str, amount: float, se: float | None, tone: str) -> Node:
    return Node(name, about(amount, se), float(amount), tone)


def bar(row: Any) -> Bar:
    """Return a row of `views.expenses` as a bar with its 90 % range."""
    return _bar(str(row.domein).capitalize(), row.bedrag, row.se)


def map_shapes(kaart: pd.DataFrame, rows: pd.DataFrame) -> tuple[pd.DataFrame, Html]:
    """Return the shapes of the map with their class, and the legend that says what classes mean.

    `kaart` has `buurt` and `geometry`, `rows` as `views.per_inhabitant`.
    """
    shapes = kaart[["buurt", "geometry"]].merge(rows, on="buurt", how="inner", validate="1:1")
    shapes["klasse"] = charts.classes(shapes["per_inwoner"])
    shapes["binnen"] = shapes["gewicht"] > 0
    told = [
        f"{about(value)} per inwoner" if is_known(value) else "te weinig inwoners"
        for value in shapes["per_inwoner"]
    ]
    shapes["uitleg"] = [f"{name}: {what}" for name, what in zip(shapes["naam"], told, strict=True)]
    few = "minder dan 50 inwoners"
    return shapes, charts.classes_legend(shapes["per_inwoner"], shapes["klasse"], few)
