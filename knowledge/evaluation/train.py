"""Learns the weights in `knowledge/ranking.json`. Run by people, reviewed as data, never at run time.

    python -m knowledge.evaluation.train        (after `python -m knowledge build`)

Learned from two things only: the list's own wordings, each searched in an index that does not hold
it (five folds), and the `train` half of the question set. For the decision each wording is also
searched with its own item taken away, which is what a question about a missing item looks like.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import NotFound
from core.i18n import Lang
from core.settings import get_settings
from knowledge.catalogue import Catalogue
from knowledge.classifier import learn
from knowledge.embed import Embedder, open_embedder
from knowledge.evaluation.learning import Array, learn_logistic, learn_ranking
from knowledge.evaluation.province import load_province
from knowledge.evaluation.questions import Question, load_questions
from knowledge.evaluation.train_collection import train_collection
from knowledge.evaluation.vectors import QueryVectors
from knowledge.index import Index, IndexMissing, assemble
from knowledge.published import PublishedIndex, open_index
from knowledge.rank import (
    EMPTY_RULES,
    EVIDENCE,
    LEARNED,
    RULES,
    SIGNALS,
    Signals,
    evidence,
    probability,
    signals,
)
from knowledge.search import SearchEngine
from knowledge.text import understand
from knowledge.wordings import QUESTION, SPOKEN, event_wordings, normalised, wordings

FOLDS = 5
QUESTION_WEIGHT, WORDING_WEIGHT, MISSING_WEIGHT, OUTSIDE_WEIGHT = 3.0, 0.1, 0.5, 0.3
"""In the decision: a real question, a wording of the list, a question robbed of its item, a sentence about
what the list does not cover. The first three chosen by five-fold cross-validation on the training questions."""


@dataclass(frozen=True)
class Case:
    """One searched text. `right`: mask over candidates; all false when nothing is right."""

    found: Signals
    right: npt.NDArray[np.bool_]
    matters: tuple[str, ...]
    lang: Lang
    weight: float
    vague: bool = False

    @property
    def table(self) -> Array:
        """Signals of the candidates."""
        return self.found.table


def _case(
    index: Index, catalogue: Catalogue, found: Signals, right: set[str], lang: Lang, weight: float
) -> Case:
    codes = [index.codes[i] for i in found.items]
    mask = np.array([code in right for code in codes], bool)
    return Case(found, mask, tuple(map(catalogue.matter, codes)), lang, weight)


def _fold(text: str) -> int:
    return zlib.crc32(text.encode()) % FOLDS


def _without(case: Case) -> Case:
    """The same search with what was right taken away."""
    keep = ~case.right
    matters = tuple(matter for matter, kept in zip(case.matters, keep, strict=True) if kept)
    found = replace(case.found, items=case.found.items[keep], table=case.found.table[keep])
    return replace(case, found=found, right=case.right[keep], matters=matters)


def fold_cases(published: PublishedIndex, embedder: Embedder) -> tuple[list[Case], list[Case]]:
    """(every everyday wording, every sentence about what the list does not cover), searched where it is left
    out: such a matter whole, and of every other one its name too, as nobody thinks of them all. The index
    must keep its events."""
    index, catalogue = published.index, published.catalogue
    if published.events is None:
        raise IndexMissing()
    strange = [(at, normalised(text)) for at, m in enumerate(catalogue.outside) for text in m.said]
    groups = [wordings(item) for item in catalogue.items.values()]
    flat = [wording for group in groups for wording in group]
    fold_of = np.array([_fold(w.text) if w.kind in (SPOKEN, QUESTION) else -1 for w in flat])
    if isinstance(embedder, QueryVectors):
        embedder.learn([*(w.text for w in flat), *(text for _, text in strange)])
    strange_fold = np.array([_fold(matter.zh) for matter in catalogue.outside])
    strange_vectors = embedder.encode_documents([text for _, text in strange])
    cases: list[Case] = []
    outside: list[Case] = []
    for fold in range(FOLDS):
        keep = fold_of != fold
        left_out = (strange_fold == fold) & (np.arange(strange_fold.size) % 2 == 0)
        named = np.repeat(~left_out, 2)  # each in Chinese and in English
        known = np.ones(len(index.outside), bool)
        known[: named.size] = named
        taught = [strange_fold[at] != fold for at, _ in strange]
        elsewhere = np.vstack([index.outside[known], strange_vectors[taught]])
        kept_groups, at = [], 0
        for group in groups:
            kept_groups.append([w for i, w in enumerate(group) if keep[at + i]])
            at += len(group)
        part = assemble(
            kept_groups, np.asarray(index.vectors)[keep], index.readings,
            outside=index.outside[known],
            outside_names=[t for t, kept in zip(index.outside_names, named, strict=True) if kept],
            embedder=index.embedder, version="fold",
            classes=learn(
                np.vstack([np.asarray(index.vectors)[keep], published.events]),
                [catalogue.matter(w.code) for w, kept in zip(flat, keep, strict=True) if kept]
                + [plan for plan, _ in event_wordings(catalogue.bundles.values())],
                elsewhere,
            ),
        )  # fmt: skip
        for wording in (w for w, f in zip(flat, fold_of, strict=True) if f == fold):
            found = signals(part, wording.text, embedder.encode_query(wording.text))
            right = {wording.code, catalogue.sister(wording.code) or wording.code}
            cases.append(
                _case(part, catalogue, found, right, "en" if wording.english else "zh", 1.0)
            )
        for text in (text for at, text in strange if strange_fold[at] == fold):
            found = signals(part, text, embedder.encode_query(text))
            outside.append(_case(part, catalogue, found, set(), understand(text).lang, 1.0))
        sys.stderr.write(f"fold {fold + 1}/{FOLDS}: {len(cases)} cases\n")
    return cases, outside


def question_cases(
    engine: SearchEngine, embedder: Embedder, questions: Sequence[Question]
) -> list[tuple[Question, Case]]:
    """The questions, searched in the whole index."""
    index, catalogue = engine.index, engine.catalogue
    out = []
    for question in questions:
        asked = engine.understand(question.text)
        found = signals(index, asked.core, embedder.encode_query(asked.core))
        right = set(question.codes)
        right |= {catalogue.sister(code) or code for code in question.codes}
        case = _case(index, catalogue, found, right, asked.lang, QUESTION_WEIGHT)
        out.append((question, replace(case, vague=question.kind == "vague")))
    return out


@dataclass(frozen=True)
class Judged:
    """A case's evidence with what the decision should have believed."""

    row: Array
    first_right: bool
    near_right: bool


