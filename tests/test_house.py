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
        "books",
        "dutch",
        "errors",
        "findings",
        "htmltree",
        "ledger",
        "nursery",
        "inbox.kernels",
        "inbox.visits",
        "local.contribution",
        "local.limits",
        "local.schema",
        "models.enterprise_books",
    },
    {
        "balance",
        "browser",
        "colours",
        "corrections",
        "grammar",
        "language",
        "multipliers",
        "net",
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
        "chapters",
        "disclosure",
        "drawing",
        "exports_html",
        "insets",
        "inspection",
        "odata",
        "pages",
        "pools",
        "several",
        "sources",
        "texts",
        "local.amounts",
        "local.archive",
        "local.csvfile",
        "local.header",
        "models.work_local",
    },
    {
        "columns",
        "crosswalk",
        "dominance",
        "download",
        "exports_xlsx",
        "kengetallen",
        "kernels",
        "keys",
        "pdok",
        "sankey",
        "shapes",
        "statement",
        "vintages",
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
        "cbs",
        "charts",
        "cutouts",
        "estimates",
        "exports",
        "green",
        "iv3",
        "protect",
        "spread",
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
        "flows",
        "households",
        "intake",
        "pilots",
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
        "fetch",
        "firms",
        "household_flows",
        "income_kinds",
        "measures",
        "neighbours",
        "plausibility_reasons",
        "run",
        "unpaid",
        "views",
        "weighing",
        "wijkrekening",
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
        "checks",
        "evidence",
        "expenses",
        "green_text",
        "household_account",
        "neighbours_text",
        "passports",
        "places",
        "plausibility",
        "scale",
        "tables",
        "webmap",
        "wijkrekening_text",
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
        "scale_text",
        "summary",
        "years",
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
        "index",
        "picture_text",
        "summary_text",
        "years_text",
        "inbox.decisions",
        "inbox.form",
        "local.register",
        "models.case_results",
        "models.game_board",
        "models.market_text",
        "models.work_text",
    },
    {
        "cli_local",
        "pictures",
        "inbox.desk",
        "inbox.serving",
        "local.account",
        "models.area_case_text",
        "models.bakery",
    },
    {"cli_inbox", "report", "inbox.page", "models.bakery_text"},
    {"cli", "inbox.warm", "models.networks_text"},
]


PARTS = ("local", "inbox", "models")  # packages within the package
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
    assert imports(name) <= {"errors", "dutch", "corrections"}


def test_only_the_runner_and_the_report_know_papermill_and_nbconvert():
    for path in MODULES.values():
        if path.stem not in ("run", "chapters", "kernels"):
            code = path.read_text()
            assert not re.search(r"(import|from) (papermill|nbconvert|jupyter_client)", code)


def test_no_gemeente_is_special():
    for path in MODULES.values():
        assert not re.search(r"if .*gemeente\w* [!=]= [\"']", path.read_text()), path.name


def test_modules_stay_small():
    for path in MODULES.values():
        assert len(path.read_text().splitlines()) <= 320, path.name


def test_environment_yml_and_pyproject_say_the_same_versions():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    conda = {d.replace("_", "-") for d in environment["dependencies"] if isinstance(d, str)}
    assert conda - {"pip"} == {*PROJECT["dependencies"], f"python{PROJECT['requires-python']}"}


def test_the_lock_holds_every_dependency_with_hashes_and_no_address():
    lock = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"https?://|index-url|find-links", lock)
    wanted = sum(PROJECT["optional-dependencies"].values(), PROJECT["dependencies"])
    for requirement in wanted:
        name = re.match(r"[a-z0-9-]+", requirement)[0]
        assert re.search(rf"^{name}==\S+.*\\\n    --hash=sha256:", lock, re.M), name


def test_what_we_import_stands_among_the_dependencies():
    named = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["keuring"]]
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
