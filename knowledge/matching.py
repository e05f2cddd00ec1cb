"""How well a question's words fit a title: signals of `knowledge.collection`, and its evidence.

Residents shorten (建工证 ⊂ 建设工程…许可证), keep the end (…查询) and name the act (补办, 注销): that is
compared by characters here, per candidate, beside the signals of `knowledge.rank`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
from rapidfuzz.distance import LCSseq

from knowledge.candidates import candidates
from knowledge.embed.port import Vector
from knowledge.index import Index
from knowledge.rank import RULES, SIGNALS, Signals, overlap, tabulate
from knowledge.terms import syllables, terms
from knowledge.text import squash
from knowledge.wordings import ALIAS, Wording

Array = npt.NDArray[np.float64]

TITLE_SIGNALS = (
    "order", "run", "whole", "fill", "ends", "begins", "same", "act", "act_other", "short",
    "place", "place_other", "title_covered", "title_fill", "passage",
)  # fmt: skip
"""Of the best fitting name: share of the question in order, in one run; all of it in one run; share of the
title explained; same end, same beginning, equal; same act, another act; short title; same place, another
place; weighted share of the question in the title, of the title in the question; best passage."""
COLUMNS = (*SIGNALS, *TITLE_SIGNALS)
LANGUAGES = ("zh", "en", "cross")
"""Sets of weights; `cross`: the question is not in the language of the documents."""
_CROSS_KNOWN = 0.35
_MAX_RUN = 24
_LISTED = re.compile(r"[,，、;；]")
_MOST_PARTS, _KEYWORD = 6, 16
_ACT_GROUPS = (
    "补办|补领|补发|遗失|丢失|损毁|挂失", "换领|换发|换证|更换|换", "注销|取消|撤销|终止",
    "变更|更改|修改|更正", "延续|延期|续期|续签|续展|续", "首次|初次|新办|核发|新领|申领|设立|新设",
    "查询|查", "备案", "转入|迁入|接入", "转出|迁出", "转移|接续|迁移", "奖励|表彰|奖", "投诉|举报",
    "公证", "报名|报考", "预约", "培训", "年审|年检|检验", "提取|支取", "缴纳|缴费|补缴",
    "复审|复议|复核", "认定|资格", "审批|许可|核准", "咨询", "下载|打印",
)  # fmt: skip
_HAN = re.compile(r"[\u3400-\u9fff]")
_ACTS = re.compile("|".join(f"(?P<a{i}>{group})" for i, group in enumerate(_ACT_GROUPS)))


@dataclass(frozen=True)
class Profile:
    """What was learned for collections: ranking weights by language, the decision, its threshold."""

    weights: Mapping[str, npt.NDArray[np.float64]]
    correct: Mapping[str, npt.NDArray[np.float64]]
    """Whether the first is right, by language."""
    near: Mapping[str, npt.NDArray[np.float64]]
    """Whether the question is of the collection's field at all, by language."""
    in_list: Mapping[str, npt.NDArray[np.float64]]
    """Whether, if so, any document is right, by language."""
    answer_at: float
    """From this probability of `correct` a question is answered."""


DECIDERS = ("chinese", "foreign")


def decider(lang: str) -> str:
    """Which decision rule serves a set of weights: what is sure in Chinese is not in English."""
    return "chinese" if lang == "zh" else "foreign"


@cache
def load_profile(path: Path = RULES) -> Profile:
    """The reviewed profile; raises `KeyError` when it does not fit `COLUMNS` and `EVIDENCE`."""
    data: dict[str, Any] = orjson.loads(path.read_bytes())["collection"]
    weights = {
        lang: np.array([data["ranking"][lang][name] for name in COLUMNS]) for lang in LANGUAGES
    }
    correct, near, in_list = (
        {
            lang: np.array([data[rule][decider(lang)][name] for name in EVIDENCE])
            for lang in LANGUAGES
        }
        for rule in ("correct", "near", "in_list")
    )
    return Profile(weights, correct, near, in_list, data["answer"])


@dataclass(frozen=True)
class Titles:
    """What is compared of each document, in the order of the index."""

    names: tuple[tuple[str, ...], ...]
    """Its names without marks and spaces."""
    acts: tuple[frozenset[int], ...]
    """What its title does (`_ACT_GROUPS`)."""
    places: tuple[frozenset[str], ...]
    known: frozenset[str]
    """All places that some document names."""
    han: bool
    """Whether most titles are in Chinese characters."""

    @classmethod
    def of(cls, groups: Sequence[Sequence[Wording]], places: Sequence[frozenset[str]]) -> Titles:
        """From each document's wordings and the places it names."""
        names = tuple(
            tuple(squash(w.text) for w in group if w.kind <= ALIAS and w.text) for group in groups
        )
        first = [row[0] if row else group[0].text for row, group in zip(names, groups, strict=True)]
        return cls(
            names,
            tuple(acts(title) for title in first),
            tuple(places),
            frozenset[str]().union(*places),
            sum(bool(_HAN.search(title)) for title in first) * 2 > len(first),
        )

    def texts(self) -> Iterator[str]:
        """All names of all documents."""
        for row in self.names:
            yield from row


