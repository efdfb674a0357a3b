"""The account of the households of an area: where their money comes from and where it goes."""

import numpy as np
import pandas as pd

from wijkboek_utils import dutch, ledger, wijkrekening
from wijkboek_utils.area_flows import Flows, once
from wijkboek_utils.dutch import about, interval, is_known, percents

TOTAL_IN, TOTAL_OUT, LEFT = wijkrekening.NAMES
_OTHER = "Andere goederen en diensten"
NOTE = (
    "Het inkomen van CBS is omgerekend naar alle inwoners en naar het jaar van de rekening. "
    "Soorten inkomen en uitgaven zijn geschat: een aantal maal een landelijk bedrag. Zo'n "
    "schatting zegt niets over één huishouden."
)


@once
def account(flows: Flows) -> pd.DataFrame:
    """Return the account of households as `wijkrekening.sector`.

    What is left is no figure of its own: it is what our estimates miss or count too much.
    """
    rows = wijkrekening.sector(flows, "huishoudens")
    earned = rows["regel"].str.startswith("Loon en winst")
    if not rows.loc[earned, "bedrag"].notna().any():
        # Without income there is no tax either: what is left of the lines is no total.
        rows.loc[rows["regel"].isin([TOTAL_IN, TOTAL_OUT, LEFT]), ["bedrag", "se"]] = np.nan
    return rows


def local_share(flows: Flows) -> pd.Series:
    """Return what households spend in shops and on services: `bedrag`, `lokaal`, and its `se`.

    The error is that of the share: how much they spend does not matter to it.
    """
    rows = flows.rows[flows.rows["post"].str.startswith("besteding:")]
    near = rows["naar"] == "bedrijven"
    whole, local = (part["bedrag"].sum(min_count=1) for part in (rows, rows[near]))
    share = local / whole if whole else np.nan
    error = (near.to_numpy(float) - share) @ flows.loadings[rows.index]
    return pd.Series({"bedrag": whole, "lokaal": local, "se": np.sqrt((error**2).sum())})


def sentence(rows: pd.DataFrame, near: pd.Series, naam: str) -> str:
    """Say what to see in the account; `rows` as `account`, `near` as `local_share`."""
    table = rows.set_index("regel")
    total, left = table.loc[TOTAL_IN], table.loc[LEFT]
    named = (rows["kant"] == "uit") & ~rows["regel"].isin([TOTAL_OUT, _OTHER])
    spent = rows[named].dropna(subset="bedrag")
    if not is_known(total["bedrag"]) or spent.empty:
        return f"Wat huishoudens in {naam} uitgeven, is niet bekend."
    largest = spent.sort_values("bedrag", ascending=False)["regel"].head(3)
    names = dutch.join([dutch.lower_first(name) for name in largest])
    text = [
        f"Huishoudens in {naam} krijgen samen ongeveer {about(total['bedrag'], total['se'])} per "
        f"jaar. Het meeste gaat naar schatting naar {names}.",
    ]
    if is_known(near["lokaal"]) and near["bedrag"] > 0:
        low, high = (near["lokaal"] + side * dutch.Z90 * near["se"] for side in (-1, 1))
        text.append(
            "Van wat zij in winkels en aan diensten uitgeven blijft naar schatting "
            f"{percents(max(low, 0) / near['bedrag'], min(high / near['bedrag'], 1))} in de eigen "
            "wijk."
        )
    text.append(_rest(left))
    return " ".join(text)


def _rest(left: pd.Series) -> str:
    """Say what the estimates do not explain."""
    margin = dutch.Z90 * left["se"]
    if abs(left["bedrag"]) <= margin:
        return "Inkomsten en uitgaven passen bij elkaar, binnen de marge van onze schatting."
    rest = interval(abs(left["bedrag"]), left["se"])
    if left["bedrag"] > 0:
        return f"Van de inkomsten is {rest} niet verklaard: wij weten niet waar het heen gaat."
    return (
        f"Er gaat volgens onze schatting {rest} meer uit dan er binnenkomt. Dat kan bijna niet: "
        "een deel van de schatting klopt hier dus niet."
    )


def imputed_sentence(rows: pd.DataFrame, weights: ledger.Weights, naam: str) -> str:
    """Say what living in an own house is worth; `rows` as `household_flows.imputed_rent`."""
    share, unsure = (rows["buurt"].map(w).fillna(0.0) for w in ledger.weights_of(weights))
    inside = rows.assign(weight=share, unsure=unsure).query("weight > 0")
    value = (inside["waarde"] * inside["weight"]).sum(min_count=1)
    if not is_known(value):
        return ""
    # One rent for all dwellings: its error is that of all buurten. A weight is off by itself.
    moved = np.sqrt(((inside["waarde"] * inside["unsure"]) ** 2).sum())
    error = np.hypot((inside["se"] * inside["weight"]).sum(), moved)
    return (
        f"Wie in {naam} een huis bezit, woont daar zonder huur te betalen. Dat is naar schatting "
        f"{interval(value, error)} per jaar waard. Het is geen geld dat stroomt: het staat niet in "
        "de rekening."
    )
