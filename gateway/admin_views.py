"""What the list desk answers with, as JSON. Pure."""

from __future__ import annotations

from typing import Any

from gateway.admin_list import name_of
from knowledge.editing.model import OPEN_STATES, Draft, Editor, Task, Version


def draft_json(draft: Draft, *, body: bool = True) -> dict[str, Any]:
    """`DraftModel`; without its text for lists."""
    out = {**draft.as_dict(), "name": name_of(draft.kind, draft.key, draft.body).model_dump()}
    return out if body else {**out, "body": None}


def may(who: Editor, draft: Draft | None) -> dict[str, bool]:
    """What `who` may do now; the register decides again when it is done."""
    if draft is None:
        return {"edit": True, "submit": False, "review": False, "discard": False, "publish": False}
    free = draft.state in OPEN_STATES and draft.scheduled_in is None
    return {
        "edit": free and not draft.withdraw,
        "submit": free and draft.state == "editing",
        "review": free and draft.state == "in_review" and not draft.written_by(who),
        "discard": free,
        "publish": free and draft.state == "approved",
    }


def task_json(task: Task) -> dict[str, Any]:
    """`TaskModel`."""
    return task.as_dict()


def version_json(version: Version, in_force: int) -> dict[str, Any]:
    """`VersionModel`."""
    return {**version.as_dict(), "in_force": version.number == in_force}
