"""House rules that a reader would otherwise have to remember."""

import ast
import os
import re
import subprocess
import sys
import time
import tomllib
from importlib.metadata import packages_distributions

import pytest
import yaml

from tests.conftest import ROOT

PACKAGE = ROOT / "wijkboek_utils"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
).stdout.split("\n")[:-1]

# Who may import whom: a module imports only from rooms below its own.
ROOMS = [
    {
        "dutch",
        "errors",
        "files",
        "findings",
        "formulas",
        "htmltree",
        "kernel",
        "nursery",
        "order",
        "sums",
        "wire",
        "inbox.kernels",
        "inbox.visits",
        "local.contribution",
        "local.limits",
        "local.schema",
        "models.enterprise_books",
    },
    {
        "asked",
        "asking",
        "books",
        "browser",
        "colours",
        "compare_cells",
        "corrections",
        "depot",
        "exports_cells",
        "folders",
        "forks",
        "grammar",
        "language",
        "ledger",
        "machine",
        "net",
        "notebook_process",
        "page_rules",
        "regions",
        "show",
        "small_counts",
        "inbox.limits",
        "local.cells",
        "local.faults",
        "local.help",
        "local.opening",
        "local.pairing",
        "local.rules",
        "local.tabular",
        "local.template",
        "models.finance",
        "models.limits",
    },
    {
        "areas",
        "balance",
        "chapters",
        "disclosure",
        "drawing",
        "engine",
        "exports_html",
        "finding",
        "hashes",
        "insets",
        "inspection",
        "multipliers",
        "odata",
        "pages",
        "pools",
        "running",
        "several",
        "sources",
        "texts",
        "inbox.offer",
        "local.amounts",
        "local.archive",
        "local.csvfile",
        "local.header",
        "models.work_local",
    },
    {
        "area_flows",
        "columns",
        "crosswalk",
        "dominance",
        "download",
        "exports_book",
        "inputs",
        "kengetallen",
        "keys",
        "licences",
        "locatieserver",
        "mapplan",
        "passport_document",
        "pdok",
        "remember",
        "sankey",
        "shapes",
        "statement",
        "vintages",
        "explorer.pieces",
        "inbox.database",
        "inbox.server",
        "local.coordinates",
        "local.geofile",
        "local.marked",
        "local.values",
        "local.workbook",
        "models.case_scheme",
        "models.enterprise_picture",
        "models.terms",
    },
    {
        "bronnen",
        "bundle",
        "cbs",
        "charts",
        "cutouts",
        "estimates",
        "exports",
        "exports_xlsx",
        "green",
        "iv3",
        "protect",
        "spread",
        "worker",
        "inbox.tokens",
        "local.geopackage",
        "local.locate",
        "local.surveys",
        "models.matching",
        "models.netting",
        "models.networks",
        "models.plans",
        "models.ranges",
        "models.scaling",
    },
    {
        "addresses",
        "allocate",
        "compare",
        "crate",
        "flows",
        "households",
        "intake",
        "pilots",
        "explain.nodes",
        "inbox.parts",
        "local.counting",
        "local.reader",
        "local.store",
        "models.cashflow",
        "models.chance_plans",
        "models.cohesion_picture",
        "models.enterprise",
        "models.ownership",
        "models.pledges",
        "models.resale",
        "models.resilience",
        "models.scaling_text",
    },
    {
        "bookkeeping",
        "dcat",
        "fetch",
        "firms",
        "gazetteer",
        "household_flows",
        "income_kinds",
        "measures",
        "neighbours",
        "new_pilot",
        "plausibility_reasons",
        "run",
        "unpaid",
        "views",
        "weighing",
        "wijkrekening",
        "explain.raw",
        "inbox.buurten",
        "local.form",
        "local.merging",
        "local.placing",
        "models.agreement",
        "models.agreement_page",
        "models.cases",
        "models.chances",
        "models.contracting",
        "models.cuts",
        "models.inverdienen_text",
        "models.market_model",
        "models.ownership_examples",
        "models.plugging",
        "models.shares",
        "models.simulate",
    },
    {
        "assets",
        "attention",
        "availability",
        "checks",
        "evidence",
        "expenses",
        "green_text",
        "household_account",
        "neighbours_text",
        "new_area",
        "passports",
        "places",
        "plausibility",
        "scale",
        "tables",
        "webmap",
        "widest",
        "wijkrekening_text",
        "explain.municipal",
        "inbox.grid",
        "inbox.preview",
        "local.checking",
        "local.claims",
        "local.doubles",
        "models.area_case",
        "models.chance_plan_text",
        "models.enterprise_text",
        "models.game",
        "models.market",
        "models.outcomes",
        "models.work_books",
    },
    {
        "account_passports",
        "areas_text",
        "assets_text",
        "gate",
        "index_entries",
        "picture_rows",
        "plausibility_area",
        "plausibility_country",
        "scale_text",
        "summary",
        "years",
        "explain.incomes",
        "inbox.submissions",
        "local.booking",
        "models.cases_text",
        "models.chances_text",
        "models.contracting_text",
        "models.game_text",
        "models.refusals",
        "models.savings_text",
        "models.shapley",
        "models.work",
    },
    {
        "check",
        "compilation",
        "index",
        "picture_text",
        "record",
        "summary_text",
        "years_text",
        "explain.residents",
        "inbox.decisions",
        "inbox.form",
        "local.register",
        "models.case_results",
        "models.game_board",
        "models.market_text",
        "models.work_text",
    },
    {
        "pictures",
        "explain.firms",
        "explain.rebuilt",
        "explorer.books",
        "inbox.desk",
        "inbox.serving",
        "local.account",
        "models.area_case_text",
        "models.bakery",
    },
    {
        "cli_inbox",
        "report",
        "explain.books",
        "explain.closed",
        "explorer.maps",
        "inbox.page",
        "models.bakery_text",
    },
    {"explain.report", "explorer.model", "inbox.warm", "models.networks_text"},
    {"warm", "explain.measured", "explorer.text"},
    {"job", "explain.derive", "explorer.files"},
    {"cluster", "explain.data", "explain.view", "explorer.board"},
    {"batch", "explain.text", "explorer.warm"},
    {"cli_render", "rebuild", "explain.graph"},
    {"cli_explain", "cli_local", "cli_new", "verify"},
    {"cli_verify"},
    {"cli"},
]


