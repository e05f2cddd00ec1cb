"""Searching and measuring any collection: figures by hand, files, places, documents of every shape."""

from __future__ import annotations

import gzip
import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from core.errors import InvalidInput
from knowledge.collection import (
    PASSAGE_HAN,
    Collection,
    Document,
    cut,
    document_wordings,
    passages_each,
    understand_any,
)
from knowledge.embed.port import Matrix, Vector
from knowledge.evaluation.beir import load_beir
from knowledge.evaluation.far import far_questions
from knowledge.evaluation.learning import learn_logistic, learn_ranking
from knowledge.evaluation.metrics import (
    auroc,
    false_at_coverage,
    hit_at,
    mrr_at,
    ndcg_at,
    recall_at,
)
from knowledge.matching import COLUMNS, EVIDENCE, LANGUAGES, acts, language, load_profile
from knowledge.places import places, without_places
from knowledge.rank import probability
from knowledge.text import without_asking
from knowledge.wordings import SAID


class LetterEmbedder:
    """Unit vectors from the pairs of letters of a text; all alike to about .8, as a real model's."""

    name, dim = "letters", 65

    def encode_query(self, text: str) -> Vector:
        row = np.full(self.dim - 1, 1e-3, np.float32)
        for at in range(len(text)):
            digest = hashlib.blake2b(text[at : at + 2].encode(), digest_size=2).digest()
            row[int.from_bytes(digest, "big") % (self.dim - 1)] += 1
        row = np.append(row / np.linalg.norm(row), 2.0)
        return (row / np.linalg.norm(row)).astype(np.float32)

    def encode_documents(self, texts: Sequence[str]) -> Matrix:
        return np.stack([self.encode_query(text) for text in texts])


def _collection(*documents: Document) -> Collection:
    return Collection.build(documents, LetterEmbedder(), load_profile())


# ---- figures ----------------------------------------------------------------


def test_figures_are_those_computed_by_hand() -> None:
    """Two relevant documents of gains 3 and 1, found second and fourth."""
    ranked, gains = ["a", "b", "c", "d", "e"], {"b": 3, "d": 1, "e": 0}
    got = 3 / math.log2(3) + 1 / math.log2(5)
    assert ndcg_at(10, ranked, gains) == pytest.approx(got / (3 + 1 / math.log2(3)))
    assert ndcg_at(10, ranked, gains) == pytest.approx(0.6400, abs=1e-4)
    assert ndcg_at(1, ranked, gains) == 0.0
    assert [recall_at(k, ranked, gains) for k in (1, 2, 5)] == [0.0, 0.5, 1.0]
    assert [hit_at(k, ranked, gains) for k in (1, 2, 5)] == [0.0, 1.0, 1.0]
    assert mrr_at(10, ranked, gains) == 0.5
    assert mrr_at(1, ranked, gains) == 0.0


def test_ideal_gain_is_cut_at_k_and_missing_documents_count() -> None:
    """Three relevant documents, one found first: the ideal of @2 has two of them."""
    assert ndcg_at(2, ["x"], {"x": 1, "y": 1, "z": 1}) == pytest.approx(1 / (1 + 1 / math.log2(3)))
    assert recall_at(10, ["x"], {"x": 1, "y": 1, "z": 1}) == pytest.approx(1 / 3)
    assert (
        ndcg_at(10, ["x"], {}) == recall_at(10, ["x"], {"x": 0}) == mrr_at(10, [], {"x": 1}) == 0.0
    )


def test_auroc_counts_ties_as_half() -> None:
    """Probability that an answerable question is believed more than one that is not."""
    assert auroc([0.9, 0.5], [0.5, 0.1]) == pytest.approx((2 + 1.5) / 4)
    assert auroc([0.5], [0.5]) == 0.5
    assert auroc([], [0.1]) is None


def test_false_answers_at_a_coverage() -> None:
    """60 % of five answerable ones pass at 0.6: one of two others does too."""
    assert false_at_coverage([0.9, 0.8, 0.6, 0.2, 0.1], [0.7, 0.5], 0.6) == 0.5
    assert false_at_coverage([0.9], [], 0.6) is None


# ---- files ------------------------------------------------------------------


def _files(folder: Path, corpus: bytes, queries: bytes, qrels: bytes) -> tuple[Path, Path, Path]:
    paths = folder / "corpus.jsonl", folder / "queries.jsonl", folder / "qrels.tsv"
    for path, content in zip(paths, (corpus, queries, qrels), strict=True):
        path.write_bytes(content)
    return paths


