"""What firms and institutions of a buurt get and pay, as `wijkboek_utils.firms` estimates it."""

from collections.abc import Iterable

from wijkboek_utils import firms as firms_
from wijkboek_utils.explain.municipal import Flow, Flows
from wijkboek_utils.explain.nodes import EURO, NUMBER, Node, filled, of, total
from wijkboek_utils.explain.raw import Figures
from wijkboek_utils.explain.residents import counted
from wijkboek_utils.flows import LANDED

_WORK = "werk en inkomen"


def flows(f: Figures, residents: Flows, municipal: Flows) -> Flows:
    """Return the flows of firms and institutions, as `firms.all_flows`.

    `residents` and `municipal` as they stand in the books.
    """
    parts = counted(f, "instellingen")
    parts |= _institutions(f, parts)
    known = residents | {flow: node for flow, node in municipal.items() if not flow.rest}
    levied = _sum((n for flow, n in known.items() if flow.van == "bedrijven"), "heffingen")
    paid = _sum(
        (n for flow, n in known.items() if (flow.van, flow.naar) == ("gemeente", "buitenwereld")),
        "wat de gemeente buiten de wijk betaalt",
    )
    landed = paid * f.unit("aandeel_inkoop_gemeente_wijk")
    parts[Flow(LANDED, "buitenwereld", "bedrijven", _WORK)] = landed.named(LANDED, EURO)
    to_firms = {
        flow: node for flow, node in (residents | parts).items() if flow.naar == "bedrijven"
    }
    return parts | _firms(f, to_firms, levied)


def _sum(nodes: Iterable[Node], label: str) -> Node:
    found = [node.known() for node in nodes]
    return total(found, label) if found else of(0.0)


def _institutions(f: Figures, paid: Flows) -> Flows:
    found: Flows = {}
    for kind in ("zorg", "onderwijs"):
        mine = [
            node
            for flow, node in paid.items()
            if flow.naar == "instellingen" and flow.post.startswith(kind)
        ]
        if not mine:
            continue
        money = total(mine, f"geld voor {kind} in de wijk")
        wages = (money * f.unit(f"aandeel_loon_{kind}")).named(f"loonkosten {kind}", EURO)
        employers, premiums, own = _wages(f, wages)
        for post, naar, amount in (
            (f"{kind}:loon", "buitenwereld", wages - employers - own),
            (f"{kind}:inkoop", "buitenwereld", money - wages),
            (f"inkomen:loon_{kind}", "huishoudens", own),
            ("belasting:werkgevers", "rijk", premiums),
            ("premie:pensioen", "buitenwereld", employers - premiums),
        ):
            found[Flow(post, "instellingen", naar, kind)] = amount.named(post, EURO)
    return found


def _wages(f: Figures, wages: Node) -> tuple[Node, Node, Node]:
    """Return what employers pay on top, the part of it for the Rijk, and wages of residents."""
    employers = wages * f.unit("werkgeverslasten_aandeel")
    premiums = wages * f.unit("werkgeverslasten_aandeel_rijk")
    own = (wages - employers) * f.unit("aandeel_wijkbanen_wijkbewoners")
    return employers.named("werkgeverslasten", EURO), premiums, own


def _firms(f: Figures, received: Flows, levied: Node) -> Flows:
    turnover, value, wages, bought = _production(f)
    sold = total([*received.values()], "verkocht in de wijk")
    goods_ = [n for flow, n in received.items() if flow.post.startswith(firms_.GOODS)]
    goods = total(goods_, "winkelverkoop") * (1 - f.unit("handelsmarge"))
    goods = goods.named("inkoop van handelswaar", EURO)
    near = bought * f.unit("aandeel_inkoop_bedrijf_wijk")
    surplus = (value - wages).named("waarde zonder lonen", EURO)
    tax = surplus * f.unit("vpb_quote")
    worn = value * f.unit("afschrijving_quote")
    profit = (surplus - tax - worn - levied).at_least(0.0).named("winst", EURO)
    employers, premiums, own_wages = _wages(f, wages)
    own_profit = profit * f.unit("aandeel_winst_wijk")
    exported = (turnover - sold + goods - near).at_least(0.0)
    outside, inside, rijk = "buitenwereld", "huishoudens", "rijk"
    found: Flows = {}
    for post, other, amount in (
        ("bedrijf:omzet_buiten", outside, exported),
        ("bedrijf:inkoop", outside, bought - near),
        ("bedrijf:handelswaar", outside, goods),
        ("bedrijf:loon", outside, wages - employers - own_wages),
        ("bedrijf:winst", outside, profit - own_profit),
        ("inkomen:loon_bedrijven", inside, own_wages),
        ("inkomen:winst_bedrijven", inside, own_profit),
        ("belasting:werkgevers", rijk, premiums),
        ("premie:pensioen", outside, employers - premiums),
        ("belasting:winst", rijk, tax),
        ("sparen:bedrijven", "vermogen", worn),
    ):
        sells = post == "bedrijf:omzet_buiten"
        van, naar = (other, "bedrijven") if sells else ("bedrijven", other)
        found[Flow(post, van, naar, _WORK)] = amount.at_least(0.0).named(post, EURO)
    return found


def _production(f: Figures) -> tuple[Node, Node, Node, Node]:
    """Return turnover, value added, wages and purchases of the firms of each buurt."""
    rows: list[tuple[Node, Node, Node, Node]] = []
    for sector, (topic, naam) in firms_.SECTORS.items():
        number = f.formula(topic)
        if number is None:
            rate = f.unit(f"vestigingen_per_1000_inwoners_{sector}")
            number = f.people() * rate / 1000
        else:
            number = filled(number, f.people())
        number = number.named(f"vestigingen, {naam}", NUMBER)
        value = number * f.unit(f"toegevoegde_waarde_per_vestiging_{sector}")
        value = value.named(f"toegevoegde waarde, {naam}", EURO)
        wages = (value * f.unit(f"loonquote_{sector}")).named(f"lonen, {naam}", EURO)
        quote = f.unit(f"verbruiksquote_{sector}")
        turnover = (value / (1 - quote)).named(f"omzet, {naam}", EURO)
        rows.append((turnover, value, wages, (turnover * quote).named(f"inkoop, {naam}", EURO)))
    names = ("omzet", "toegevoegde waarde", "lonen", "inkoop")
    turnover, value, wages, bought = (
        total(list(column), f"{name} van bedrijven")
        for name, column in zip(names, zip(*rows, strict=True), strict=True)
    )
    return turnover, value, wages, bought