PARTS = ("explain", "explorer", "local", "inbox", "models")  # packages within the package
MODULES = {
    ".".join(p.relative_to(PACKAGE).with_suffix("").parts): p
    for p in sorted(PACKAGE.rglob("*.py"))
    if p.stem != "__init__"
}


def imports(name: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(PACKAGE.name):
            continue
        inside = node.module.split(".")[1:]
        if not inside or inside in ([part] for part in PARTS):
            found |= {".".join([*inside, alias.name]) for alias in node.names} - {"__version__"}
        else:
            found.add(".".join(inside))
    return found - {*PARTS}


def test_every_module_has_a_room():
    assert set(MODULES) == set.union(*ROOMS)


def test_imports_go_one_way():
    for level, room in enumerate(ROOMS):
        below = set.union(set(), *ROOMS[:level])
        for name in room:
            assert imports(name) <= below, f"{name} importeert {imports(name) - below}"


@pytest.mark.parametrize("name", ["sources", "regions", "ledger", "show"])
def test_the_ground_floor_imports_nothing_of_ours_but_words(name):
    assert imports(name) <= {"errors", "dutch", "corrections", "files", "folders", "sums"}


def test_only_the_runner_and_the_report_know_papermill_and_nbconvert():
    for path in MODULES.values():
        if path.stem not in ("run", "engine", "kernel", "notebook_process", "chapters", "kernels"):
            code = path.read_text()
            assert not re.search(r"(import|from) (papermill|nbconvert|jupyter_client)", code)


def test_no_gemeente_is_special():
    for path in MODULES.values():
        assert not re.search(r"if .*gemeente\w* [!=]= [\"']", path.read_text()), path.name


def test_no_pattern_doubles_a_group():
    # Python before 3.11.5 reads a possessive group wrongly (gh-106052); Debian 12 has 3.11.2.
    for path in MODULES.values():
        assert not re.search(r"(?<!\\)\)[*+?]\+", path.read_text()), path.name


def test_modules_stay_small():
    for path in MODULES.values():
        assert len(path.read_text().splitlines()) <= 320, path.name


def test_the_lock_holds_every_dependency_with_hashes_and_no_address():
    lock = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"https?://|index-url|find-links", lock)
    wanted = sum(PROJECT["optional-dependencies"].values(), PROJECT["dependencies"])
    for requirement in wanted:
        name = re.match(r"[a-z0-9-]+", requirement)[0]
        assert re.search(rf"^{name}==\S+.*\\\n    --hash=sha256:", lock, re.M), name


def test_what_we_import_stands_among_the_dependencies():
    extras = PROJECT["optional-dependencies"]
    named = [*PROJECT["dependencies"], *extras["keuring"], *extras["cluster"]]
    named = {re.match(r"[a-z0-9-]+", requirement)[0] for requirement in named}
    found = set()
    for path in MODULES.values():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module.split(".")[0])
    packages = packages_distributions()
    ours = found - set(sys.stdlib_module_names) - {PACKAGE.name}
    assert {packages[name][0].lower().replace("_", "-") for name in ours} <= named


def test_the_version_is_said_once():
    from wijkboek_utils import __version__

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert PROJECT["version"] == __version__ == citation["version"]
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_help_uses_less_than_0_3_seconds_of_cpu_and_imports_nothing_heavy():
    code = (
        "import sys, wijkboek_utils.cli as c\n"
        "try: c.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'pandas', 'numpy', 'papermill', 'yaml', 'nbformat'} & set(sys.modules)))"
    )
    before = os.times()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    after = os.times()
    assert done.stdout.splitlines()[-1] == "[]"
    used = after.children_user + after.children_system
    assert used - before.children_user - before.children_system < 0.3
    assert "render" in done.stdout and time  # the verbs are listed


def test_the_readme_opens_with_the_two_commands_that_ci_and_users_run():
    readme = (ROOT / "README.md").read_text()
    assert "make report" in readme[:2500] and "make test" in readme[:2500]
    assert re.search(r"^make test$", (ROOT / ".ci" / "run").read_text(), re.M)


def test_the_readme_names_only_files_that_exist():
    readme = (ROOT / "README.md").read_text()
    for path in re.findall(r"\]\(((?!http|#)[^)]+)\)", readme):
        assert (ROOT / path).exists(), path


def test_the_repository_is_small_and_holds_nothing_that_is_built():
    files = [ROOT / name for name in TRACKED if (ROOT / name).is_file()]
    assert sum(f.stat().st_size for f in files) < 30_000_000
    built = [n for n in TRACKED if re.match(r"(reports|data/processed)/(?!README)", n)]
    assert built == []
