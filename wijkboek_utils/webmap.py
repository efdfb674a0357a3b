"""The interactive map of a pilot: one page of its own that asks nothing of any other computer."""

import re
from html import escape
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from wijkboek_utils import charts, dutch, pages, shapes, show, sources, views
from wijkboek_utils.dutch import UNKNOWN, about, number
from wijkboek_utils.pilots import Pilot
from wijkboek_utils.regions import INHABITANTS, told

TILE_HOST = "https://service.pdok.nl"
# https://www.pdok.nl: BRT Achtergrondkaart of Kadaster, CC BY 4.0, in the scheme of web maps.
TILES = f"{TILE_HOST}/brt/achtergrondkaart/wmts/v2_0/grijs/EPSG:3857/{{z}}/{{x}}/{{y}}.png"
TILE_CREDIT = "Kadaster (BRT), PDOK"
LAYERS = {
    "uitgaven": "Uitgaven van de gemeente per inwoner",
    "inwoners": "Aantal inwoners",
    "inkomen": "Inkomen per inwoner, voor belasting",
}
_DETAIL = 2000  # the map is drawn on a screen of at most so many points wide at first sight
_POINTS = 14_000  # about 300 kB; more makes a page that is slow to get on a telephone
_LONG = 80  # a longer name is cut off on the map; the table has it whole
_FLAT = "L_DISABLE_3D = matchMedia('(prefers-reduced-motion: reduce)').matches;"


def warm() -> None:
    """Prepare what is the same for each map: the way from the Dutch grid to degrees."""
    gpd.GeoSeries([shapely.Point(0, 0)], crs=shapes.RD).to_crs(shapes.WGS84)


def figures(
    boekingen: pd.DataFrame, gebied: pd.DataFrame, indicatoren: pd.DataFrame, inkomen: pd.DataFrame
) -> pd.DataFrame:
    """Return what the map shows of each buurt: `buurt`, `naam`, `gewicht`, and for each layer its
    figure, missing where it is not known, and `<layer>_woorden`.

    `uitgaven` and `inkomen` are EUR per inhabitant a year. `inkomen` as `households.income`.
    """
    inwoners = indicatoren[indicatoren["onderwerp"] == INHABITANTS].set_index("gebied")["waarde"]
    spent = views.per_inhabitant(boekingen, gebied, inwoners)
    spent = spent.assign(se=spent["se"] / spent["inwoners"])[["buurt", "per_inwoner", "se"]]
    earned = inkomen.assign(se=inkomen["se"] / inkomen["inwoners"].where(inkomen["inwoners"] > 0))
    earned = earned.set_index("buurt")[["per_inwoner", "se", "methode"]].add_prefix("inkomen_")
    table = gebied[["buurt", "naam", "gewicht"]]
    table = table.merge(spent, on="buurt", how="left", validate="1:1").join(earned, on="buurt")
    table["inwoners"] = table["buurt"].map(inwoners)
    rows = list(table.itertuples())
    table["uitgaven_woorden"] = [_spent(r) for r in rows]
    table["inwoners_woorden"] = [number(r.inwoners) for r in rows]
    table["inkomen_woorden"] = [_earned(r) for r in rows]
    table = table.rename(columns={"per_inwoner": "uitgaven", "inkomen_per_inwoner": "inkomen"})
    return table.drop(columns=["se", "inkomen_se", "inkomen_methode"])


def _spent(row: Any) -> str:
    """Return expenses per inhabitant in words, with their range."""
    if row.inwoners < views.FEW:
        return "te weinig inwoners"
    if not dutch.is_known(row.per_inwoner):
        return UNKNOWN
    return f"{about(row.per_inwoner)} ({dutch.interval(row.per_inwoner, row.se)})"


def _earned(row: Any) -> str:
    """Return income per inhabitant in words, and whether it was published for this buurt."""
    if not dutch.is_known(row.inkomen_per_inwoner):
        return UNKNOWN
    words = about(row.inkomen_per_inwoner, row.inkomen_se)
    return words if row.inkomen_methode == "gemeten" else f"{words} (geschat)"


def page(
    pilot: Pilot,
    elsewhere: str = "index.html#geldstromen-op-de-kaart",
    concept: bool = False,
) -> str:
    """Return the map of a pilot whose notebooks have run, as one self-contained page.

    `elsewhere` is the table in its report; a `concept` says so across its head. The same
    tables give the same bytes. Raises Fout when a processed table is not there.
    """
    names = ("grootboek", "gebied", "indicatoren", "inkomen")
    kaart = gpd.read_parquet(sources.table_path(pilot.slug, "kaart"))
    rows = figures(*(sources.read_table(pilot.slug, name) for name in names))
    borders = [sources.source(name).attribution for name in sources.ids(kaart["bron"])]
    credits = [*borders, "Bron: CBS"]
    return render(pilot, kaart, rows, credits, elsewhere, concept)