def test_files_with_mark_blanks_numbers_and_gzip_are_read(tmp_path: Path) -> None:
    """Nothing that can be understood is refused; unknown ids are reported, not dropped silently."""
    corpus = b'\xef\xbb\xbf{"_id": 1, "title": null, "text": "x"}\r\n\n{"_id": "b", "title": "t"}\n'
    queries = gzip.compress(b'{"_id": "q", "text": "x", "metadata": {}}\n{"_id": "u", "text": "y"}')
    beir = load_beir(*_files(tmp_path, corpus, queries, b"q\t1\t2\nq\tgone\t1\nlost\tb\t1\n"))
    assert [(d.id, d.title, d.text) for d in beir.documents] == [("1", "", "x"), ("b", "t", "")]
    assert beir.relevant == {"q": {"1": 2, "gone": 1}}
    assert (beir.answerable("q"), beir.answerable("u")) == (True, False)
    assert (beir.unknown_documents, beir.unknown_queries) == (("gone",), ("lost",))


def test_spaces_around_ids_say_nothing(tmp_path: Path) -> None:
    """An id with a space at its end is the same in all three files; of two rows it is still a repetition."""
    rows = b'{"_id": "1 ", "text": "x"}', b'{"_id": " q", "text": "x"}'
    beir = load_beir(*_files(tmp_path, *rows, b"q \t1\t1"))
    assert (beir.relevant, beir.unknown_documents) == ({"q": {"1": 1}}, ())
    for twice in (b'{"_id": "1"}\n{"_id": "1 "}', b'{"_id": " "}'):
        with pytest.raises(InvalidInput):
            load_beir(*_files(tmp_path, twice, rows[1], b"q\t1\t1"))


def test_graded_judgements_keep_their_fractions_and_odd_ones_are_refused(tmp_path: Path) -> None:
    """0.5 is relevant; a word as a score is a header only where it reads like one."""
    rows = b'{"_id": "1", "text": "x"}', b'{"_id": "q", "text": "x"}'
    beir = load_beir(*_files(tmp_path, *rows, b"q\t1\t0.5"))
    assert beir.relevant == {"q": {"1": 0.5}}
    assert beir.answerable("q")
    for odd in (b"q\t1\tx", b"q\t1\tnan", b"q\t1\tinf"):
        with pytest.raises(InvalidInput):
            load_beir(*_files(tmp_path, *rows, odd))


@pytest.mark.parametrize("qrels", [
    b"query-id\tcorpus-id\tscore\nq\t1\t1\n", b"q 0 1 1\n", b"q\t1\t1.0\r\n\r\n", b"\xef\xbb\xbfq\t1\t1",
])  # fmt: skip
def test_judgements_with_and_without_a_header(tmp_path: Path, qrels: bytes) -> None:
    """BEIR's three columns, TREC's four, tabs or spaces."""
    files = _files(tmp_path, b'{"_id": "1", "text": "x"}', b'{"_id": "q", "text": "x"}', qrels)
    assert load_beir(*files).relevant == {"q": {"1": 1}}


@pytest.mark.parametrize(("which", "content", "line", "problem"), [
    (0, b'{"_id": "1"}\nnot json', 2, "is not JSON"),
    (0, b'{"_id": "1"}\n\n{"_id": "1"}', 3, "repeats"),
    (0, b'{"title": "x"}', 1, "_id"),
    (0, b'["x"]', 1, "_id"),
    (0, b'{"_id": "1", "text": 5}', 1, "must be text"),
    (0, b"", 0, "no rows"),
    (0, b'{"_id": "1"}\n\xff\xfe', 2, "UTF-8"),
    (1, b'{"_id": "q"}', 1, "text"),
    (2, b"q\t1\t1\nq\t1", 2, "three columns"),
    (2, b"q\t1\t1\nq\t1\tmuch", 2, "no number"),
    (2, b"q\t1\t1\nq\t1\t1.0\nq\t1\t0", 3, "again, with another score"),
    (0, b"\x1f\x8b\x08" + b"\x00" * 7 + b"\xff" * 50, 1, "cannot be read"),
])  # fmt: skip
def test_a_bad_row_is_named_by_file_and_line(
    tmp_path: Path, which: int, content: bytes, line: int, problem: str
) -> None:
    """The person can find the row."""
    good = [b'{"_id": "1", "text": "x"}', b'{"_id": "q", "text": "x"}', b"q\t1\t1\n"]
    good[which] = content
    files = _files(tmp_path, *good)
    with pytest.raises(InvalidInput) as failed:
        load_beir(*files)
    assert failed.value.details["file"] == str(files[which])
    assert failed.value.details["line"] == line
    assert problem in failed.value.details["problem"]


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    """No traceback for a mistyped path."""
    files = _files(tmp_path, b"", b"", b"")
    with pytest.raises(InvalidInput, match="invalid_input"):
        load_beir(tmp_path / "none.jsonl", *files[1:])


