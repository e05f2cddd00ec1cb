"""Which drafts may go to review: those with which the list could be published.

Drafts may need one another: an item quotes a source, two items name each other. What one brings, or what waits
for review already, does not speak against another. Whether all of it is published together is asked by
publishing, which checks the list as it will be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import ValidationError

from knowledge.catalogue import Catalogue
from knowledge.editing import store
from knowledge.editing.model import Draft
from knowledge.editing.publishing import composed, taken_along
from knowledge.editing.store import NewRevision, RecordId
from knowledge.validate import Finding, check


def of_shape(draft: Draft) -> list[Finding]:
    """What keeps the draft from being a record at all."""
    record: RecordId = (draft.kind, draft.key)
    if draft.withdraw:
        return []
    try:
        store.valid_record(record, draft.body or {})
    except ValidationError as error:
        return [
            Finding("error", f"{draft.key} {'.'.join(map(str, e['loc']))}", e["msg"])
            for e in error.errors(include_url=False)
        ]
    except ValueError as error:
        return [Finding("error", draft.key, str(error))]
    return []


def of_list(now: Catalogue, drafts: Iterable[Draft]) -> list[Finding]:
    """Findings of the list with these drafts that the list in force does not have; warnings included, one
    for every other record that is changed because an item leaves."""
    changes = {
        (draft.kind, draft.key): NewRevision(draft.body, "desk", draft.updated_by, None, draft.why)
        for draft in drafts
    }
    whole = taken_along(now, changes)
    known = {str(finding) for finding in check(now)}
    along = [
        Finding("warning", key, "names what leaves the list: changed, or taken out, with it")
        for kind, key in whole.keys() - changes.keys()
    ]
    found = [f for f in check(composed(now, whole)) if str(f) not in known]
    return found + sorted(along, key=str)


def unfit(
    now: Catalogue, waiting: Sequence[Draft], chosen: Sequence[Draft]
) -> dict[str, list[Finding]]:
    """Errors by id of those of `chosen` that cannot go to review: of their shape, or errors of the list with
    the draft alone that are there still with all of them and with those `waiting` for review."""
    found = {draft.id: errors for draft in chosen if (errors := of_shape(draft))}
    whole = [draft for draft in chosen if draft.id not in found]
    beside = [draft for draft in waiting if not of_shape(draft)]
    left = {str(f) for f in of_list(now, [*beside, *whole]) if f.level == "error"}
    for draft in whole if left else ():
        own = [f for f in of_list(now, [draft]) if f.level == "error" and str(f) in left]
        if own:
            found[draft.id] = own
    return found
