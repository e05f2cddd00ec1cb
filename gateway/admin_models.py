"""Shapes of the list desk's API: what it takes and what it answers. Decides nothing.

A record's `body` is the record as JSON (`knowledge.model`); while it is being written it may be any
JSON object, so that no work is lost.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from core.cards import AnswerCard, City, Facet, LocalText, Status
from core.i18n import Lang
from knowledge.catalogue import Kind
from knowledge.editing.model import DraftState, TaskKind, TaskState
from knowledge.model import Domain

Body = dict[str, Any]
KEY_MAX = 64
WHY_MAX = 500
Flag = Literal["yes", "no"]


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid")
    lang: Lang | None = Field(None, description="Language of messages")


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LangQuery(_Query):
    """Language only."""


class RecordsQuery(_Query):
    """Query of the records."""

    q: str = Field("", max_length=200, description="Words, a name or a code")
    kind: Kind = Field("item", description="Kind of record")
    domain: Domain | None = Field(None, description="Field of government")
    city: City | None = Field(None, description="Handled by, or in, this city")
    status: Status | None = Field(None, description="How far the record can be trusted")
    stale: Flag | None = Field(None, description="Whether its review is due")
    draft: Flag | None = Field(None, description="Whether it has an open draft")
    tasks: Flag | None = Field(None, description="Whether it has open tasks")
    page: int = Field(1, ge=1, le=10_000, description="Page, from 1")
    page_size: int = Field(50, ge=1, le=200, description="Records on a page")


class DraftsQuery(_Query):
    """Query of the drafts; without `state` the open ones."""

    state: DraftState | None = Field(None, description="State of the draft")
    kind: Kind | None = Field(None, description="Kind of record")


class CitiesQuery(_Query):
    """Query of the comparison of the cities."""

    draft: str | None = Field(None, max_length=40, description="Compare as in this draft")


class DiffQuery(_Query):
    """Query of a comparison of two versions."""

    to: int = Field(ge=1, description="Number of the other version")


class AuditQuery(_Query):
    """Query of the record of who did what."""

    after: int = Field(0, ge=0, le=2**31 - 1, description="Only rows with a greater number")
    limit: int = Field(100, ge=1, le=500, description="At most this many rows")


class TasksQuery(_Query):
    """Query of the tasks."""

    state: TaskState = Field("open", description="Open or done")
    kind: TaskKind | None = Field(None, description="What the task is about")


class ImportsQuery(_Query):
    """Query of the province's records."""

    q: str = Field("", max_length=200, description="Words of the name, an alias or the code")
    area: str | None = Field(None, pattern=r"^\d{2,12}$", description="Start of the area's code")
    level: str | None = Field(None, max_length=20, description="Level of the department")
    flagged: Flag | None = Field(None, description="Whether it belongs to a Shen-Guan item")
    page: int = Field(1, ge=1, le=10_000, description="Page, from 1")
    page_size: int = Field(20, ge=1, le=100, description="Records on a page")


# Requests


class NewDraftRequest(_Request):
    """Begin work on a record. `body` None: from its published state; needed for a new record."""

    kind: Kind
    key: str = Field(min_length=1, max_length=KEY_MAX)
    why: str = Field(min_length=1, max_length=WHY_MAX)
    body: Body | None = None
    withdraw: bool = False


class SaveRequest(_Request):
    """Keep the text if the draft still is at `version`."""

    version: int = Field(ge=1, le=2**31 - 1)
    body: Body
    why: str = Field(min_length=1, max_length=WHY_MAX)
    rebase: bool = False
    """The editor has seen the published state as it is now."""


class StepRequest(_Request):
    """Take a draft one step further."""

    version: int = Field(ge=1, le=2**31 - 1)
    why: str = Field(min_length=1, max_length=WHY_MAX)


class WhyRequest(_Request):
    """A reason."""

    why: str = Field(min_length=1, max_length=WHY_MAX)


class NoteRequest(_Request):
    """What was done about a task."""

    note: str = Field(min_length=1, max_length=WHY_MAX)


class PublishRequest(_Request):
    """Publish approved drafts; `drafts` None: all of them. With `effective_at`, which must be to come, it
    is scheduled; without, it is in force at once."""

    drafts: list[str] | None = Field(None, max_length=500)
    why: str = Field(min_length=1, max_length=WHY_MAX)
    effective_at: AwareDatetime | None = None


class PreviewRequest(_Request):
    """How a record would look with this text. Nothing is kept."""

    kind: Kind
    key: str = Field(min_length=1, max_length=KEY_MAX)
    body: Body
    city: City | None = None
    facet: Facet | None = None


class FlagRequest(_Request):
    """Take records of the province over as one new Shen-Guan item."""

    codes: list[str] = Field(min_length=1, max_length=20)
    domain: Domain
    why: str = Field(min_length=1, max_length=WHY_MAX)


# Answers


class PersonModel(BaseModel):
    """Who did something."""

    id: str
    name: str


class ChangeModel(BaseModel):
    """One difference. `old` null: added; `new` null: removed."""

    path: str
    label: LocalText
    old: Any
    new: Any


class FindingModel(BaseModel):
    """Something wrong with a record. `path` leads to the field; empty: the record as a whole."""

    level: Literal["error", "warning"]
    where: str
    path: str
    problem: str


