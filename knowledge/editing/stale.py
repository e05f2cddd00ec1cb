"""What the departments should look at again: dates that have passed. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from core.cards import LocalText
from core.i18n import LANGS, text
from knowledge.catalogue import KINDS, Catalogue, Kind, Record
from knowledge.editing.diff import name_of
from knowledge.model import Centre, LiaisonContact, ServiceItem
from knowledge.validate import Finding

OLD_DAYS = 365
"""An item or place nobody looked at for so long is stale."""
CONTACT_DAYS = 90
Rule = Literal["next_review", "as_of", "confirmed_at", "valid_to"]


@dataclass(frozen=True)
class Stale:
    """One record that needs to be looked at, for one reason."""

    kind: Kind
    key: str
    rule: Rule
    date: dt.date
    """The date that is too old."""
    text: LocalText

    @property
    def task_key(self) -> str:
        """The same until the record's date changes."""
        return f"{self.kind}/{self.key}/{self.rule}/{self.date.isoformat()}"

    def finding(self) -> Finding:
        """As the validator shows it."""
        return Finding("warning", f"{self.key} {self.rule}", self.text.en)


def stale(catalogue: Catalogue, today: dt.date) -> list[Stale]:
    """Everything that is stale on `today`, by kind and key."""
    found: list[Stale] = []
    for kind in KINDS:
        for key, record in catalogue.records[kind].items():
            for rule, date, days in _rules(record, today):
                name = name_of(kind, key, record.model_dump(mode="json"))
                zh, en = (
                    text(f"list.stale.{rule}", lang, name=name.in_(lang), date=date, days=days)
                    for lang in LANGS
                )
                found.append(Stale(kind, key, rule, date, LocalText(zh=zh, en=en)))
    return found


def _rules(record: Record, today: dt.date) -> Iterator[tuple[Rule, dt.date, int]]:
    """(rule, date, days allowed) of what has passed."""
    if isinstance(record, LiaisonContact):
        if (today - record.confirmed_at).days > CONTACT_DAYS:
            yield "confirmed_at", record.confirmed_at, CONTACT_DAYS
        return
    if isinstance(record, ServiceItem | Centre):
        if (today - record.as_of).days > OLD_DAYS:
            yield "as_of", record.as_of, OLD_DAYS
        if record.valid_to is not None and record.valid_to <= today:
            yield "valid_to", record.valid_to, 0
    review = record.next_review if isinstance(record, ServiceItem) else None
    if review is not None and review < today:
        yield "next_review", review, 0