# ---- collections ------------------------------------------------------------


def test_the_document_in_question_comes_first() -> None:
    """By name, by text, in traditional script, said in Cantonese, with a typo, in pinyin."""
    collection = _collection(
        Document("card", "社会保障卡补办", "社保卡遗失后可以补办，需要身份证。"),
        Document("permit", "居住证申领", "在本市连续居住可以申领居住证。"),
        Document("fund", "住房公积金提取", "租房、购房可以提取公积金。"),
        *(Document(f"other{i}", f"{name}备案登记") for i, name in enumerate("甲乙丙丁戊己庚辛")),
    )
    for asked, wanted in (
        ("社会保障卡补办", "card"), ("社保卡遗失", "card"), ("居住證申領", "permit"),
        ("我想問下居住證點樣申領㗎", "permit"), ("居主证申领", "permit"), ("juzhuzheng shenling", "permit"),
        ("租房提取公积金", "fund"),
    ):  # fmt: skip
        assert collection.search(asked).found[0].id == wanted, asked


def test_odd_collections_and_questions_work() -> None:
    """One document; no title; nothing but marks; a very long text; other scripts."""
    alone = _collection(Document("only", "", "How to renew a licence"))
    assert [hit.id for hit in alone.search("renew licence").found] == ["only"]
    odd = _collection(
        Document("empty", "", ""), Document("marks", "？？？"), Document("long", "长文", "很长。" * 9000),
        Document("ja", "東京タワー", "営業時間は九時から"), Document("ru", "Московский вокзал"),
        Document("fr", "Carte de résident", "Demande de carte"),
    )  # fmt: skip
    assert odd.search("東京タワー").found[0].id == "ja"
    assert odd.search("московский вокзал").found[0].id == "ru"
    assert odd.search("carte de resident").found[0].id == "fr"
    assert len({hit.id for hit in odd.search("长文").found}) == len(odd.search("长文").found)
    for nothing in ("", "   ", "？？", "\u200b"):
        assert odd.search(nothing).found == ()
        assert not odd.search(nothing).answered


def test_a_collection_needs_documents_of_different_ids() -> None:
    """Typed errors, before anything is embedded."""
    with pytest.raises(InvalidInput):
        _collection()
    with pytest.raises(InvalidInput):
        _collection(Document("a", "x"), Document("a", "y"))


def test_long_texts_are_cut_and_nothing_is_lost() -> None:
    """Few passages are embedded; the words of the rest are still searched."""
    text = "".join(f"第{i}条规定了事项{i}。" for i in range(200))
    parts = cut(text, 3)
    assert len(parts) == 3
    assert "".join(parts) == text
    assert all(len(part) <= PASSAGE_HAN for part in parts[:2])
    assert cut("", 3) == []
    assert passages_each(10) > passages_each(50_000) == 1
    kinds = {w.kind for w in document_wordings(Document("d", "甲（乙）", text, ("丙",)), 2)}
    assert len(kinds) == 3


def test_questions_lose_places_and_asking_but_not_the_matter() -> None:
    """What is left is what is searched for."""
    assert understand_any("我在广州市越秀区，想申请教师资格认定").core == "教师资格认定"
    assert without_asking("护照补办要在哪里办") == "护照补办"
    assert without_asking("多久") == "多久"
    assert understand_any("亲属关系公证").core == "亲属关系公证"
    assert understand_any("余额查询").core == "余额查询"


@pytest.mark.parametrize(("text", "named"), [
    ("广州市天河区图书馆", {"广州", "天河"}), ("我在深圳，想办居住证", {"深圳"}), ("居住小区登记", set()),
    ("城市房屋公证", set()), ("往来台湾通行证", set()), ("社区服务", set()), ("内蒙古自治区医保", {"内蒙古"}),
])  # fmt: skip
def test_places_are_told_from_words_that_end_alike(text: str, named: set[str]) -> None:
    """A 小区 is no district, and Taiwan in a permit's name is what it is for."""
    assert places(text) == named
    assert without_places(text)


def test_acts_and_languages() -> None:
    """补办 and 遗失 are one act; English over Chinese documents has weights of its own."""
    assert acts("驾驶证遗失") == acts("驾驶证补办") != acts("驾驶证注销")
    assert acts("驾驶证") == frozenset()
    assert language(True, True, 0.1) == "cross"
    assert language(True, False, 0.1) == language(True, True, 0.8) == "en"
    assert (language(False, True, 0.0), language(False, False, 0.9)) == ("zh", "cross")


