"""What an import did: every row is in, merged into another, or named here with its reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from core.i18n import Lang, text


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row that is not in."""

    row: int
    """Number of the row in the file, from 1; the head of a table is row 1."""
    code: str
    """The record's code as far as it could be read, or empty."""
    reason: str
    """Key of `imports.reason.*`."""
    params: dict[str, Any] = field(default_factory=dict)

    def message(self, lang: Lang) -> str:
        """Why, in words."""
        return text(f"imports.reason.{self.reason}", lang, **self.params)

    def as_dict(self) -> dict[str, Any]:
        """`{row, code, reason, zh, en, params}`."""
        return {**asdict(self), "zh": self.message("zh"), "en": self.message("en")}


@dataclass(slots=True)
class ImportReport:
    """Counts and rejections; `rows == accepted + merged + rejected` always holds."""

    source: str
    file_name: str
    file_digest: str
    rows: int = 0
    accepted: int = 0
    """= added + changed + unchanged + back."""
    merged: int = 0
    """The same record again under another theme: its themes were added to the first one."""
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    back: int = 0
    """Unchanged, but had been retired: active again."""
    gone: int = 0
    """Active records of this source that the file does not have."""
    retired: int = 0
    """Those of `gone` that were made inactive: all with `complete`, else none."""
    batch: str | None = None
    """None: nothing was written (dry run, or the same file again)."""
    same_as: str | None = None
    """The batch that brought exactly this file; nothing was done."""
    dry_run: bool = False
    seconds: float = 0.0
    rejections: list[Rejection] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    """Things that were put right on the way, by key of `imports.note.*`."""

    @property
    def rejected(self) -> int:
        """Rows that are not in."""
        return len(self.rejections)

    @property
    def balanced(self) -> bool:
        """Whether every row is accounted for."""
        return (
            self.rows == self.accepted + self.merged + self.rejected
            and self.accepted == self.added + self.changed + self.unchanged + self.back
        )

    def reasons(self) -> dict[str, int]:
        """Rejected rows by reason, most first."""
        return dict(Counter(found.reason for found in self.rejections).most_common())

    def counts(self) -> dict[str, Any]:
        """The numbers, JSON-ready."""
        names = (
            "rows", "accepted", "merged", "rejected", "added", "changed", "unchanged", "back",
            "gone", "retired",
        )  # fmt: skip
        return {
            **{name: getattr(self, name) for name in names},
            "reasons": self.reasons(),
            "notes": dict(sorted(self.notes.items())),
        }

    def as_dict(self) -> dict[str, Any]:
        """The whole report, JSON-ready."""
        return {
            "source": self.source,
            "file": self.file_name,
            "digest": self.file_digest,
            "batch": self.batch,
            "same_as": self.same_as,
            "dry_run": self.dry_run,
            "seconds": round(self.seconds, 3),
            "counts": self.counts(),
            "rejected": [found.as_dict() for found in self.rejections],
        }
