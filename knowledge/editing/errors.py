"""What can go wrong with the managed list; messages are in `core/locales/*/list.json`."""

from __future__ import annotations

from core.errors import AppError, Conflict, InvalidInput, NotAllowed


class ListNotStarted(AppError):
    """The record has no list yet: `make run` makes it."""

    code = "list_not_started"
    status = 503


class EditConflict(Conflict):
    """Somebody saved the draft first; `details.current` is the draft as it is."""

    code = "edit_conflict"


class DraftExists(Conflict):
    """The record has an open draft; `details.draft` is its id."""

    code = "draft_exists"


class OthersDraft(Conflict):
    """Somebody else has the record's open draft; `details.draft` is its id."""

    code = "others_draft"
    retryable = False


class WrongState(Conflict):
    """The draft, version or task is not in a state for this; `details.state`."""

    code = "wrong_state"
    retryable = False


class StaleDraft(Conflict):
    """The record changed underneath; `details` holds the three-way information."""

    code = "stale_draft"
    retryable = False


class NotStale(Conflict):
    """Nothing of the draft's record was published since it was begun; `details.draft`."""

    code = "not_stale"
    retryable = False


class PublishConflict(Conflict):
    """Another version was published meanwhile; `details.current` is its number."""

    code = "publish_conflict"


class NothingToPublish(Conflict):
    """No approved draft, or nothing differs."""

    code = "nothing_to_publish"
    retryable = False


class SecondPersonNeeded(NotAllowed):
    """An author of a draft may not approve it."""

    code = "second_person_needed"


class OtherCity(NotAllowed):
    """The change concerns a city the editor does not act for; `details.cities`."""

    code = "other_city"


class DraftInvalid(AppError):
    """The draft cannot be submitted; `details.findings`."""

    code = "draft_invalid"
    status = 422


class ListInvalid(AppError):
    """The list with these changes breaks its rules; nothing was published. `details.findings`."""

    code = "list_invalid"
    status = 422


class UnfitBody(InvalidInput):
    """The text is nested deeper, or has more parts, than a record can; nothing was written."""

    code = "unfit_body"


class TimePassed(AppError):
    """The time at which a version should take effect has passed; nothing was published."""

    code = "time_passed"
    status = 422


class ReasonMissing(AppError):
    """Every step needs a reason."""

    code = "reason_missing"
    status = 400


class UnreadableRevision(AppError):
    """A stored record does not fit the model of this release; `details` names it."""

    code = "unreadable_revision"
    status = 409