def render(
    pilot: Pilot,
    kaart: gpd.GeoDataFrame,
    rows: pd.DataFrame,
    credits: list[str],
    elsewhere: str,
    concept: bool = False,
) -> str:
    """Return the page of a map. `kaart` has `buurt` and `geometry`, `rows` are as `figures`.

    The first of `credits` is that of the boundaries; it stands on the map too. A gebied that was
    drawn has its own outline, another that of its buurten.
    """
    buurten = kaart[["buurt", "geometry"]].merge(rows, on="buurt", how="left", validate="1:1")
    buurten = buurten.fillna({"naam": UNKNOWN, "gewicht": 0.0}).reset_index(drop=True)
    steps = pd.DataFrame({layer: charts.classes(buurten[layer]) for layer in LAYERS})
    drawn = shapes.read(pilot.uitsnede.vorm) if pilot.uitsnede and pilot.uitsnede.vorm else None
    scripts = [_FLAT, _leaflet(), _drawing(simplified(buurten), steps, drawn)]
    scripts += [pages.text("kaart.js"), pages.text("tekenen.js")]
    return (
        pages.templates()
        .get_template("kaart.html.j2")
        .render(
            pilot=pilot,
            layers=LAYERS,
            legends={layer: legend(buurten[layer], steps[layer], layer) for layer in LAYERS},
            buurten=[(n, show.plain(name)) for n, name in _by_name(buurten)["naam"].items()],
            whole=bool((buurten["gewicht"] == 1).all()),
            outlined_parts=drawn is None
            and bool(buurten["gewicht"].between(0, 1, "neither").any()),
            table=_table(rows, pilot).html,
            credits=credits,
            elsewhere=elsewhere,
            tile_host=TILE_HOST,
            tile_credit=TILE_CREDIT,
            concept=concept,
            style=pages.style(pilot.huiskleuren),
            leaflet_style=_without_pictures(pages.text("leaflet/leaflet.css")),
            scripts=scripts,
            allowed=pages.allowed(scripts),
        )
    )


def _by_name(shapes: pd.DataFrame) -> pd.DataFrame:
    return shapes.sort_values(["naam", "buurt"], key=lambda c: c.str.casefold())


def _leaflet() -> str:
    # The last line names a file for who debugs Leaflet; it is not here.
    return re.sub(r"\n//# sourceMappingURL=.*", "", pages.text("leaflet/leaflet.js"))


def _without_pictures(css: str) -> str:
    """Return the style of Leaflet without the rules for buttons and pins that we do not show."""
    return re.sub(r"[^;{}]*url\([^)]*\)[^;{}]*;", "", css)


