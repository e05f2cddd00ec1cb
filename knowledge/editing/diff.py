"""Differences between records, lists and cities, as a person reads them. Pure.

A list is compared by what its elements are: materials, windows and the like by id, words as a set,
everything else (steps, conditions) in sequence, so that one step added in the middle is one addition.
An absent value and an empty one are the same.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from core.cards import CITIES, LocalText
from core.i18n import LANGS, catalogue, text
from knowledge.catalogue import KINDS, Catalogue, Kind
from knowledge.differences import differs, sides

Body = dict[str, Any]
_IDENTITY = ("id", "number", "item")
"""Fields that name an element of a list, the first that all elements have."""
_BILINGUAL = {"zh", "en"}
_PROVENANCE = ("status", "source", "as_of")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `old` None: added; `new` None: removed. Values are JSON."""

    path: str
    """E.g. `cities.dongguan.materials[id_card].copies`."""
    label: LocalText
    """The path in words: `东莞 › 材料“身份证” › 复印件` / `Dongguan › Material "ID card" › Copies`."""
    old: Any
    new: Any

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "path": self.path,
            "label": self.label.model_dump(),
            "old": self.old,
            "new": self.new,
        }


@dataclass(frozen=True, slots=True)
class RecordChange:
    """What became of one record between two lists."""

    kind: Kind
    key: str
    name: LocalText
    what: Literal["added", "removed", "changed"]
    changes: tuple[Change, ...]
    """Empty when the whole record was added or removed."""

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "kind": self.kind,
            "key": self.key,
            "name": self.name.model_dump(),
            "what": self.what,
            "changes": [change.as_dict() for change in self.changes],
        }


@dataclass(frozen=True, slots=True)
class _Place:
    """A path with its two labels."""

    path: str = ""
    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()

    def field(self, name: str) -> _Place:
        path = f"{self.path}.{name}" if self.path else name
        if name == "cities":
            return _Place(path, self.zh, self.en)
        return _Place(path, (*self.zh, _label(name, "zh")), (*self.en, _label(name, "en")))

    def element(self, name: str, value: Any) -> _Place:
        zh, en = (_called(value, lang) or name for lang in LANGS)
        return _Place(f"{self.path}[{name}]", (*self.zh, f"“{zh}”"), (*self.en, f'"{en}"'))

    def position(self, number: int) -> _Place:
        zh, en = (text("list.position", lang, number=number) for lang in LANGS)
        return _Place(f"{self.path}[{number}]", (*self.zh, zh), (*self.en, en))

    def order(self) -> _Place:
        zh, en = (text("list.order", lang) for lang in LANGS)
        return _Place(self.path, (*self.zh, zh), (*self.en, en))

    def change(self, old: Any, new: Any) -> Change:
        label = LocalText(zh=" › ".join(self.zh), en=" › ".join(self.en))
        return Change(self.path, label, bare(old), bare(new))


def _label(name: str, lang: Literal["zh", "en"]) -> str:
    if name in CITIES:
        return text(f"city.{name}", lang)
    return catalogue(lang).get(f"list.field.{name}", name)


def _called(value: Any, lang: str) -> str | None:
    """What a person calls an element: its name, or its first words."""
    if isinstance(value, dict):
        for field in ("name", "text", "question"):
            words = value.get(field)
            if isinstance(words, dict) and isinstance(words.get(lang), str) and words[lang]:
                return shortened(words[lang])
    return None


def shortened(words: str, most: int = 24) -> str:
    """The first characters of a text."""
    return words if len(words) <= most else f"{words[: most - 1]}…"


def bare(value: Any) -> Any:
    """JSON without what is empty."""
    if isinstance(value, dict):
        return {key: bare(inner) for key, inner in value.items() if not _empty(inner)}
    if isinstance(value, list):
        return [bare(inner) for inner in value]
    return value


def _empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}


