"""What the pages say exists, exists: links, headings, commands, addresses, demonstration accounts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
ADR_PARTS = ["Context", "Choice", "Costs"]
ADR_LINES = 60
"""About one printed page."""


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub and its likes give to the headings of a page."""
    heads = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", head.strip().lower()) for head in heads)
    return {head.replace(" ", "-") for head in plain}


def ids(page: Path) -> str:
    """A page's name in test ids."""
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_relative_links_resolve(page: Path) -> None:
    """No link of ours leads nowhere, screenshots and headings included."""
    broken = []
    for target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        there = path.is_relative_to(ROOT) and path.exists()
        if not there or (anchor and anchor not in anchors(path)):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_make_targets_exist(page: Path) -> None:
    """Every `make …` that a page tells people to type is a target with a description."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"`make\s+([a-z-]+)`", text))
    named |= {t for code in FENCE.findall(text) for t in re.findall(r"\bmake ([a-z-]+)", code)}
    assert named <= targets, named - targets


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_modules_named_in_commands_exist(page: Path) -> None:
    """Every `python -m room` is there; a placeholder ends in an ellipsis."""
    for module in re.findall(r"python -m ([a-z_][\w.]*)(?!…)", page.read_text(encoding="utf-8")):
        path = ROOT / Path(*module.rstrip(".").split("."))
        assert path.is_dir() or path.with_suffix(".py").is_file(), module


def test_addresses_in_the_examples_are_served() -> None:
    """Every path that an example calls appears in the gateway or in the sandbox cities."""
    sources = [*(ROOT / "gateway").rglob("*.py"), *(ROOT / "cities/sandbox").rglob("*.py")]
    served = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    text = (ROOT / "docs/api/README.md").read_text(encoding="utf-8")
    called = set(re.findall(r"http://127\.0\.0\.1:(?:8080|\$PORT)(/[\w/.-]*)", text))
    assert len(called) >= 5
    for path in called:
        pattern = re.sub(r"SG-[A-Z]{2}-\d{3}", "{code}", path)
        assert f'"{pattern}"' in served, path


def test_proxy_example_forwards_to_the_default_port() -> None:
    """The proxy of the example forwards to the default port."""
    text = (ROOT / "docs/operations/production.md").read_text(encoding="utf-8")
    assert "proxy_pass http://127.0.0.1:8080;" in text


def test_demonstration_accounts_of_the_readme_are_those_of_the_file() -> None:
    """Someone who copies a password from the README gets in."""
    accounts = json.loads((ROOT / "docs/demo-accounts.json").read_text(encoding="utf-8"))
    known = {a["username"]: (a["password"], a["totp_secret"]) for a in accounts["agents"]}
    for resident in accounts["residents"]:
        for entry in resident["issuers"].values():
            known[entry["username"]] = (entry["password"], entry["second_factor"])
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = [line for line in readme.splitlines() if "emo-" in line and line.startswith("|")]
    assert len(rows) >= 3
    for row in rows:
        names = [n for n in re.findall(r"`([^`]+)`", row) if n in known]
        assert names, row
        for name in names:
            password, factor = known[name]
            assert f"`{password}`" in row, name
            assert factor in row, name


def test_screenshots_the_readme_shows_are_all_there_are() -> None:
    """An orphaned picture is out of date and nobody notices."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"docs/screenshots/([\w-]+\.png)", readme))
    there = {path.name for path in (ROOT / "docs/screenshots").glob("*.png")}
    assert there <= shown, there - shown


def test_the_number_of_items_is_true() -> None:
    """The README and the page on data say how many items the list has."""
    items = list((ROOT / "knowledge/data/items").glob("*.yaml"))
    for page in (ROOT / "README.md", ROOT / "docs/data.md"):
        assert f"{len(items)} items" in page.read_text(encoding="utf-8"), page


def test_statuses_are_explained() -> None:
    """Every status that a record may have is in the page on data."""
    sample = yaml.safe_load((ROOT / "knowledge/data/items/SG-HF-001.yaml").read_text("utf-8"))
    text = (ROOT / "docs/data.md").read_text(encoding="utf-8")
    for status in {"verified", "reported", "to_confirm", sample["status"]}:
        assert f"| `{status}` |" in text, status


def test_decision_records_have_their_three_parts_and_one_page() -> None:
    """Context, Choice, Costs; short enough to be read; numbered without gaps; listed in the README."""
    records = sorted((ROOT / "docs/adr").glob("*.md"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [int(r.name[:3]) for r in records] == list(range(1, len(records) + 1))
    for record in records:
        text = record.read_text(encoding="utf-8")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ADR_PARTS, record.name
        assert text.startswith(f"# {record.name[:3]} "), record.name
        assert len(text.splitlines()) <= ADR_LINES, record.name
        assert f"docs/adr/{record.name}" in readme, record.name
