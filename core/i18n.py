"""Two languages, complete: messages in `core/locales/{zh,en}.json`, looked up by key.

`zh` is authoritative. A missing key is a programming error and is caught by a test, not hidden.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Literal

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, Lang] = ("zh", "en")
_DIR = Path(__file__).parent / "locales"
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LATIN = re.compile(r"[A-Za-z][A-Za-z'’-]+")


@cache
def catalogue(lang: Lang) -> dict[str, str]:
    """All messages of one language: every `*.json` object in `locales/<lang>/`, merged."""
    merged: dict[str, str] = {}
    for path in sorted((_DIR / lang).glob("*.json")):
        loaded: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        merged.update(loaded)
    return merged


def text(key: str, lang: Lang, **params: Any) -> str:
    """The message under `key`, with `{name}` places filled from `params`."""
    template = catalogue(lang)[key]
    return template.format(**params) if params else template


def detect_lang(sample: str, default: Lang = "zh") -> Lang:
    """Language of a resident's text: Chinese if it has at least as many Han characters as Latin words.

    A name in Latin letters inside a Chinese sentence stays Chinese, a Chinese name inside an English
    one stays English; digits alone tell nothing and keep `default`.
    """
    han = len(_HAN.findall(sample))
    words = len(_LATIN.findall(sample))
    if han == 0 and words == 0:
        return default
    return "zh" if han >= words else "en"


def negotiate(accept_language: str | None, default: Lang = "zh") -> Lang:
    """First of our two languages in an `Accept-Language` header (RFC 9110 order, weights ignored)."""
    for part in (accept_language or "").lower().split(","):
        tag = part.split(";")[0].strip()
        if tag.startswith(("zh", "yue")):
            return "zh"
        if tag.startswith("en"):
            return "en"
    return default