class DraftModel(BaseModel):
    """Work on one record."""

    id: str
    kind: Kind
    key: str
    name: LocalText
    state: DraftState
    version: int
    base: int | None
    current: int | None
    stale: bool
    withdraw: bool
    body: Body | None
    authors: list[PersonModel]
    opened_at: datetime
    updated_by: PersonModel
    updated_at: datetime
    why: str
    reviewer: PersonModel | None
    scheduled_in: int | None
    published_in: int | None


class May(BaseModel):
    """What the caller may do with a draft now."""

    edit: bool
    submit: bool
    review: bool
    discard: bool
    publish: bool


class DraftResponse(BaseModel):
    """A draft with what it changes and what is wrong with it."""

    draft: DraftModel
    changes: list[ChangeModel]
    findings: list[FindingModel]
    may: May


class DraftsResponse(BaseModel):
    """Drafts, oldest first, without their bodies."""

    drafts: list[DraftModel]


class ThreeWayResponse(BaseModel):
    """A draft whose record changed underneath."""

    base: Body | None
    current: Body | None
    draft: Body | None
    theirs: list[ChangeModel]
    ours: list[ChangeModel]
    overlaps: list[str]


class DraftMark(BaseModel):
    """An open draft, in a line of the list."""

    id: str
    state: DraftState
    withdraw: bool
    updated_by: PersonModel
    updated_at: datetime


class RecordBrief(BaseModel):
    """A line of the list."""

    kind: Kind
    key: str
    name: LocalText
    domain: Domain | None
    cities: list[City]
    status: Status | None
    as_of: str | None
    next_review: str | None
    stale: bool
    new: bool
    """Not published yet."""
    draft: DraftMark | None
    tasks: int


class RecordsResponse(BaseModel):
    """One page of records."""

    items: list[RecordBrief]
    total: int
    page: int
    page_size: int
    list_version: str


class TaskModel(BaseModel):
    """Something an editor should look at."""

    model_config = ConfigDict(extra="allow")
    id: str
    kind: TaskKind
    text: LocalText
    state: TaskState
    count: int
    opened_at: datetime
    last_at: datetime
    record: dict[str, str] | None
    note: str | None


class RecordResponse(BaseModel):
    """A record as published, with the work on it. `body` null: not published."""

    kind: Kind
    key: str
    name: LocalText
    revision: int | None
    body: Body | None
    draft: DraftModel | None
    may: May
    tasks: list[TaskModel]


class RevisionModel(BaseModel):
    """One state of a record; `changes` against the one before."""

    number: int
    origin: str
    who: PersonModel
    reviewer: PersonModel | None
    why: str
    at: datetime
    versions: list[int]
    withdrawn: bool
    changes: list[ChangeModel]


class HistoryResponse(BaseModel):
    """Revisions, newest first."""

    revisions: list[RevisionModel]


class ChangesResponse(BaseModel):
    """Differences."""

    changes: list[ChangeModel]


class PreviewResponse(BaseModel):
    """The answer card in both languages (null: the record has none, or is not complete), what is wrong,
    and what differs from the published record."""

    cards: dict[Lang, AnswerCard] | None
    findings: list[FindingModel]
    changes: list[ChangeModel]


class VersionModel(BaseModel):
    """One version of the list."""

    number: int
    state: str
    list_version: str | None
    base: int | None
    who: PersonModel
    why: str
    made_at: datetime
    effective_at: datetime | None
    published_at: datetime | None
    drafts: list[str]
    changed: list[dict[str, str]]
    rollback_of: int | None
    problems: list[str]
    in_force: bool = False


class VersionResponse(BaseModel):
    """One version."""

    version: VersionModel


class VersionsResponse(BaseModel):
    """Versions, newest first."""

    versions: list[VersionModel]


class RecordChangeModel(BaseModel):
    """What became of one record."""

    kind: Kind
    key: str
    name: LocalText
    what: Literal["added", "removed", "changed"]
    changes: list[ChangeModel]


class DiffResponse(BaseModel):
    """What changed between two versions."""

    records: list[RecordChangeModel]


class AuditRow(BaseModel):
    """One row of the audit."""

    seq: int
    at: datetime
    who: PersonModel
    action: str
    why: str
    details: dict[str, Any]
    hash: str


class AuditResponse(BaseModel):
    """Rows, oldest first."""

    entries: list[AuditRow]


class AuditReportModel(BaseModel):
    """What checking the audit found. Keep `head` elsewhere to prove later that nothing was cut off."""

    ok: bool
    entries: int
    head: str
    problems: list[str]


class TasksResponse(BaseModel):
    """Tasks, the most reported first."""

    tasks: list[TaskModel]


class TaskResponse(BaseModel):
    """One task."""

    task: TaskModel


class ImportsResponse(BaseModel):
    """One page of the province's records."""

    model_config = ConfigDict(extra="allow")
    items: list[dict[str, Any]]
    total: int
    page: int


class ImportResponse(BaseModel):
    """One record of the province, cleaned and as published."""

    model_config = ConfigDict(extra="allow")
    code: str
    name: str
    body: Body


class FindingsResponse(BaseModel):
    """What is wrong with the published list."""

    findings: list[FindingModel]


class SourceOption(BaseModel):
    """A source a fact may name."""

    id: str
    title: LocalText
    kind: str


class OverviewResponse(BaseModel):
    """What the desk's page needs to start: who, what is in force, how much is waiting."""

    editor: dict[str, Any]
    list_version: str
    number: int
    counts: dict[str, int]
    drafts: dict[str, int]
    tasks: int
    sources: list[SourceOption]
