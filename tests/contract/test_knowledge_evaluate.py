"""`python -m knowledge evaluate` on files in BEIR's format, its page, and the province's records."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from knowledge_engine import OwnFigures

from core.settings import Settings
from knowledge.collection import Collection, Document
from knowledge.embed import open_embedder
from knowledge.evaluation.measure_province import measure_province, report_province
from knowledge.evaluation.province import (
    PROVINCE,
    VARIANTS,
    cantonese,
    load_province,
    pinyin,
    traditional,
    typo,
)
from knowledge.evaluation.vectors import QueryVectors
from knowledge.matching import load_profile

CORPUS = [
    {"_id": "permit", "title": "居住证办理", "text": "连续居住满一年可以申领居住证，需要身份证、住址证明。"},
    {"_id": "card", "title": "社会保障卡补办", "text": "社保卡遗失后可以补办。"},
    {"_id": "licence", "title": "", "text": "Renew a driving licence: bring the old licence and a photo."},
    {"_id": "library", "title": "Library opening hours", "text": "Open from 9 to 17 on weekdays."},
    {"_id": "tower", "title": "住民票の写し", "text": "住民票の写しの交付には本人確認書類が必要です。"},
    {"_id": "bare", "title": "住房公积金提取", "text": ""},
]  # fmt: skip
QUERIES = {
    "q1": "居住證點樣辦", "q2": "renew my driving licence", "q3": "when is the library open",
    "q4": "住民票 必要なもの", "q5": "公积金怎么提取", "q6": "红烧肉怎么做", "q7": "how do volcanoes form",
    "q8": "shehui baozhangka buban",
}  # fmt: skip
QRELS = {
    "q1": "permit",
    "q2": "licence",
    "q3": "library",
    "q4": "tower",
    "q5": "bare",
    "q8": "card",
}


def _lines(rows: list[dict[str, Any]]) -> str:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n"


def _write(folder: Path) -> list[str]:
    folder.mkdir(exist_ok=True)
    (folder / "corpus.jsonl").write_text(_lines(CORPUS), encoding="utf-8-sig")
    rows = [{"_id": name, "text": text} for name, text in QUERIES.items()]
    (folder / "queries.jsonl").write_text(_lines(rows), encoding="utf-8")
    judged = "".join(f"{query}\t{document}\t1\n" for query, document in QRELS.items())
    (folder / "qrels.tsv").write_text(f"query-id\tcorpus-id\tscore\n{judged}", encoding="utf-8")
    return [
        "--corpus", str(folder / "corpus.jsonl"), "--queries", str(folder / "queries.jsonl"),
        "--qrels", str(folder / "qrels.tsv"),
    ]  # fmt: skip


def _environment(settings: Settings, temporary: Path) -> dict[str, str]:
    temporary.mkdir(exist_ok=True)
    return {**os.environ, "SG_DATA_DIR": str(settings.data_dir), "TMPDIR": str(temporary)}


def _run(settings: Settings, tmp_path: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "knowledge", "evaluate", *args],
        capture_output=True, text=True, env=_environment(settings, tmp_path / "temporary"), check=False,
    )  # fmt: skip


def _left(tmp_path: Path) -> list[Path]:
    """What a command left in its folder of temporary files; the model's runtime keeps one of its own."""
    return [path for path in (tmp_path / "temporary").iterdir() if path.name != ".ses"]


