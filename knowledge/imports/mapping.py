"""One row of a source → one `ImportedItem`, or the reason why not. Pure but for what it has seen."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError

from knowledge.imports.clean import is_empty, is_error_page, one_line
from knowledge.imports.converters import CONVERTERS
from knowledge.imports.faults import BadValue, shown
from knowledge.imports.items import ImportedItem
from knowledge.imports.profile import FieldRule, Profile, heading
from knowledge.imports.readers import Row
from knowledge.imports.report import Rejection
from knowledge.imports.workbook import CELL_ERRORS, NoValue
from knowledge.text import simplify, squash


@dataclass(frozen=True, slots=True)
class Mapped:
    """A row that is in."""

    item: ImportedItem
    digest: str
    """SHA-256 of the item's content."""
    raw: dict[str, Any]
    """The row as it was."""


@dataclass(frozen=True, slots=True)
class Again:
    """A row that repeats an earlier one under other themes."""

    code: str
    themes: list[str]


def digest_of(item: ImportedItem) -> str:
    """SHA-256 of the content, hex. Without other codes it is what it was before records had them: such a
    record is no new revision."""
    body = item.model_dump(mode="json")
    if not item.other_codes:
        del body["other_codes"]
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()


class Mapper:
    """Maps the rows of one file; remembers codes and names to find what is there twice.

    Memory: about 250 bytes a row.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self.codes: dict[str, tuple[int, bytes]] = {}
        """Row and content (without themes) of every code that is in."""
        self._names: dict[bytes, tuple[int, str]] = {}
        self.notes: Counter[str] = Counter()
        named = [s for rule in profile.fields.values() for s in rule.source] + profile.ignore
        self._read = {heading(part) for name in named for part in (name, name.partition(".")[0])}
        self._first = {name: heading(rule.source[0]) for name, rule in profile.fields.items()}

    def map(self, row: Row) -> Mapped | Again | Rejection:
        """What becomes of a row."""
        if row.fault is not None:
            return Rejection(row.number, "", row.fault, dict(row.params))
        values = {heading(str(key)): value for key, value in row.values.items()}
        if not any(_has(value) for value in values.values()):
            return Rejection(row.number, "", "empty_row")
        for column, value in values.items():
            if column not in self._read and _has(value):
                self.notes[f"unread_column.{shown(column)}"] += 1
        code = ""
        try:
            fields: dict[str, Any] = {}
            for name, rule in self._profile.fields.items():
                fields[name] = self._field(name, rule, values)
                if name == "code":
                    code = fields[name] or ""
                    fields["other_codes"] = self._other_codes(code, rule, values)
                elif not rule.all:
                    self._compare(name, rule, fields[name], values)
            self._not_an_error_page(fields, values)
            self._required(fields)
            item = ImportedItem.model_validate(fields)
        except BadValue as bad:
            if is_error_page(_all_text(values)) and bad.reason == "missing":
                return Rejection(
                    row.number, code, "error_page", {"value": shown(_all_text(values))}
                )
            return Rejection(row.number, code or _guess(values), bad.reason, bad.params)
        except ValidationError as error:
            return Rejection(row.number, code or _guess(values), *_problem(error))
        return self._once(row, item)

    def _field(self, name: str, rule: FieldRule, values: Mapping[str, Any]) -> Any:
        convert = CONVERTERS[rule.convert]
        parts: list[Any] = []
        bad: BadValue | None = None
        for source in rule.source:
            value = _look_up(values, source)
            if isinstance(value, NoValue):
                raise BadValue(value.reason, field=name, cell=value.where)
            if not _has(value):
                continue
            if isinstance(value, str) and value.strip() in CELL_ERRORS:
                raise BadValue("cell_error", field=name, value=value.strip())
            try:
                found = convert(value)
            except BadValue as error:
                bad = bad or BadValue(error.reason, field=name, **error.params)
                continue
            if found is None or found == []:
                if rule.convert == "names" and not is_empty(str(value)):
                    self.notes[f"general_name.{name}"] += 1
                continue
            if not rule.all:
                if bad is not None:
                    self.notes[f"other_column.{name}"] += 1
                return found
            parts += found
        if bad is not None:
            if rule.on_bad == "reject" or rule.required:
                raise bad
            self.notes[f"left_out.{name}"] += 1
        if rule.all:
            return list(dict.fromkeys(parts))
        if rule.default is not None:
            return rule.default
        return [] if ImportedItem.model_fields[name].default_factory is list else None

    def _further(self, name: str, rule: FieldRule, values: Mapping[str, Any]) -> Iterator[Any]:
        """What the columns after the first say, as far as it can be read and is no other field's own."""
        own = {first for other, first in self._first.items() if other != name}
        for source in rule.source[1:]:
            value = None if heading(source) in own else _look_up(values, source)
            if _has(value) and not isinstance(value, NoValue):
                with suppress(BadValue):
                    yield CONVERTERS[rule.convert](value)

    def _other_codes(self, code: str, rule: FieldRule, values: Mapping[str, Any]) -> list[str]:
        """Codes of further columns that the record's own does not begin with."""
        found = dict.fromkeys(self._further("code", rule, values))
        others = [other for other in found if other and not code.startswith(other)]
        if others:
            self.notes["second_code"] += 1
        return others

    def _compare(self, name: str, rule: FieldRule, found: Any, values: Mapping[str, Any]) -> None:
        """Count a row in which a further column says something else than what was taken."""
        further = self._further(name, rule, values)
        if any(other not in (None, [], found) for other in further):
            self.notes[f"columns_differ.{name}"] += 1

    def _not_an_error_page(self, fields: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        for name in ("name", "department"):
            if isinstance(fields.get(name), str) and is_error_page(fields[name]):
                raise BadValue("error_page", value=shown(fields[name]))
        raw = _look_up_any(values, self._profile.fields["name"].source)
        if isinstance(raw, str) and is_error_page(raw):
            raise BadValue("error_page", value=shown(raw))

    def _required(self, fields: Mapping[str, Any]) -> None:
        for name, info in ImportedItem.model_fields.items():
            rule = self._profile.fields.get(name)
            if (info.is_required() or (rule and rule.required)) and fields.get(name) in (None, []):
                raise BadValue("missing", field=name, column=rule.source[0] if rule else name)

    def _once(self, row: Row, item: ImportedItem) -> Mapped | Again | Rejection:
        if item.department_code and item.department_code not in item.code[:18]:
            self.notes["code_of_another_department"] += 1
        if item.catalogue_code and item.catalogue_code not in item.code:
            self.notes["code_of_another_catalogue_item"] += 1
        item = _without_own_names(item)
        bare = digest_of(item.model_copy(update={"themes": []}))
        first = self.codes.get(item.code)
        if first is not None:
            if first[1] == bytes.fromhex(bare[:32]):
                return Again(item.code, list(item.themes))
            return Rejection(row.number, item.code, "duplicate_code", {"row": first[0]})
        key = hashlib.blake2b(
            "\n".join(
                (squash(simplify(item.name)), squash(simplify(item.department)), item.area)
            ).encode(),
            digest_size=12,
        ).digest()
        same = self._names.get(key)
        if same is not None:
            params = {"row": same[0], "first": same[1]}
            return Rejection(row.number, item.code, "duplicate_matter", params)
        self.codes[item.code] = (row.number, bytes.fromhex(bare[:32]))
        self._names[key] = (row.number, item.code)
        return Mapped(item, digest_of(item), dict(row.values))


def _without_own_names(item: ImportedItem) -> ImportedItem:
    """An alias that only repeats the name tells nothing."""
    own = {squash(simplify(name)) for name in (item.name, item.matter or "")}
    kept = [alias for alias in item.aliases if squash(simplify(alias)) not in own]
    return item if kept == item.aliases else item.model_copy(update={"aliases": kept})


def _has(value: Any) -> bool:
    if value is None or value in ("", [], {}):
        return False
    return not (isinstance(value, str) and not value.strip())


def _look_up(values: Mapping[str, Any], source: str) -> Any:
    """The value under a column or a path; column names were normalised, nested keys are as they are."""
    if (found := values.get(heading(source))) is not None:
        return found
    head, _, rest = source.partition(".")
    node = values.get(heading(head)) if rest else None
    for part in rest.split(".") if rest else ():
        if isinstance(node, dict):
            node = node.get(part)
        elif isinstance(node, list) and part.isascii() and part.isdigit() and int(part) < len(node):
            node = node[int(part)]
        else:
            return None
    return node


def _look_up_any(values: Mapping[str, Any], sources: list[str]) -> Any:
    return next((v for s in sources if _has(v := _look_up(values, s))), None)


def _all_text(values: Mapping[str, Any]) -> str:
    return " ".join(str(value) for value in values.values() if _has(value))[:2_000]


def _guess(values: Mapping[str, Any]) -> str:
    """Something that names the row in a report: its code as it stands, if any."""
    for name in ("task_code", "matter_code", "code", "实施编码", "事项编码"):
        value = values.get(name)
        if isinstance(value, str) and not is_empty(value):
            return one_line(value)[:40]
    return ""


def _problem(error: ValidationError) -> tuple[str, dict[str, Any]]:
    found = error.errors(include_url=False)[0]
    name = ".".join(map(str, found["loc"]))
    limit = found.get("ctx", {})
    if found["type"] == "string_too_long":
        return "too_long", {"field": name, "limit": limit["max_length"]}
    if found["type"] == "too_long":
        return "too_many", {"field": name, "limit": limit["max_length"]}
    if found["type"] == "string_too_short":
        return "too_short", {"field": name, "value": shown(found["input"])}
    return "wrong_value", {"field": name, "value": shown(found["input"])}
