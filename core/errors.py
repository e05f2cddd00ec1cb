"""One error type for the whole product: a stable code, an HTTP status, an i18n key, `retryable`.

Raised where the problem is known, rendered once at the edge (`core.http`). Never carries personal
data: `details` is shown to the caller and logged.
"""

from __future__ import annotations

from typing import Any

from core.i18n import Lang, text


class AppError(Exception):
    """Base of every expected failure.

    `code` is also the key of the message in `core/locales/*.json` (`error.<code>`); subclasses set
    the class attributes, instances may pass `params` for the message and `details` for machines.
    """

    code = "internal"
    status = 500
    retryable = False

    def __init__(
        self,
        code: str | None = None,
        *,
        status: int | None = None,
        retryable: bool | None = None,
        details: dict[str, Any] | None = None,
        **params: object,
    ) -> None:
        self.code = code or type(self).code
        self.status = status if status is not None else type(self).status
        self.retryable = retryable if retryable is not None else type(self).retryable
        self.details = details or {}
        self.params = params
        super().__init__(self.code)

    def message(self, lang: Lang) -> str:
        """The sentence shown to the caller, in their language."""
        return text(f"error.{self.code}", lang, **self.params)

    def as_dict(self, lang: Lang) -> dict[str, Any]:
        """`{"error": {"code", "message", "retryable", "details"}}`."""
        return {
            "error": {
                "code": self.code,
                "message": self.message(lang),
                "retryable": self.retryable,
                "details": self.details,
            }
        }


class InvalidInput(AppError):
    """The request is malformed; repeating it unchanged will fail again."""

    code = "invalid_input"
    status = 400


class NotSignedIn(AppError):
    """No identity, or an expired one."""

    code = "not_signed_in"
    status = 401


class NotAllowed(AppError):
    """Known identity, but not for this."""

    code = "not_allowed"
    status = 403


class NotFound(AppError):
    """No such thing, or not one the caller may see."""

    code = "not_found"
    status = 404


class Conflict(AppError):
    """Somebody else changed it first; read it again."""

    code = "conflict"
    status = 409
    retryable = True


class TooLarge(AppError):
    """Over a size limit."""

    code = "too_large"
    status = 413


class RateLimited(AppError):
    """Too many requests; `details["retry_after_s"]` says when to come back."""

    code = "rate_limited"
    status = 429
    retryable = True


class Unavailable(AppError):
    """Something this answer needs is down or still starting."""

    code = "unavailable"
    status = 503
    retryable = True