class _Page(HTMLParser):
    """What a page refers to, and its headings."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.lang = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href"):
                self.addresses.append(value or "")
            if tag == "html" and name == "lang":
                self.lang = value or ""


def test_a_foreign_collection_is_measured(settings: Settings, tmp_path: Path) -> None:
    """Mixed languages: the right document first, nonsense refused, figures and page complete."""
    page = tmp_path / "report.html"
    files, run = _write(tmp_path / "set"), tmp_path / "run.txt"
    done = _run(settings, tmp_path, *files, "--json", "--report", str(page), "--run", str(run))
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    found = measured["overall"]
    assert (found["queries"], found["answerable"], found["unanswerable"]) == (8, 6, 2)
    assert found["hit_at_1"] == found["recall_at_5"] == 1.0, measured["misses"]
    assert found["ndcg_at_10"] == found["mrr_at_10"] == 1.0
    assert found["auroc"] == 1.0
    assert found["false_answers"] == 0.0
    assert {"zh", "yue", "en", "ja"} <= set(measured["by_lang"])
    assert measured["milliseconds"]["p95"] > 0
    assert measured["memory_mb"] > 50
    assert "embedding" in done.stderr
    assert _left(tmp_path) == []
    rows = [line.split() for line in run.read_text(encoding="utf-8").splitlines()]
    assert {row[0]: row[2] for row in rows if row[3] == "1"}.items() >= QRELS.items()
    for query in QUERIES:  # what trec_eval sorts by
        scores = [float(row[4]) for row in rows if row[0] == query]
        assert scores == sorted(set(scores), reverse=True)
    html = page.read_text(encoding="utf-8")
    parsed = _Page()
    parsed.feed(html)
    assert parsed.lang == "en"
    assert not parsed.addresses
    assert "script" not in parsed.tags
    assert {"h1", "h2", "table", "caption", "th", "main"} <= set(parsed.tags)
    assert "viewport" in html


def test_places_tell_documents_apart(settings: Settings) -> None:
    """The library of the place asked about, not another one's; our cities' names are no exception."""
    names = ("天河区", "越秀区", "南山区", "龙岗区", "佛山市", "东莞市")
    documents = [Document(name, f"{name}图书馆开放时间", "周一闭馆。") for name in names]
    collection = Collection.build(documents, open_embedder(settings), load_profile())
    for name in names:
        assert collection.search(f"我想问{name}图书馆什么时候开门").found[0].id == name
        assert collection.search(f"图书馆几点开门，我在{name}").found[0].id == name


def test_ids_that_nothing_has_are_reported(settings: Settings, tmp_path: Path) -> None:
    """The judgement of an unknown document counts as missed and is named; the text report says so.
    A text that is not searched to its end is named as well."""
    files = _write(tmp_path / "set")
    with (tmp_path / "set" / "qrels.tsv").open("a", encoding="utf-8") as qrels:
        qrels.write("q1\tnowhere\t1\nnobody\tpermit\t1\n")
    with (tmp_path / "set" / "corpus.jsonl").open("a", encoding="utf-8") as corpus:
        corpus.write(json.dumps({"_id": "endless", "text": "long " * 5_000}) + "\n")
    done = _run(settings, tmp_path, *files)
    assert done.returncode == 0, done.stderr
    assert "nowhere" in done.stdout
    assert "nobody" in done.stdout
    assert "first 20,000 characters only: 1 documents (endless)" in done.stderr
    assert "nDCG@10" in done.stdout


@pytest.mark.parametrize(("args", "said"), [
    (["--corpus", "{set}/corpus.jsonl"], "together"),
    (["--corpus", "{set}/none.jsonl", "--queries", "{set}/queries.jsonl", "--qrels", "{set}/qrels.tsv"],
     "cannot be read"),
    (["--corpus", "{set}/qrels.tsv", "--queries", "{set}/queries.jsonl", "--qrels", "{set}/qrels.tsv"],
     "line 1"),
    (["--run", "run.txt"], "has no effect without --corpus"),
])  # fmt: skip
def test_wrong_use_ends_with_2(
    settings: Settings, tmp_path: Path, args: list[str], said: str
) -> None:
    """File and line of the fault, no traceback."""
    _write(tmp_path / "set")
    done = _run(settings, tmp_path, *(arg.format(set=tmp_path / "set") for arg in args))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_stopping_leaves_nothing_behind(settings: Settings, tmp_path: Path) -> None:
    """Ctrl-C while embedding: a sentence, code 130, no temporary files."""
    files = _write(tmp_path / "set")
    rows = [
        {"_id": str(i), "title": f"事项{i}", "text": f"第{i}条规定。" * 60} for i in range(4000)
    ]
    (tmp_path / "set" / "corpus.jsonl").write_text(_lines(rows), encoding="utf-8")
    running = subprocess.Popen(
        [sys.executable, "-m", "knowledge", "evaluate", *files],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        env=_environment(settings, tmp_path / "temporary"),
    )  # fmt: skip
    assert running.stderr is not None
    said = ""
    deadline = time.monotonic() + 60
    while "embedding" not in said and time.monotonic() < deadline:
        said += running.stderr.read(1)
    running.send_signal(signal.SIGINT)
    rest = running.communicate(timeout=30)[1]
    assert running.returncode == 130, said + rest
    assert "stopped" in rest
    assert "Traceback" not in rest
    assert _left(tmp_path) == []


def test_the_report_page_of_the_project_s_questions(own: OwnFigures) -> None:
    """Figures by language and kind and the misses, escaped, from what was measured just now."""
    html, measured = own.page, own.figures
    for kind in measured["by_kind"]:
        assert kind in html
    assert measured["list_version"] in html
    assert "By language" in html
    for miss in measured["misses"][:3]:
        assert miss["id"] in html


# ---- the province's records -------------------------------------------------

needs_records = pytest.mark.skipif(
    not PROVINCE.is_file(), reason="the given province records are not beside the repository"
)


@needs_records
def test_the_halves_share_no_record() -> None:
    """Nothing that is learned from is measured on."""
    province = load_province()
    assert len(province.documents) > 1900
    names = (*province.daily, *province.short)
    train = {d for name in names if name.half == "train" for d in name.documents}
    test = {d for name in names if name.half == "test" for d in name.documents}
    assert not train & test
    for document in province.documents[:50]:
        assert document.text != document.title
    texts = {document.id: document.text for document in province.documents}
    aliases = {n.text for n in province.daily if n.text not in texts}
    assert len(aliases) > 150


@needs_records
def test_variants_change_the_words_and_not_the_matter() -> None:
    """Script, dialect, one sound-alike character, pinyin."""
    assert traditional("驾驶证遗失补证") == "駕駛證遺失補證"
    assert "駕駛證" in cantonese("驾驶证")
    wrong = typo("驾驶证补办")
    assert len(wrong) == 5
    assert sum(a != b for a, b in zip(wrong, "驾驶证补办", strict=True)) == 1
    assert pinyin(wrong) == pinyin("驾驶证补办") == "jiashizhengbuban"
    assert set(VARIANTS) == {"traditional", "cantonese", "city", "typo", "pinyin"}


@needs_records
def test_search_over_the_province_s_records(settings: Settings) -> None:
    """Floors a little under what was measured, on names from which nothing was learned."""
    embedder = open_embedder(settings)
    set_up = (settings.data_dir / "models").resolve().parent
    vectors = QueryVectors(set_up / "cache" / "evaluation", embedder)
    measured = measure_province(load_province(), embedder, vectors, load_profile())
    found = measured["quality"]["everyday names"]
    assert found["search"]["test"]["success_at_1"] >= 0.82
    assert found["search"]["test"]["success_at_5"] >= 0.92
    assert measured["quality"]["short names"]["search"]["test"]["success_at_1"] >= 0.92
    clean = found["search"]["all"]["success_at_1"]
    for variant in ("traditional", "cantonese", "city"):
        assert abs(measured["variants"][variant]["all"]["success_at_1"] - clean) <= 0.02
    assert measured["variants"]["typo"]["all"]["success_at_1"] >= 0.76
    assert measured["variants"]["pinyin"]["all"]["success_at_1"] >= 0.72
    refused = measured["refusals"]["everyday names"]
    assert refused["far off"]["auroc"] >= 0.99
    assert refused["far off"]["false_answers"] <= 0.007
    assert refused["record missing"]["auroc"] >= 0.82
    assert refused["record missing"]["false_answers_at_60_coverage"] <= 0.10
    assert "plain hybrid" in report_province(measured)