def simplified(buurten: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the buurten with no more detail than can be seen, still without gaps between them.

    Shared borders are simplified once, for both sides (Visvalingam-Whyatt on a coverage).
    """
    x0, y0, x1, y1 = buurten.total_bounds
    tolerance = max(x1 - x0, y1 - y0) / _DETAIL
    rough = shapely.coverage_simplify(buurten.geometry.to_numpy(), tolerance)
    for _ in range(12):  # what is left then are corners where three areas meet
        if shapely.get_num_coordinates(rough).sum() <= _POINTS:
            break
        tolerance *= 1.5
        rough = shapely.coverage_simplify(buurten.geometry.to_numpy(), tolerance)
    return buurten.set_geometry(gpd.GeoSeries(rough, index=buurten.index, crs=buurten.crs))


def _outline(buurten: gpd.GeoDataFrame, drawn: Any) -> Any:
    """Return the outline of the gebied in degrees: as drawn, or that of its buurten."""
    if drawn is not None:
        rough = gpd.GeoSeries([shapely.simplify(drawn, 2.0)], crs=shapes.RD).to_crs(shapes.WGS84)
        return rough.iloc[0]
    inside = buurten.loc[(buurten["gewicht"] > 0).to_numpy(), "geometry"]
    return shapely.set_precision(inside.union_all(), 1e-6)


def _drawing(buurten: gpd.GeoDataFrame, steps: pd.DataFrame, drawn: Any = None) -> str:
    """Return the script that draws the buurten and the outline of the gebied, made by folium."""
    import folium  # takes half a second to import

    world = buurten.to_crs(shapes.WGS84)
    chart = folium.Map(tiles=None, zoom_control=False, scroll_wheel_zoom=False, zoom_snap=0.5)
    # Folium reads what it has written once more as a template. So an area is a number to it, and
    # of what others wrote it gets only the words, in which no template can begin (see _words).
    styles = {
        str(n): " ".join(f"{layer}-{_step(step)}" for layer, step in row.items())
        for n, row in enumerate(steps.to_dict("records"))
    }
    features = [
        _feature(r.geometry, id=str(n), properties={"uitleg": _words(r)})
        for n, r in enumerate(world.itertuples())
    ]
    areas = folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        style_function=lambda feature: {"className": styles[feature["id"]], "fillOpacity": 1},
        tooltip=folium.GeoJsonTooltip(["uitleg"], labels=False, class_name="kaart-uitleg"),
        smooth_factor=0,
    )
    _named(chart, "kaart")
    _named(areas, "buurten").add_to(chart)
    for child in areas._children.values():
        _named(child, "uitleg")
    edge = _outline(world, drawn)
    for name in ("omtrek_papier", "omtrek"):
        outline = folium.GeoJson(
            _feature(edge, properties={}),
            style_function=lambda feature, name=name: {"className": name, "fill": False},
            smooth_factor=0,
        )
        _named(outline, name).add_to(chart)
    tiles = folium.TileLayer(TILES, attr=TILE_CREDIT, show=False)
    _named(tiles, "pdok").add_to(chart)
    chart.render()  # and not the page that folium would put it on
    return str(chart.get_root().script.render())


def _named(element: Any, name: str) -> Any:
    """Give an element of folium a name of our own: its own is random."""
    element._id = name
    return element


def _feature(geometry: Any, **more: Any) -> dict[str, Any]:
    """Return a GeoJSON feature with coordinates of about a metre."""
    exact = shapely.geometry.mapping(geometry)
    text = exact | {"coordinates": _rounded(exact["coordinates"])}
    return {"type": "Feature", "geometry": text, **more}


def _rounded(value: Any) -> Any:
    if isinstance(value[0], float):
        return [round(part, 5) for part in value]
    return [_rounded(part) for part in value]


def _step(step: Any) -> str:
    return "geen" if pd.isna(step) else str(int(step))


def _words(row: Any) -> str:
    """Return what the map says of a buurt, as HTML: Leaflet puts it on the page as it is."""
    name = show.plain(row.naam)
    name = name if len(name) <= _LONG else f"{name[:_LONG]}…"
    # A name that reads from right to left must not turn round the words after it.
    html = f"<b><bdi>{escape(name)}</bdi></b>"
    for layer, title in LAYERS.items():
        said, _, more = _said(getattr(row, f"{layer}_woorden")).partition(" (")
        more = f" ({more}" if more else ""
        html += f"<br>{escape(title)}: <strong>{escape(said)}</strong>{escape(more)}"
    if 0 < row.gewicht < 1:
        html += (
            f"<br>Ligt voor ongeveer <strong>{dutch.percent(row.gewicht)}</strong> in het gebied"
        )
    return html.replace("{", "&#123;").replace("}", "&#125;")


def _said(words: Any) -> str:
    return words if isinstance(words, str) else UNKNOWN


def legend(values: pd.Series, steps: pd.Series, layer: str) -> list[tuple[str, str]]:
    """Return what the colours of a layer mean: (class, words), the lowest first."""
    write = number if layer == "inwoners" else about
    items = []
    for step, group in values.groupby(steps):
        low, high = write(group.min()), write(group.max())
        items.append((_step(step), low if low == high else f"{low} tot {high}"))
    if steps.isna().any():
        few = f"onbekend, of minder dan {views.FEW} inwoners"
        items.append(("geen", few if layer == "uitgaven" else UNKNOWN))
    return items


def _table(rows: pd.DataFrame, pilot: Pilot) -> show.Html:
    """Return every figure of the map as a table, the buurten of the gebied first."""
    rows = rows[~rows["buurt"].str.endswith("REST")]
    rows = _by_name(rows).sort_values("gewicht", ascending=False, kind="stable")
    frame = pd.DataFrame(
        {
            "Buurt": rows["naam"] + rows["gewicht"].map(told),
            **{title: rows[f"{layer}_woorden"] for layer, title in LAYERS.items()},
        }
    )
    caption = f"De cijfers van de kaart: buurten van {pilot.gemeentenaam}, {pilot.periode}"
    return show.table(frame, caption, dict.fromkeys(LAYERS.values(), str))
