"""Unit: rules of the house that import-linter cannot express."""

from __future__ import annotations

import ast
import re

from tests.conftest import ROOT

ROOMS = ("core", "knowledge", "cities", "desk", "video", "gateway", "actions")
ENGINE_MAKERS = {"create_engine", "create_async_engine"}
FOREIGN = re.compile(r"https?://(?!127\.0\.0\.1|localhost|www\.w3\.org)[a-z0-9.-]+", re.I)


def test_engines_are_made_in_core_only() -> None:
    """One place decides how the record is written to disk."""
    found = []
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            names = {
                node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                if isinstance(node, ast.Name | ast.Attribute)
            }
            if names & ENGINE_MAKERS and room != "core":
                found.append(path.name)
    assert found == []


def test_pages_load_nothing_from_elsewhere() -> None:
    """No foreign script, font, style, tracker or STUN server in the pages' sources."""
    found = []
    for folder in ("lib", "resident", "desk"):
        for path in (ROOT / "web" / folder).rglob("*"):
            if path.suffix in (".ts", ".tsx", ".css", ".html"):
                found += [f"{path.name}: {m}" for m in FOREIGN.findall(path.read_text("utf-8"))]
    for page in (ROOT / "web").glob("*.html"):
        found += [f"{page.name}: {m}" for m in FOREIGN.findall(page.read_text("utf-8"))]
    assert found == []


def test_every_process_turns_rasas_telemetry_off() -> None:
    """Rasa would report errors to a foreign service."""
    for path in ("gateway/run.py", "scripts/train.py", "bot/run.py", "docker-compose.yml"):
        assert "RASA_TELEMETRY_ENABLED" in (ROOT / path).read_text(encoding="utf-8"), path
