"""Learns the profile `collection` of `knowledge/ranking.json` (see `knowledge.evaluation.train`).

From the province's records, `train` half of the names only, and from the service list searched as a
collection: names and summaries are the documents, its everyday wordings the questions, in Chinese, in
English, and in English over Chinese documents. For the decision each question is also searched where
its own document is missing, and the far-off questions of the `train` split are searched everywhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge.catalogue import Catalogue
from knowledge.collection import Collection, Document, Scored
from knowledge.embed.port import Embedder
from knowledge.evaluation.far import far_questions
from knowledge.evaluation.learning import Array, learn_logistic, learn_ranking
from knowledge.evaluation.province import FOLDS, VARIANTS, Named, Province, fold_of
from knowledge.evaluation.questions import Question
from knowledge.evaluation.vectors import QueryVectors
from knowledge.matching import (
    COLUMNS,
    DECIDERS,
    EVIDENCE,
    LANGUAGES,
    Profile,
    collection_evidence,
    decider,
)
from knowledge.rank import probability
from knowledge.wordings import QUESTION, SPOKEN, Wording, wordings

RANK_RIDGE, DECISION_RIDGE = 0.01, 0.01
LIST_TOTAL, VARIANT_WEIGHT = 390.0, 0.2
"""Of all wordings of the service list together, and of a changed name, against a name as recorded: a list
that grows must not shift what was learned for other collections."""
LIST_DECIDES, FOREIGN_LIST, FAR_DECIDES, FOREIGN_FAR = 0.2, 20.0, 10.0, 20.0
"""In the decision, in Chinese and in other languages: factor for wordings of the service list (nothing
else teaches English), weight of a far-off question. The Chinese ones were chosen, as the ridges were, by
cross-validation within the train half."""
PLACE_WEIGHT, _PLACE_EVERY = 0.5, 4
_PLACES = ("佛山市", "珠海市", "惠州市", "南山区", "天河区", "北京市")
_PLACE_FRAMES = ("{}{}", "我在{}，想办{}", "{}的{}怎么办理")
FALSE_AT_MOST = 0.07
"""Names whose records are missing that may be answered, when the threshold is chosen."""
_FREE = tuple(COLUMNS.index(name) for name in ("act_other", "place_other", "short"))
_NOTHING = {lang: np.zeros(len(EVIDENCE)) for lang in LANGUAGES}
BLANK = Profile(
    {lang: np.ones(len(COLUMNS)) for lang in LANGUAGES}, _NOTHING, _NOTHING, _NOTHING, 0.5
)
"""For collections that are only looked into while training."""


@dataclass(frozen=True)
class CollectionCase:
    """One searched question."""

    scored: Scored
    right: npt.NDArray[np.bool_]
    weight: float

    @property
    def table(self) -> Array:
        """Signals of its candidates."""
        return self.scored.table


def search_all(
    collection: Collection,
    asked: Sequence[tuple[str, frozenset[str]]],
    vectors: QueryVectors,
    weight: float = 1.0,
) -> list[CollectionCase]:
    """(question, right ids) searched in a collection."""
    understood = [collection.understand(text) for text, _ in asked]
    vectors.learn([each.core for each in understood])
    cases = []
    for each, (_, right) in zip(understood, asked, strict=True):
        scored = collection.scored(each, vectors.encode_query(each.core))
        ids = [collection.documents[int(i)].id for i in scored.found.items]
        cases.append(CollectionCase(scored, np.array([i in right for i in ids]), weight))
    return cases


def missing_folds(
    documents: Sequence[Document], names: Sequence[Named]
) -> Iterator[tuple[list[Document], list[Named]]]:
    """(documents left, names of those taken away): a fifth of the records at a time, and with it all
    else that its names stand for."""
    folds: dict[int, list[Named]] = defaultdict(list)
    for name in names:
        folds[fold_of(min(name.documents))].append(name)
    for fold in range(FOLDS):
        gone = {document for name in folds[fold] for document in name.documents}
        left = [d for d in documents if fold_of(d.id) != fold and d.id not in gone]
        yield left, folds[fold]


def missing_cases(
    documents: Sequence[Document],
    names: Sequence[Named],
    build: Callable[[Sequence[Document]], Collection],
    vectors: QueryVectors,
) -> list[CollectionCase]:
    """Each name searched in a collection without its documents."""
    return [
        case
        for left, asked in missing_folds(documents, names)
        for case in search_all(build(left), [(name.text, frozenset()) for name in asked], vectors)
    ]


def list_as_collection(
    catalogue: Catalogue, *, english: bool
) -> tuple[list[Document], list[tuple[Wording, frozenset[str]]]]:
    """(documents of the service list, its everyday wordings with the right ids)."""
    documents, asked = [], []
    for item in catalogue.items.values():
        aliases = [*item.aliases.zh, *item.aliases.yue]
        text = item.summary.zh
        if english:
            aliases += [item.name.en, *item.aliases.en]
            text += "\n" + item.summary.en
        documents.append(Document(item.item_id, item.name.zh, text, tuple(aliases)))
        right = frozenset({item.item_id, catalogue.sister(item.item_id) or item.item_id})
        asked += [(w, right) for w in wordings(item) if w.kind in (SPOKEN, QUESTION)]
    return documents, asked


def place_cases(
    names: Sequence[Named],
    build: Callable[[Sequence[Document]], Collection],
    vectors: QueryVectors,
) -> list[CollectionCase]:
    """Names asked for a place, where some matters are kept once for each of several places."""
    documents: dict[str, Document] = {}
    asked = []
    for number, name in enumerate(names[::_PLACE_EVERY]):
        matter = min(name.documents)
        for place in _PLACES:
            own = f"{place}{matter}"
            documents[own] = Document(own, own)
        place = _PLACES[number % len(_PLACES)]
        frame = _PLACE_FRAMES[number % len(_PLACE_FRAMES)]
        asked.append((frame.format(place, name.text), frozenset({f"{place}{matter}"})))
    return search_all(build(list(documents.values())), asked, vectors, PLACE_WEIGHT)


def _list_cases(
    catalogue: Catalogue,
    build: Callable[[Sequence[Document]], Collection],
    vectors: QueryVectors,
    far: Sequence[str],
) -> tuple[list[CollectionCase], list[CollectionCase], list[CollectionCase]]:
    """(the list's wordings over it, the same robbed of their items, far questions over it)."""
    known, robbed, off = [], [], []
    sets = [list_as_collection(catalogue, english=english) for english in (True, False)]
    sets[1] = sets[1][0], [(w, right) for w, right in sets[1][1] if w.english]
    weight = LIST_TOTAL / sum(len(asked) for _, asked in sets)
    for documents, asked in sets:
        collection = build(documents)
        cases = search_all(collection, [(w.raw, r) for w, r in asked], vectors, weight)
        known += cases
        robbed += [_without(case) for case in cases if case.right.any()]
        nothing = [(text, frozenset[str]()) for text in far]
        off += search_all(collection, nothing, vectors)
    return known, robbed, off


def _without(case: CollectionCase) -> CollectionCase:
    """The same search with what was right taken away."""
    keep = ~case.right
    scored = case.scored
    found = replace(scored.found, items=scored.found.items[keep], table=scored.found.table[keep])
    scored = replace(
        scored,
        found=found,
        table=scored.table[keep],
        scores=scored.scores[keep],
        order=tuple(range(int(keep.sum()))),
    )
    return CollectionCase(scored, case.right[keep], case.weight)


def judge_case(case: CollectionCase, weights: Mapping[str, Array]) -> tuple[Array, bool]:
    """(evidence, whether the first is right)."""
    scores = case.table @ weights[case.scored.lang]
    row = collection_evidence(case.scored.found, case.table, scores, case.scored.lang)
    return row, bool(case.right[int(np.argmax(scores))])


def _factor(case: CollectionCase, kind: str) -> float:
    """How much a case counts in the decision, beside its weight."""
    chinese = decider(case.scored.lang) == "chinese"
    if kind == "list":
        return LIST_DECIDES if chinese else FOREIGN_LIST
    if kind == "far":
        return FAR_DECIDES if chinese else FOREIGN_FAR
    return 1.0


def train_collection(
    catalogue: Catalogue,
    province: Province,
    questions: Sequence[Question],
    embedder: Embedder,
    vectors: QueryVectors,
) -> dict[str, Any]:
    """The profile, as `ranking.json` holds it."""

    def build(documents: Sequence[Document]) -> Collection:
        return Collection.build(documents, embedder, BLANK, embed=vectors.encode_documents)

    far = [q.text for q in questions if q.split == "train" and q.kind == "oos_far"]
    far += far_questions("train")
    whole = build(province.documents)
    names = [
        name
        for names in (province.daily, province.parts, province.short)
        for name in names
        if name.half == "train"
    ]
    clean = search_all(whole, [(name.text, name.documents) for name in names], vectors)
    changed = [
        case
        for variant in ("cantonese", "typo", "pinyin")
        for case in search_all(
            whole,
            [(VARIANTS[variant](name.text), name.documents) for name in names],
            vectors,
            VARIANT_WEIGHT,
        )
    ]
    missing = missing_cases(province.documents, names, build, vectors)
    listed, robbed, off = _list_cases(catalogue, build, vectors, far)
    placed = place_cases(names, build, vectors)
    every = [*clean, *changed, *listed, *placed]
    weights = {
        lang: learn_ranking(
            [case for case in every if case.scored.lang == lang],
            len(COLUMNS),
            free=_FREE,
            ridge=RANK_RIDGE,
        )
        for lang in LANGUAGES
    }
    off += search_all(whole, [(text, frozenset()) for text in far], vectors)
    judged = [
        (
            *judge_case(case, weights),
            there,
            case.weight * _factor(case, kind),
            case.scored.lang,
            kind != "far",
        )
        for cases, there, kind in (
            ([*clean, *changed], 1.0, "record"),
            (missing, 0.0, "record"),
            (listed, 1.0, "list"),
            (robbed, 0.0, "list"),
            (off, 0.0, "far"),
        )
        for case in cases
    ]
    learned: dict[str, dict[str, Array]] = {"correct": {}, "near": {}, "in_list": {}}
    for rule in DECIDERS:
        own = [each for each in judged if decider(each[4]) == rule]
        rows = np.stack([each[0] for each in own])
        amounts = np.array([each[3] for each in own])
        first = np.array([float(each[1]) for each in own])
        there = np.array([each[2] for each in own])
        near = np.array([each[5] for each in own])
        for name, labels, kept in (
            ("correct", first, np.ones_like(near)),
            ("near", near.astype(np.float64), np.ones_like(near)),
            ("in_list", there, near),
        ):
            learned[name][rule] = learn_logistic(
                rows[kept], labels[kept], amounts[kept], ridge=DECISION_RIDGE
            )
    beliefs = sorted(
        probability(judge_case(case, weights)[0], learned["correct"][decider(case.scored.lang)])
        for case in missing
    )
    answer_at = beliefs[int(len(beliefs) * (1 - FALSE_AT_MOST))]
    return {
        "made": {
            "documents": len(province.documents),
            "train_names": len(names),
            "list_wordings": len(listed),
            "false_at_most": FALSE_AT_MOST,
        },
        "ranking": {
            lang: {n: round(float(v), 4) for n, v in zip(COLUMNS, weights[lang], strict=True)}
            for lang in LANGUAGES
        },
        **{
            name: {
                rule: {n: round(float(v), 4) for n, v in zip(EVIDENCE, row, strict=True)}
                for rule, row in rules.items()
            }
            for name, rules in learned.items()
        },
        "answer": round(float(answer_at), 4),
    }