def judge(case: Case, weights: dict[str, Array]) -> Judged:
    """Evidence and labels of a case under ranking weights."""
    scores = case.found.table @ weights[case.lang]
    row = evidence(case.found, scores, case.matters, case.lang)
    order = np.argsort(-scores)
    first = bool(case.right[order[0]]) and not case.vague
    near = bool(case.right[order[:5]].any())
    return Judged(row, first, near)


_WORTH = {
    # decision → (right answer is there, it is not)
    "answer": (1.0, -4.0),
    "clarify": (0.6, -0.4),
    "abstain": (-0.3, 1.0),
}
"""What each outcome is worth to a resident when the thresholds are chosen: a wrong answer is a trip for
nothing, a question one tap."""


NEARLY = 0.015
"""Share of the greatest worth within which thresholds are as good: they move no further than they must, or a
dozen wordings would move them along the flat."""
OUTSIDE_SHARE = 0.5
"""The set has more questions outside the list than residents ask: each counts this much."""


def choose_thresholds(
    judged: Sequence[Judged],
    counts: Sequence[float],
    correct: Array,
    near: Array,
    before: tuple[float, float],
) -> tuple[float, float]:
    """(answer_at, clarify_at): of those worth at most the share `NEARLY` less than the most on the training
    questions, the pair nearest to `before`."""
    believed = [
        (probability(j.row, correct), probability(j.row, near), j, count)
        for j, count in zip(judged, counts, strict=True)
    ]
    tried: list[tuple[float, float, float]] = []
    for answer_at in np.arange(0.30, 0.96, 0.01):
        for clarify_at in np.arange(0.10, 0.91, 0.02):
            worth = 0.0
            for sure, inside, j, count in believed:
                if sure >= answer_at:
                    worth += count * _WORTH["answer"][0 if j.first_right else 1]
                elif max(sure, inside) >= clarify_at:
                    worth += count * _WORTH["clarify"][0 if j.near_right else 1]
                else:
                    worth += count * _WORTH["abstain"][0 if j.near_right else 1]
            tried.append((float(answer_at), float(clarify_at), worth))
    most = max(worth for _, _, worth in tried)
    good = [(a, c) for a, c, worth in tried if worth >= (1 - NEARLY) * most]
    answer_at, clarify_at = min(
        good, key=lambda pair: (abs(pair[0] - before[0]) + abs(pair[1] - before[1]), pair)
    )
    return round(answer_at, 2), round(clarify_at, 2)


