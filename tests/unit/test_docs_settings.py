"""Every setting is documented: an undocumented one fails the build.

The table in `docs/operations/settings.md` is generated from `core.settings.Settings`:

    .venv/bin/python -m tests.unit.test_docs_settings       writes it anew
"""

from __future__ import annotations

import re
import sys
import types
import typing
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "operations" / "settings.md"
BEGIN = "<!-- settings: generated, do not edit by hand -->"
END = "<!-- settings: end -->"
GROUPS = {
    "mode": "Running",
    "rasa_url": "Addresses of our own processes, and video",
    "city_shenzhen_url": "Cities and identity issuers",
    "embedding_backend": "Search",
    "session_days": "Conversations, limits and the desk",
}
"""Name of the first setting of a group: its heading. The order is that of the class."""
OTHER_VARIABLES = {"SG_RASA_PYTHON"}
"""Read by scripts only, and documented in words."""


def kind(field: FieldInfo) -> str:
    """What may be given, in words."""
    annotation = field.annotation
    if typing.get_origin(annotation) is typing.Literal:
        return " or ".join(f"`{value}`" for value in typing.get_args(annotation))
    if typing.get_origin(annotation) is types.UnionType:
        annotation = typing.get_args(annotation)[0]
    names: dict[object, str] = {
        str: "text", int: "whole number", float: "number", bool: "`true` or `false`",
        Path: "folder", SecretStr: "secret",
    }  # fmt: skip
    bounds = [str(m.ge) for m in field.metadata if hasattr(m, "ge")]
    bounds += [f"over {m.gt}" for m in field.metadata if hasattr(m, "gt")]
    upper = [str(m.le) for m in field.metadata if hasattr(m, "le")]
    limits = " to ".join([*bounds, *upper]) if upper else "".join(bounds)
    if bounds and not upper and not limits.startswith("over"):
        limits = f"{limits} or more"
    return names[annotation] + (f", {limits}" if limits else "")


def default(field: FieldInfo) -> str:
    """The default as a reader writes it."""
    value = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return f"`{value}`" if str(value) else "empty"


def table() -> str:
    """The generated part of the page."""
    lines = [BEGIN]
    for name, field in Settings.model_fields.items():
        if name in GROUPS:
            lines += ["", f"### {GROUPS[name]}", "", "| setting | value | default | meaning |"]
            lines.append("|---|---|---|---|")
        meaning = (field.description or "").replace("|", "\\|")
        lines.append(f"| `SG_{name.upper()}` | {kind(field)} | {default(field)} | {meaning} |")
    return "\n".join([*lines, "", END])


def written(page: str) -> str:
    """The generated part as it stands in the page."""
    start, end = page.index(BEGIN), page.index(END) + len(END)
    return page[start:end]


def test_every_setting_is_described_and_listed() -> None:
    """An operator finds every setting, its default and its meaning in one page."""
    for name, field in Settings.model_fields.items():
        assert (field.description or "").strip().endswith("."), name
    assert next(iter(Settings.model_fields)) in GROUPS
    assert set(GROUPS) <= set(Settings.model_fields)
    page = PAGE.read_text(encoding="utf-8")
    assert written(page) == table(), "run: .venv/bin/python -m tests.unit.test_docs_settings"


def test_no_page_names_a_setting_that_does_not_exist() -> None:
    """A setting that was renamed would live on in the instructions and be ignored in silence."""
    known = {f"SG_{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for page in pages:
        named = re.findall(r"\bSG_[A-Z0-9_]*[A-Z0-9]\b(?![_*<])", page.read_text(encoding="utf-8"))
        assert set(named) <= known, (page.name, set(named) - known)


def test_the_other_variables_are_still_read() -> None:
    """What the page says about variables of the scripts is true."""
    scripts = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "scripts").glob("*.py"))
    page = PAGE.read_text(encoding="utf-8")
    for name in OTHER_VARIABLES:
        assert name in scripts
        assert name in page


def main() -> int:
    """Write the table into the page."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(page.replace(written(page), table()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