def test_the_profile_fits_its_signals() -> None:
    """Weights for every column and every language; a probability for any evidence."""
    profile = load_profile()
    assert {len(profile.weights[lang]) for lang in LANGUAGES} == {len(COLUMNS)}
    for rules in (profile.correct, profile.in_list):
        assert {len(rules[lang]) for lang in LANGUAGES} == {len(EVIDENCE)}
    assert 0 < profile.answer_at < 1
    assert 0 <= probability(np.zeros(len(EVIDENCE)), profile.correct["zh"]) <= 1


# ---- learning ---------------------------------------------------------------


class _Case:
    def __init__(self, table: list[list[float]], right: list[bool]) -> None:
        self.table, self.right, self.weight = np.array(table), np.array(right), 1.0


def test_ranking_learns_what_tells_right_from_wrong() -> None:
    """The first signal does; the second is noise; none becomes negative."""
    cases = [
        _Case([[1.0, i % 2], [0.0, 0.5], [0.2, 1 - i % 2]], [True, False, False]) for i in range(20)
    ]
    weights = learn_ranking(cases, 2)
    assert weights[0] > 5 * weights[1] >= 0


def test_the_decision_learns_a_probability() -> None:
    """Evidence of 1 is right nine times in ten."""
    rows = np.array([[1.0, 1.0]] * 10 + [[1.0, 0.0]] * 10)
    labels = np.array([1.0] * 9 + [0.0] + [0.0] * 9 + [1.0])
    weights = learn_logistic(rows, labels, np.ones(20), ridge=1e-6)
    assert probability(rows[0], weights) == pytest.approx(0.9, abs=0.02)


def test_far_questions_of_the_halves_differ() -> None:
    """What is measured was never learned."""
    train, test = set(far_questions("train")), set(far_questions("test"))
    assert min(len(train), len(test)) > 100
    assert not train & test


# ---- what people say --------------------------------------------------------


def test_a_formal_title_is_found_by_what_people_call_it() -> None:
    """A title's formal terms are also indexed as people say them; other titles stay as they are."""
    from knowledge.colloquial import MOST, as_people_say

    assert {"驾照补领", "驾驶本补领"} <= set(as_people_say("机动车驾驶证补领"))
    assert as_people_say("博物馆预约") == as_people_say("library card") == []
    many = as_people_say("社会保险、失业保险金、住房公积金、机动车驾驶证、普通护照")
    assert len(many) == MOST == len(set(many))
    document = Document("1", "最低生活保障申请(城市)")
    said = [w.text for w in document_wordings(document, 1) if w.kind == SAID]
    assert "低保申请" in said


def test_the_table_of_what_people_say_is_well_formed() -> None:
    """Every formal term once, in normalised writing, and no everyday name says the same as its term."""
    from knowledge.colloquial import _table
    from knowledge.text import simplify

    pattern, table = _table()
    assert len(table) > 200
    for formal, said in table.items():
        assert simplify(formal) == formal
        assert pattern.fullmatch(formal)
        assert all(len(name) > 1 and simplify(name) == name != formal for name in said), formal
        assert len(set(said)) == len(said)


def test_everyday_life_is_no_government_matter() -> None:
    """The background is in three languages, each text once, none with a word of the field."""
    from knowledge.background import everyday

    texts = everyday()
    assert len(set(texts)) == len(texts) > 250
    words = (
        "证件",
        "社保",
        "医保",
        "公积金",
        "户口",
        "护照",
        "居住证",
        "permit",
        "passport",
        "pension",
    )
    assert [text for text in texts if any(word in text for word in words)] == []


def test_four_columns_are_trec_s_only_with_a_number(tmp_path: Path) -> None:
    """An id with a blank in it, parted by blanks, is no TREC line: nothing of it is dropped in silence."""
    rows = (b'{"_id": "d e 5", "text": "t"}\n', b'{"_id": "q", "text": "t"}\n')
    trec = load_beir(*_files(tmp_path, b'{"_id": "5", "text": "t"}\n', rows[1], b"q 0 5 1\n"))
    assert trec.relevant == {"q": {"5": 1}}
    with pytest.raises(InvalidInput):
        load_beir(*_files(tmp_path, *rows, b"q d 5 1\n"))
    tabs = load_beir(*_files(tmp_path, *rows, b"qid\tdocid\trelevancy\nq\td e 5\t1\n"))
    assert tabs.relevant == {"q": {"d e 5": 1}}
