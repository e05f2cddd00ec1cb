"""Takes what could identify a person out of a question before it is kept for editors.

Better too much than too little: a question that is mostly personal, or long enough to be a story, is
not kept at all. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

import zhconv_rs

from knowledge.learning.rules import HINTS, RULES, Rule

VERSION = 2
"""Of the rules. With a greater one `LearningLog.forget` goes through what was kept before."""
MAX_CHARS = 80
"""Longer texts tell a story; stories are personal."""
_MOST_PLACEHOLDERS = 2
_PLACEHOLDER = re.compile(f"‹(?:{'|'.join(sorted({rule.kind for rule in RULES}))})›")
_HIDDEN = "‹"
_TYPED = str.maketrans("‹›", "<>")
_INVISIBLE = ("Cf", "Mn", "Me")


def _plain(words: str) -> tuple[str, list[int]]:
    """The text as the rules read it, and for each of its characters the place in `words`: any digit as 0 to 9,
    full-width as ordinary, simplified, nothing invisible, placeholders hidden."""
    copy: list[str] = []
    places: list[int] = []
    hidden = {place for found in _PLACEHOLDER.finditer(words) for place in range(*found.span())}
    typed = words.translate(_TYPED)
    shown = "".join(_HIDDEN if place in hidden else char for place, char in enumerate(typed))
    for place, char in enumerate(shown):
        if unicodedata.category(char) in _INVISIBLE:
            continue
        digit = unicodedata.digit(char, None)
        plain = str(digit) if digit is not None else unicodedata.normalize("NFKC", char)
        copy += plain
        places += [place] * len(plain)
    text = "".join(copy)
    simple = zhconv_rs.zhconv(text, "zh-hans")
    if len(simple) != len(text):
        simple = "".join(zhconv_rs.zhconv(char, "zh-hans")[:1] or char for char in text)
    return simple, places


def _spans(words: str, rules: Iterable[Rule]) -> Iterator[tuple[int, int, str]]:
    """(start, end, kind) of what the rules find in `words`."""
    copy, places = _plain(words)
    for rule in rules:
        for found in rule.pattern.finditer(copy):
            kind = rule.judge(found) if rule.judge else rule.kind
            start, end = found.span(rule.part)
            if kind is None or start == end:
                continue
            copy = copy[:start] + _HIDDEN * (end - start) + copy[end:]
            yield places[start], places[end - 1] + 1, kind


def _without(words: str) -> str:
    """`words` with a placeholder for everything found."""
    out, done = "", 0
    for start, end, kind in sorted(_spans(words, RULES)):
        if start >= done:
            out += f"{words[done:start]}‹{kind}›"
        done = max(done, end)
    return out + words[done:]


def scrub(text: str) -> str | None:
    """The question without personal details, or None where it must not be kept."""
    words = " ".join(text.split())
    told = _PLACEHOLDER.sub("", words)
    if not told or len(told) > MAX_CHARS * (3 if told.isascii() else 1):
        return None
    words = _without(words)
    if len(_PLACEHOLDER.findall(words)) > _MOST_PLACEHOLDERS:
        return None
    left = _PLACEHOLDER.sub("", words)
    return words if any(char.isalpha() for char in left) else None


def bare(text: str) -> str:
    """A scrubbed text without its placeholders."""
    return " ".join(_PLACEHOLDER.sub("", text).split()).strip(" ，,。.？?！!")


def personal(text: str) -> tuple[str, ...]:
    """Parts of a text that `scrub` would take out."""
    return _parts(text, RULES)


def doubtful(text: str) -> tuple[str, ...]:
    """Parts of a text that may be personal, by weaker signs as well: for an editor to judge."""
    return _parts(text, (*RULES, *HINTS))


def _parts(text: str, rules: Iterable[Rule]) -> tuple[str, ...]:
    words = " ".join(text.split())
    return tuple(dict.fromkeys(words[start:end] for start, end, _ in sorted(_spans(words, rules))))
