"""Lexical units: what of a text is matched by letters, in characters and in pinyin.

Input is normalised text (`knowledge.text.understand(...).core`). Chinese gives single characters and
pairs, Latin gives light stems and pairs of them. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise

_ASKING = re.compile(
    r"(一共|大概|到底)?(需要|要|得|用)?(带|准备|提供|提交|交)?(些)?(什么|哪些|啥|几样)(材料|资料|证件|手续|东西|文件)"
    r"|(要|需要)?(花|收)?(多少钱|几块钱?|多久|多长时间|几天|多少天|几个工作日)(才?能?(办好|办完|拿到|下来))?"
    r"|(去|在|到)?(哪里|哪儿|哪)(可以|能)?(办理|办)?(?=$|[?？,，。])|怎么(办理|办|弄|搞)?|如何(办理)?|怎样"
)
"""Words that ask for a fact of a matter and say nothing about which matter it is."""
_RUN = re.compile(
    r"[\u3400-\u9fff]+|[a-z][a-z']*(?![^\W\d_])|\d+(?:\.\d+)?"
    r"|[\u3040-\u30ff\uac00-\ud7af]+|(?:(?![\u3040-\u9fff\uac00-\ud7af])[^\W\d_])+"
)
_STOP_HAN = frozenset("的了吗呢吧啊我你他她它们这那个是在有就都也和与及要想把被给对很还再么哪啥")
_STOP_EN = frozenset({
    "a", "an", "the", "i", "my", "me", "we", "our", "you", "your", "it", "its", "is", "are",
    "was", "be", "been", "do", "does", "did", "to", "of", "in", "on", "at", "for", "from", "and",
    "or", "with", "by", "as", "if", "so", "that", "this", "there", "have", "has", "had", "can",
    "could", "should", "would", "will", "shall", "may", "must", "am", "what", "when", "how",
    "which", "who", "whom", "where", "why", "get", "got", "want", "need", "not", "no", "any",
    "some", "about", "into", "up", "out", "after", "before", "than", "then", "too", "very",
    "please",
})  # fmt: skip
_SUFFIXES = ("ational", "ations", "ation", "ments", "ment", "ings", "ing", "ies", "ied", "ers", "als",
             "al", "es", "ed", "s")  # fmt: skip
_IRREGULAR = {
    "lost": "lose", "losing": "lose", "bought": "buy", "paid": "pay", "fired": "dismiss",
    "born": "birth", "newborn": "birth", "baby": "child", "kid": "child", "kids": "child",
    "children": "child", "car": "vehicle", "cars": "vehicle", "driving": "drive",
    "driver": "drive", "driver's": "drive", "license": "licence", "licenses": "licence",
    "cert": "certificate", "wed": "marriage", "wedding": "marriage", "married": "marriage",
    "marry": "marriage", "divorced": "divorce", "expired": "expire", "expiring": "expire",
    "expires": "expire", "stolen": "lose", "flat": "home", "apartment": "home", "house": "home",
    "salary": "wage", "salaries": "wage", "firm": "company", "medicare": "medical",
}  # fmt: skip


def stem(word: str) -> str:
    """A crude English stem: enough that "renewal", "renewing" and "renew" meet."""
    word = _IRREGULAR.get(word, word)
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)] + ("y" if suffix in ("ies", "ied") else "")
            break
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


def _plain(word: str) -> str:
    """A word of another alphabet, without its accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


def _pairs(units: list[str]) -> list[str]:
    return [f"{a}{b}" if len(a) == 1 else f"{a} {b}" for a, b in pairwise(units)]


def terms(text: str) -> list[str]:
    """Characters and pairs of Chinese (and kana, hangul), stems and pairs of English, words of other
    alphabets; with repeats, in order."""
    out: list[str] = []
    latin: list[str] = []
    for match in _RUN.finditer(_ASKING.sub(" ", text)):
        run = match.group(0)
        if "\u3400" <= run[0] <= "\u9fff":
            out += [char for char in run if char not in _STOP_HAN]
            out += [run[i : i + 2] for i in range(len(run) - 1)]
        elif "\u3040" <= run[0] <= "\u30ff" or "\uac00" <= run[0] <= "\ud7af":
            out += [*run, *(run[i : i + 2] for i in range(len(run) - 1))]
        elif not run.isascii():
            latin.append(_plain(run))
        elif run not in _STOP_EN:
            latin.append(stem(run))
    return out + latin + _pairs(latin)


def syllables(text: str, readings: Mapping[str, str]) -> list[str]:
    """Pinyin of each Chinese character, by its commonest reading, and pairs of them."""
    out: list[str] = []
    for match in _RUN.finditer(text):
        run = match.group(0)
        if "\u3400" <= run[0] <= "\u9fff":
            row = [blur(readings.get(char, char)) for char in run]
            out += [f"{a}-{b}" for a, b in pairwise(row)]
            out += [f"{a}-{b}-{c}" for a, b, c in zip(row, row[1:], row[2:], strict=False)]
    return out


def spelled(text: str, known: frozenset[str]) -> list[str]:
    """Syllables of text that is pinyin throughout (`shebaoka`), unblurred; [] for other text."""
    row: list[str] = []
    for match in _RUN.finditer(text):
        run = match.group(0).replace("'", "")
        parts = _segment(run, known) if run[0].isascii() and run[0].isalpha() else None
        if parts is None:
            return []
        row += parts
    return row


def _segment(run: str, known: frozenset[str]) -> list[str] | None:
    """Fewest known syllables that spell `run`."""
    best: list[list[str] | None] = [None] * (len(run) + 1)
    best[0] = []
    for end in range(1, len(run) + 1):
        for start in range(max(0, end - 6), end):
            head = best[start]
            if head is None or run[start:end] not in known:
                continue
            current = best[end]
            if current is None or len(head) + 1 < len(current):
                best[end] = [*head, run[start:end]]
    return best[len(run)]


@lru_cache(maxsize=4096)
def blur(syllable: str) -> str:
    """One form for sounds that southern speakers and dictation mix up (zh/z, n/l, ng/n, h/f)."""
    for a, b in (("zh", "z"), ("ch", "c"), ("sh", "s")):
        if syllable.startswith(a):
            syllable = b + syllable[2:]
            break
    if syllable.startswith("n") and len(syllable) > 1:
        syllable = "l" + syllable[1:]
    return syllable[:-1] if syllable.endswith("ng") else syllable