def acts(text: str) -> frozenset[int]:
    """Which acts a text names."""
    return frozenset(
        int(str(match.lastgroup)[1:]) for match in _ACTS.finditer(text) if match.lastgroup
    )


def language(english: bool, han: bool, known: float) -> str:
    """Which set of weights serves: `cross` where question and documents share no language."""
    if english:
        return "cross" if han and known < _CROSS_KNOWN else "en"
    return "zh" if han else "cross"


def _run(asked: str, name: str) -> int:
    """Length of the longest run of `asked` in `name`."""
    best = 0
    for start in range(len(asked)):
        while start + best < len(asked) and asked[start : start + best + 1] in name:
            best += 1
    return best


def _compare(asked: str, names: Sequence[str]) -> tuple[float, ...]:
    """(order, run, whole, fill, ends, begins, same, short) of the best fitting name."""
    best: tuple[float, ...] = (0.0,) * 8
    top = -1.0
    for name in names:
        order = LCSseq.similarity(asked, name)
        share, fill = order / len(asked), order / max(1, len(name))
        if share + 0.5 * fill <= top:
            continue
        top = share + 0.5 * fill
        best = (
            share,
            _run(asked[:_MAX_RUN], name) / min(len(asked), _MAX_RUN),
            float(asked in name),
            fill,
            float(asked[-2:] == name[-2:]),
            float(asked[:2] == name[:2]),
            float(asked == name),
            -math.log1p(len(name)) / 4,
        )
    return best


def _parts(core: str) -> list[str]:
    """A list of keywords, each on its own; a sentence whole."""
    parts = [squash(part) for part in _LISTED.split(core)]
    parts = [part for part in parts if part]
    if 1 < len(parts) <= _MOST_PARTS and max(map(len, parts)) <= _KEYWORD:
        return parts
    return [squash(core) or core]


def _title_table(titles: Titles, items: Sequence[int], asked: str, named: frozenset[str]) -> Array:
    """The first twelve of `TITLE_SIGNALS`, by candidate."""
    does = acts(asked)
    known = named & titles.known
    texts = _parts(asked)
    rows = []
    for item in items:
        its, where = titles.acts[item], titles.places[item]
        rows.append(
            (
                *np.mean([_compare(text, titles.names[item]) for text in texts], axis=0),
                len(does & its) / len(does) if does else 0.0,
                float(bool(does) and bool(its) and not does & its),
                len(known & where) / len(known) if known else 0.0,
                float(bool(known) and bool(where) and not known & where),
            )
        )
    out = np.array(rows, np.float64)
    return out[:, [0, 1, 2, 3, 4, 5, 6, 8, 9, 7, 10, 11]]


def collection_signals(
    index: Index, titles: Titles, core: str, named: frozenset[str], vector: Vector
) -> tuple[Signals, Array]:
    """(`Signals` of `knowledge.rank`, float64[candidates, len(COLUMNS)])."""
    units = terms(core)
    for place in sorted(named & titles.known):
        units += terms(place)
    candidate = candidates(index, units, syllables(core, index.readings), vector)
    found = tabulate(index, candidate, units)
    own = candidate.wordings
    named_rows = own.kind <= ALIAS
    dice, share = overlap(index, own.rows, units)
    fill = share / np.maximum(2 * share / np.maximum(dice, 1e-9) - 1, 1e-9)
    passage = np.maximum.reduceat(np.where(named_rows, -1.0, own.cosine), own.first)
    passage = np.where(passage < 0, candidate.dense, passage)
    rest = np.stack(
        [
            np.maximum.reduceat(np.where(named_rows, share, 0.0), own.first),
            np.maximum.reduceat(np.where(named_rows & (dice > 0), fill, 0.0), own.first),
            (passage - 0.85) * 20,
        ],
        axis=1,
    )
    head = _title_table(titles, found.items.tolist(), core, named)
    return found, np.concatenate([found.table, head, rest], axis=1)


EVIDENCE = (
    "bias", "share", "margin", "known", "length", "english", "cross",
    *(f"best_{name}" for name in COLUMNS), "cross_dense", "cross_dense_z", "apart", "everyday",
)  # fmt: skip
"""What the decision looks at: how clear the best candidate is, its own columns, how much nearer it is
than everyday life, and how near that is."""


def collection_evidence(
    found: Signals, table: Array, scores: Array, lang: str
) -> npt.NDArray[np.float64]:
    """float64[len(EVIDENCE)] about the best candidate."""
    order = np.argsort(-scores)
    best = int(order[0])
    odds = np.exp(scores - scores[best])
    margin = float(scores[best] - scores[order[1]]) if len(order) > 1 else 8.0
    cross = float(lang == "cross")
    row = table[best]
    dense, dense_z = row[COLUMNS.index("dense")], row[COLUMNS.index("dense_z")]
    head = (
        1.0, 1.0 / float(odds.sum()), min(margin, 8.0), found.known, math.log1p(found.length),
        float(lang == "en"), cross,
    )  # fmt: skip
    far = (dense - found.outside, found.outside)
    return np.array([*head, *row, cross * dense, cross * dense_z, *far])
