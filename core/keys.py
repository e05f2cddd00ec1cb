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


def video_node(node: str) -> str:
    """Load and address of a media node; expires by itself."""
    return f"{PREFIX}video:node:{node}"
