"""Import of our own template: every changed record becomes a draft of the managed list, or none does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from knowledge.catalogue import MODELS, Catalogue, Kind, Record, key_of, make_catalogue
from knowledge.editing.errors import DraftExists
from knowledge.editing.model import Editor
from knowledge.editing.register import Register
from knowledge.imports.files import inspect
from knowledge.imports.stopping import stoppable
from knowledge.imports.template import Problem, read_template
from knowledge.validate import check

RecordKey = tuple[Kind, str]
_KIND_OF: dict[type[Any], Kind] = {model: kind for kind, model in MODELS.items()}


def _key(record: Record) -> RecordKey:
    return _KIND_OF[type(record)], key_of(record)


@dataclass
class ListReport:
    """What a file in our template came to."""

    file_name: str
    file_digest: str
    base: str
    """Version of the list it was compared with."""
    added: list[RecordKey] = field(default_factory=list)
    changed: list[RecordKey] = field(default_factory=list)
    unchanged: int = 0
    absent: int = 0
    """Records of the list that the file does not name: they stay."""
    problems: list[Problem] = field(default_factory=list)
    """Why nothing was opened."""
    findings: list[str] = field(default_factory=list)
    """What publishing would still complain about, of the records in the file."""
    ignored: list[str] = field(default_factory=list)
    drafts: list[str] = field(default_factory=list)
    """Ids of the drafts that were opened."""
    already: list[RecordKey] = field(default_factory=list)
    """Records whose open draft says the same already."""
    dry_run: bool = False

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "file": self.file_name,
            "digest": self.file_digest,
            "base": self.base,
            "dry_run": self.dry_run,
            "counts": {
                "added": len(self.added),
                "changed": len(self.changed),
                "unchanged": self.unchanged,
                "absent": self.absent,
                "drafts": len(self.drafts),
                "already": len(self.already),
                "problems": len(self.problems),
            },
            "added": _names(self.added),
            "changed": _names(self.changed),
            "already": _names(self.already),
            "drafts": self.drafts,
            "problems": [problem.as_dict() for problem in self.problems],
            "findings": self.findings,
            "ignored": self.ignored,
        }


def _names(keys: list[RecordKey]) -> list[str]:
    return [f"{kind} {key}" for kind, key in keys]


def compare(records: list[Record], current: Catalogue, report: ListReport) -> list[Record]:
    """Those of `records` that differ from the list, new ones included; counts go to `report`."""
    differ: list[Record] = []
    seen: set[RecordKey] = set()
    for record in records:
        key = _key(record)
        if key in seen:
            report.problems.append(Problem(f"{key[0]} {key[1]}", "there twice"))
            continue
        seen.add(key)
        was = current.records[key[0]].get(key[1])
        if was == record:
            report.unchanged += 1
            continue
        (report.added if was is None else report.changed).append(key)
        differ.append(record)
    total = sum(len(found) for found in current.records.values())
    report.absent = total - report.unchanged - len(report.changed)
    return differ


def _findings(current: Catalogue, differ: list[Record], report: ListReport) -> list[str]:
    """Errors of the list with the new records, as far as they name one of them."""
    whole = [r for found in current.records.values() for r in found.values()]
    keys = {key for _, key in (*report.added, *report.changed)}
    return [
        f"{finding.where}: {finding.problem}"
        for finding in check(make_catalogue([*whole, *differ]))
        if finding.level == "error" and keys & set(finding.where.split())
    ]


async def import_list(
    register: Register,
    file: Path,
    *,
    who: Editor,
    why: str,
    name: str | None = None,
    dry_run: bool = False,
) -> ListReport:
    """Read the file, validate every record, open a draft for each that differs from the list.

    Whole batch or nothing: with any problem, or where a record has an open draft that says something
    else, no draft is opened. Raises `ImportRefused` for a file that is not a template of ours.
    """
    source = await asyncio.to_thread(inspect, file, name)
    current = await register.catalogue()
    report = ListReport(source.name, source.digest, current.version, dry_run=dry_run)
    template = await asyncio.to_thread(read_template, source, current)
    report.problems += template.problems
    report.ignored = template.ignored
    differ = compare(template.records, current, report)
    if report.problems:
        return report
    report.findings = _findings(current, differ, report)
    open_drafts = {(draft.kind, draft.key): draft for draft in await register.drafts(limit=5_000)}
    todo: list[tuple[Kind, str, dict[str, Any]]] = []
    for record in differ:
        key, body = _key(record), record.model_dump(mode="json")
        draft = open_drafts.get(key)
        if draft is None:
            todo.append((*key, body))
        elif draft.body == body:
            report.already.append(key)
        else:
            report.problems.append(Problem(f"{key[0]} {key[1]}", f"has an open draft {draft.id}"))
    if not report.problems and not dry_run:
        await _open(register, todo, who, why, report)
    return report


async def _open(
    register: Register,
    todo: list[tuple[Kind, str, dict[str, Any]]],
    who: Editor,
    why: str,
    report: ListReport,
) -> None:
    """Open every draft in one transaction, which an interruption does not cut in two."""
    try:
        opened = await stoppable(register.open_drafts(todo, who, why))
    except DraftExists as error:
        report.problems.append(Problem(str(error.params["record"]), "a draft was opened meanwhile"))
        return
    report.drafts = [draft.id for draft in opened]
