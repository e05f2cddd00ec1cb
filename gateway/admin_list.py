"""The list as the desk's left column shows it: names, filters, what is due. Pure functions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.cards import CITIES, City, LocalText
from gateway.admin_models import RecordsQuery
from knowledge.catalogue import Catalogue, Kind, Record, key_of
from knowledge.editing.model import Draft, Task
from knowledge.text import simplify, squash

Body = Mapping[str, Any]
CONFIRM_DAYS = 90
"""A liaison contact is stale this long after it was confirmed."""
_NAME: dict[Kind, str] = {"source": "title", "liaison": "role"}


@dataclass(frozen=True, slots=True)
class Work:
    """What is under way on the list."""

    drafts: Mapping[tuple[Kind, str], Draft]
    tasks: Mapping[tuple[Kind, str], int]

    @classmethod
    def of(cls, drafts: Iterable[Draft], tasks: Iterable[Task]) -> Work:
        """By record."""
        counts: dict[tuple[Kind, str], int] = {}
        for task in tasks:
            if task.record is not None:
                counts[task.record] = counts.get(task.record, 0) + 1
        return cls({(draft.kind, draft.key): draft for draft in drafts}, counts)


def name_of(kind: Kind, key: str, body: Body | None) -> LocalText:
    """What a record is called, whatever state its text is in."""
    if kind == "outside":
        return LocalText(zh="清单外事项名单", en="Matters outside the list")
    found = (body or {}).get(_NAME.get(kind, "name"))
    if not isinstance(found, Mapping):
        return LocalText(zh=key, en=key)
    zh, en = (str(found.get(lang) or "").strip() for lang in ("zh", "en"))
    return LocalText(zh=zh or en or key, en=en or zh or key)


def cities_of(kind: Kind, body: Body) -> list[City]:
    """Cities a record is about."""
    if kind == "item":
        named = body.get("cities")
        return [c for c in CITIES if isinstance(named, Mapping) and named.get(c) is not None]
    own = body.get("city")
    return [c for c in CITIES if own == c]


def is_due(kind: Kind, body: Body, today: dt.date) -> bool:
    """Whether the record should be confirmed again."""
    field, grace = ("confirmed_at", CONFIRM_DAYS) if kind == "liaison" else ("next_review", 0)
    try:
        day = dt.date.fromisoformat(str(body.get(field)))
    except ValueError:
        return False
    return day + dt.timedelta(days=grace) <= today


def brief(kind: Kind, key: str, body: Body, *, new: bool, work: Work, today: dt.date) -> Body:
    """A line of the list (`RecordBrief`)."""
    draft = work.drafts.get((kind, key))
    mark = draft and {
        "id": draft.id,
        "state": draft.state,
        "withdraw": draft.withdraw,
        "updated_by": draft.updated_by.as_dict(),
        "updated_at": draft.updated_at.isoformat(),
    }
    return {
        "kind": kind,
        "key": key,
        "name": name_of(kind, key, body).model_dump(),
        "domain": _text(body, "domain"),
        "cities": cities_of(kind, body),
        "status": _text(body, "status"),
        "as_of": _text(body, "as_of"),
        "next_review": _text(body, "next_review"),
        "stale": is_due(kind, body, today) or bool(draft and draft.stale),
        "new": new,
        "draft": mark,
        "tasks": work.tasks.get((kind, key), 0),
    }


def _text(body: Body, field: str) -> str | None:
    value = body.get(field)
    return value if isinstance(value, str) and value else None


def _dump(record: Record) -> Body:
    return record.model_dump(mode="json")


def records(
    catalogue: Catalogue, query: RecordsQuery, work: Work, found: list[str], today: dt.date
) -> list[Body]:
    """The lines that fit `query`, best first. `found`: keys the search engine thinks of, best first."""
    kind = query.kind
    bodies = {key_of(record): _dump(record) for record in catalogue.records[kind].values()}
    published = set(bodies)
    for (of, key), draft in work.drafts.items():
        if of == kind and key not in bodies:
            bodies[key] = draft.body or {}
    lines = [
        brief(kind, key, body, new=key not in published, work=work, today=today)
        for key, body in sorted(bodies.items())
    ]
    lines = [line for line in lines if _fits(line, query)]
    return _ordered(lines, query.q, found) if query.q.strip() else lines


def _fits(line: Body, query: RecordsQuery) -> bool:
    def flag(wanted: str | None, value: object) -> bool:
        return wanted is None or (wanted == "yes") == bool(value)

    return (
        (query.domain is None or line["domain"] == query.domain)
        and (query.city is None or query.city in line["cities"])
        and (query.status is None or line["status"] == query.status)
        and flag(query.stale, line["stale"])
        and flag(query.draft, line["draft"])
        and flag(query.tasks, line["tasks"])
    )


def _ordered(lines: list[Body], words: str, found: list[str]) -> list[Body]:
    """The code alone; else the name first, then what the search engine adds."""
    wanted = squash(simplify(words))
    by_key = {line["key"]: line for line in lines}

    def named(line: Body) -> bool:
        names = (line["key"], line["name"]["zh"], line["name"]["en"])
        return bool(wanted) and any(wanted in squash(simplify(name)) for name in names)

    exact = [line for line in lines if squash(simplify(line["key"])) == wanted]
    if exact:
        return exact
    first = [line for line in lines if named(line)]
    keys = {line["key"] for line in first}
    return first + [by_key[key] for key in found if key in by_key and key not in keys]
