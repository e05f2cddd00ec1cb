"""What the desk refuses, as typed errors."""

from __future__ import annotations

from core.errors import AppError, Conflict, NotAllowed, NotSignedIn


class TicketState(Conflict):
    """The ticket is in a state in which this cannot be done; `details["state"]` says which."""

    code = "desk_ticket_state"
    retryable = False


class NotYours(NotAllowed):
    """Another agent holds the ticket, or it was never offered to the caller."""

    code = "desk_not_yours"


class BadCredentials(NotSignedIn):
    """Wrong name, password or code; which of them is never said."""

    code = "desk_bad_credentials"


class LockedOut(AppError):
    """Too many failures; `details["retry_after_s"]` says when to come back."""

    code = "desk_locked"
    status = 429
    retryable = True


class DemoRefused(NotAllowed):
    """Demonstration agents exist in sandbox mode only."""

    code = "desk_demo_refused"


class MediaNotHeld(NotAllowed):
    """The agent does not offer that medium."""

    code = "desk_media"
