"""What a chip says: raw payloads (`/ask_item{"code":…}`), which the gateway signs."""

from __future__ import annotations

import json

from core.cards import City, Facet


def payload(name: str, **slots: str | None) -> str:
    """A raw payload: `/name{"slot":"value"}`, empty slots left out."""
    given = {key: slot for key, slot in slots.items() if slot}
    return f"/{name}{json.dumps(given, ensure_ascii=False, separators=(',', ':'))}"


def ask_item(
    code: str, *, facet: Facet | None = None, city: City | None = None, **more: str | None
) -> str:
    """Payload that asks for an item's card; `more`: what `Responder.tapped` also reads."""
    return payload("ask_item", code=code, facet=facet, city=city, **more)
