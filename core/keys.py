"""Every Redis key in one place. All are disposable: losing them loses nothing that was acknowledged."""

from __future__ import annotations

import hashlib

PREFIX = "sg:"
OUTBOX_STREAM = PREFIX + "outbox"
"""Stream of relayed outbox rows."""
VIDEO_NODES = PREFIX + "video:nodes"
"""Set of ids of media nodes that ever registered."""


def query_vector(text: str) -> str:
    """Query embedding of a resident's words for 60 s; the words themselves are not in the key."""
    return f"{PREFIX}vec:{hashlib.sha256(text.encode()).hexdigest()}"


def presence(agent: str) -> str:
    """Heartbeat of an agent; expires by itself."""
    return f"{PREFIX}presence:{agent}"


def rate(scope: str, who: str) -> str:
    """Token bucket of a caller in a scope."""
    return f"{PREFIX}rate:{scope}:{hashlib.sha256(who.encode()).hexdigest()[:24]}"


def lease(name: str) -> str:
    """A lease held by one process at a time."""
    return f"{PREFIX}lease:{name}"


def video_node(node: str) -> str:
    """Load and address of a media node; expires by itself."""
    return f"{PREFIX}video:node:{node}"