def _walk(place: _Place, old: Any, new: Any) -> Iterator[Change]:
    if _empty(old) and _empty(new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in (*old, *(name for name in new if name not in old)):
            yield from _walk(place.field(name), old.get(name), new.get(name))
    elif isinstance(old, dict) and not old.keys() <= _BILINGUAL and _empty(new):
        yield place.change(old, None)
    elif isinstance(old or [], list) and isinstance(new or [], list):
        yield from _lists(place, old or [], new or [])
    elif bare(old) != bare(new):
        yield place.change(None if _empty(old) else old, None if _empty(new) else new)


def _lists(place: _Place, old: list[Any], new: list[Any]) -> Iterator[Change]:
    if not any(isinstance(value, dict | list) for value in (*old, *new)):
        yield from _words(place, old, new)
        return
    for field in _IDENTITY:
        left, right = _by(field, old), _by(field, new)
        if left is not None and right is not None:
            yield from _named(place, left, right)
            return
    yield from _sequence(place, old, new)


def _by(field: str, values: list[Any]) -> dict[str, Any] | None:
    """Elements by `field`; None when that does not tell them apart."""
    names = [value.get(field) if isinstance(value, dict) else None for value in values]
    if any(not isinstance(name, str) for name in names) or len(set(names)) != len(names):
        return None
    return {str(name): value for name, value in zip(names, values, strict=True)}


def _named(place: _Place, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for name, value in old.items():
        there = place.element(name, value)
        if name in new:
            yield from _walk(there, value, new[name])
        else:
            yield there.change(value, None)
    for name, value in new.items():
        if name not in old:
            yield place.element(name, value).change(None, value)
    before, after = ([name for name in a if name in b] for a, b in ((old, new), (new, old)))
    if before != after:
        yield place.order().change(before, after)


def _words(place: _Place, old: list[Any], new: list[Any]) -> Iterator[Change]:
    for value in old:
        if value not in new:
            yield place.change(value, None)
    for value in new:
        if value not in old:
            yield place.change(None, value)
    before, after = ([value for value in a if value in b] for a, b in ((old, new), (new, old)))
    if before != after:
        yield place.order().change(before, after)


def _sequence(place: _Place, old: list[Any], new: list[Any]) -> Iterator[Change]:
    lines = [[json.dumps(bare(v), sort_keys=True) for v in values] for values in (old, new)]
    matcher = SequenceMatcher(None, lines[0], lines[1], autojunk=False)
    for what, a, a_end, b, b_end in matcher.get_opcodes():
        if what == "equal":
            continue
        for offset in range(max(a_end - a, b_end - b)):
            left = old[a + offset] if a + offset < a_end else None
            right = new[b + offset] if b + offset < b_end else None
            if left is None:
                yield place.position(b + offset + 1).change(None, right)
            elif right is None:
                yield place.position(a + offset + 1).change(left, None)
            else:
                yield from _walk(place.position(b + offset + 1), left, right)


def diff_records(old: Body | None, new: Body | None) -> list[Change]:
    """Every difference between two states of one record, in the order of its fields. A record that
    is new or gone is one difference, with the whole record as its value and an empty path."""
    if old is None or new is None:
        if old is None and new is None:
            return []
        zh, en = (text("list.whole", lang) for lang in LANGS)
        return [Change("", LocalText(zh=zh, en=en), old and bare(old), new and bare(new))]
    return list(_walk(_Place(), old, new))


def name_of(kind: Kind, key: str, body: Body | None) -> LocalText:
    """What a record is called, in both languages; its key where it has no name."""
    body = body or {}
    for field in ("name", "title", "role"):
        words = body.get(field)
        if isinstance(words, dict) and words.get("zh"):
            return LocalText(zh=str(words["zh"]), en=str(words.get("en") or words["zh"]))
    if kind == "outside":
        return LocalText(zh=text("list.kind.outside", "zh"), en=text("list.kind.outside", "en"))
    return LocalText(zh=key, en=key)


def record_change(kind: Kind, key: str, old: Body | None, new: Body | None) -> RecordChange | None:
    """What became of one record; None when nothing did."""
    what: Literal["added", "removed", "changed"] = "changed"
    changes: tuple[Change, ...] = ()
    if old is None:
        what = "added"
    elif new is None:
        what = "removed"
    else:
        changes = tuple(diff_records(old, new))
    if (old is None and new is None) or (what == "changed" and not changes):
        return None
    return RecordChange(kind, key, name_of(kind, key, new or old), what, changes)


def diff_catalogues(a: Catalogue, b: Catalogue) -> list[RecordChange]:
    """Every record that differs from list `a` to list `b`, by kind and key."""
    found: list[RecordChange] = []
    for kind in KINDS:
        old, new = a.records[kind], b.records[kind]
        for key in sorted({*old, *new}):
            if old.get(key) == new.get(key):
                continue
            before, after = (
                side[key].model_dump(mode="json") if key in side else None for side in (old, new)
            )
            change = record_change(kind, key, before, after)
            if change is not None:
                found.append(change)
    return found


def diff_cities(catalogue: Catalogue, code: str, today: dt.date) -> list[Change]:
    """How Dongguan (`new`) differs from Shenzhen (`old`) on `today`, field by field, for an item or a
    pair of sister items; raises `UnknownService`. The cities' own names and where a fact was read are
    no differences. A matter of one city alone is one difference."""
    item = catalogue.get(code)
    found = sides(catalogue, item, today)
    bodies = []
    for city in CITIES:
        side = found[city]
        bodies.append(None if side is None else side[1].model_dump(mode="json"))
    return [change for change in diff_records(bodies[0], bodies[1]) if _matters(change)]


def _matters(change: Change) -> bool:
    if change.path.rsplit(".", 1)[-1] in _PROVENANCE:
        return False
    if isinstance(change.old, str) and isinstance(change.new, str):
        return differs(change.old, change.new)
    return True


def shown(value: Any, lang: Literal["zh", "en"] = "zh") -> str:
    """A value of a change in one line."""
    if value is None:
        return "—"
    if isinstance(value, dict):
        if _BILINGUAL & value.keys():
            return str(value.get(lang) or value.get("zh") or value.get("en"))
        named = next(
            (f for f in ("name", "text", "question") if isinstance(value.get(f), dict)), None
        )
        if named is not None:
            rest = ", ".join(
                f"{_label(name, lang)} {shown(inner, lang)}"
                for name, inner in value.items()
                if name not in (named, "id", *_PROVENANCE) and not _empty(inner)
            )
            own = shown(value[named], lang)
            return f"{own} ({rest})" if rest else own
        return ", ".join(
            f"{_label(name, lang)} {shown(inner, lang)}" for name, inner in value.items()
        )
    if isinstance(value, list):
        return ", ".join(shown(inner, lang) for inner in value)
    if isinstance(value, bool):
        return text(f"list.{'yes' if value else 'no'}", lang)
    return str(value)