def train(engine: SearchEngine, embedder: Embedder) -> dict[str, Any]:
    """Everything `ranking.json` holds."""
    index, catalogue = engine.index, engine.catalogue
    asked = [q for q in load_questions() if q.split == "train" and q.kind != "multi"]
    folds, outside = fold_cases(PublishedIndex(index, catalogue, engine.event_vectors), embedder)
    pairs = question_cases(engine, embedder, asked)
    known = folds + [case for question, case in pairs if question.kind != "vague"]
    weights = {
        lang: learn_ranking([case for case in known if case.lang == lang], len(SIGNALS))
        for lang in ("zh", "en")
    }
    positive = [judge(case, weights) for case in folds]
    negative = [judge(_without(case), weights) for case in folds]
    strange = [judge(case, weights) for case in outside]
    real = [judge(case, weights) for question, case in pairs if question.kind != "wrong_city"]
    missing = [judge(_without(case), weights) for question, case in pairs if question.codes]
    every = positive + negative + strange + real + missing
    rows = np.stack([j.row for j in every])
    amounts = np.concatenate(
        [
            np.full(len(positive) + len(negative), WORDING_WEIGHT),
            np.full(len(strange), OUTSIDE_WEIGHT),
            np.full(len(real), QUESTION_WEIGHT),
            np.full(len(missing), MISSING_WEIGHT),
        ]
    )
    counts = [
        1.0 if question.codes else OUTSIDE_SHARE
        for question, _ in pairs
        if question.kind != "wrong_city"
    ]

    known_rules = json.loads(RULES.read_text(encoding="utf-8"))["decision"]

    def decision(kind: str, names: Sequence[str]) -> dict[str, Any]:
        """The decision that looks at the first `names` of the evidence."""
        seen = rows[:, : len(names)]
        correct = learn_logistic(seen, np.array([float(j.first_right) for j in every]), amounts)
        near = learn_logistic(seen, np.array([float(j.near_right) for j in every]), amounts)
        shown = [replace(j, row=j.row[: len(names)]) for j in real]
        before = known_rules[kind]["thresholds"]
        answer_at, clarify_at = choose_thresholds(
            shown, counts, correct, near, (before["answer"], before["clarify"])
        )
        return {
            "correct": _named(names, correct),
            "in_list": _named(names, near),
            "thresholds": {"answer": answer_at, "clarify": clarify_at},
        }

    return {
        "made": {
            "by": "python -m knowledge.evaluation.train",
            "on": dt.datetime.now(dt.UTC).date().isoformat(),
            "list_version": catalogue.version,
            "embedder": index.embedder,
            "wordings": len(folds),
            "outside": len(outside),
            "train_questions": len(pairs),
            "folds": FOLDS,
            "worth": {name: list(pair) for name, pair in _WORTH.items()},
        },
        "ranking": {lang: _named(SIGNALS, row) for lang, row in weights.items()},
        "decision": {
            "learned": decision("learned", (*EVIDENCE, *LEARNED)),
            "plain": decision("plain", EVIDENCE),
        },
    }


def _named(names: Sequence[str], row: Array) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(names, row, strict=True)}


def main() -> int:
    """Train both profiles on the built index and the given records, and write the rules.

    Query embeddings are kept in the data folder, so that a second run takes well under three minutes.
    Where the province's records are missing, the profile of collections is kept as it is.
    """
    settings = get_settings()
    bundled = open_embedder(settings)
    embedder = QueryVectors(settings.data_dir / "cache" / "evaluation", bundled)
    engine = SearchEngine(open_index(settings.data_dir), embedder, EMPTY_RULES)
    rules = train(engine, embedder)
    try:
        province = load_province()
    except NotFound:
        sys.stderr.write("the province's records are not there: the profile of collections stays\n")
        rules["collection"] = json.loads(RULES.read_bytes()).get("collection", {})
    else:
        rules["collection"] = train_collection(
            engine.catalogue, province, load_questions(), embedder, embedder
        )
    RULES.write_text(json.dumps(rules, indent=2) + "\n", encoding="utf-8")
    sys.stderr.write(f"written: {RULES}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
