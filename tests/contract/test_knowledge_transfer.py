"""Import and export as an operator uses them: whole real file, atomic, idempotent, honest exit codes."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from list_factory import ANNA
from openpyxl import Workbook
from sqlalchemy import func, select

from core.clock import FakeClock
from core.db import Database
from core.errors import InvalidInput, NotFound
from core.i18n import LANGS
from knowledge.cli import importing
from knowledge.editing.register import Register
from knowledge.imports.faults import ImportRefused
from knowledge.imports.flagging import flag_for_list
from knowledge.imports.profile import Profile, load_profile
from knowledge.imports.report import ImportReport
from knowledge.imports.service import Imports
from knowledge.imports.tables import import_batches, imported_items
from knowledge.model import ServiceItem
from tests.knowledge_commands import run_command

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ("TASK_CODE", "TASK_NAME", "matter_name", "matter_daily", "DEPT_NAME", "AREACODE", "matter_level",
           "handle_time", "consult_phone", "theme_category")  # fmt: skip
BASE = "11440300006939756B2440101{:06}"


def _record(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "TASK_CODE": BASE.format(number), "TASK_NAME": f"第{number}号证照核发", "matter_daily": f"办{number}证",
        "DEPT_NAME": "深圳市某局", "AREACODE": "440300", "matter_level": "市级",
        "handle_time": "20(工作日)", "consult_phone": "0755-82002345", "theme_category": ["其他"],
    } | changes  # fmt: skip


def _jsonl(path: Path, rows: list[Any]) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def imports(db: Database, clock: FakeClock) -> Imports:
    """Imports of an empty record."""
    return Imports(db, clock)


async def _run(imports: Imports, path: Path, **options: Any) -> ImportReport:
    report = await imports.run(path, load_profile("guangdong"), who="Li", why="test", **options)
    assert report.balanced
    return report


@pytest.fixture
def real() -> Path:
    """The real records; only in a workplace that has them."""
    path = ROOT.parent / "shared" / "data" / "guangdong_items.jsonl"
    if not path.is_file():
        pytest.skip("the province's records are not here")
    return path


async def test_the_real_records_import_whole(imports: Imports, real: Path) -> None:
    """All 2,262 are in, in every shape the file may come in; the same again changes nothing."""
    first = await _run(imports, real)
    assert (first.rows, first.accepted, first.rejected, first.added) == (2262, 2262, 0, 2262)
    again = await _run(imports, real)
    assert (again.same_as, again.batch, again.unchanged) == (first.batch, None, 2262)
    page = await imports.search("驾驶证 初次", area="4401")
    assert page["total"] == 9
    found = await imports.search("建工證", page_size=3)  # an alias, in traditional script
    assert found["total"] == 16
    assert len(found["items"]) == 3
    assert first.notes["second_code"] == 293
    second = await imports.search("11440000006940116u200010500400006")  # beside its own
    assert [item["code"] for item in second["items"]] == ["11440000006940116U244010200300103"]
    filters = await imports.filters()
    assert [(a["value"], a["count"]) for a in filters["areas"]] == [
        ("440000", 2024),
        ("440100", 238),
    ]
    some = await imports.search(page_size=200, page=3)
    for item in some["items"][:50]:
        body = await imports.draft_of(item["code"], domain="civil", taken=["SG-CA-009"])
        assert ServiceItem.model_validate(body).item_id == "SG-CA-010"


async def test_other_shapes_of_the_real_records_are_the_same_records(
    imports: Imports, real: Path, tmp_path: Path
) -> None:
    """GB18030 CSV and XLSX say the same as the JSON Lines: every record is unchanged."""
    rows = _read(real)
    columns = list(rows[0])
    cells = [[_flat(row[c]) for c in columns] for row in rows]
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([columns, *cells])
    (tmp_path / "items.csv").write_bytes(text.getvalue().encode("gb18030"))
    book = Workbook(write_only=True)
    sheet = book.create_sheet("事项")
    for line in [columns, *cells]:
        sheet.append(line)
    book.save(tmp_path / "items.xlsx")
    await _run(imports, real)
    for name in ("items.csv", "items.xlsx"):
        report = await _run(imports, tmp_path / name)
        assert (report.rows, report.accepted, report.rejected) == (2262, 2262, 0), name
        assert (report.unchanged, report.changed) == (2262, 0), name


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _flat(value: Any) -> Any:
    return "\n".join(value) if isinstance(value, list) else value


async def test_every_row_is_in_or_named(imports: Imports, tmp_path: Path) -> None:
    """Totals add up, and the batch keeps the reasons in both languages."""
    path = _jsonl(
        tmp_path / "crawl.jsonl",
        [
            _record(1),
            _record(1, theme_category=["老年人"]),
            _record(1, handle_time="9(工作日)"),
            "<html><title>404</title></html>",
            {"code": 500, "msg": "系统繁忙，请稍后再试"},
            {},
            _record(2, TASK_CODE="11440300006939756B"),
            _record(3, TASK_NAME="第1号证照核发"),
            _record(4, DEPT_NAME=""),
            '{"TASK_CODE": ',
            _record(5),
        ],
    )
    report = await _run(imports, path)
    assert (report.rows, report.accepted, report.merged, report.rejected) == (11, 2, 1, 8)
    assert report.reasons() == {
        "error_page": 2, "duplicate_code": 1, "empty_row": 1, "code_is_department": 1,
        "duplicate_matter": 1, "missing": 1, "not_json": 1,
    }  # fmt: skip
    assert [found.row for found in report.rejections] == [3, 4, 5, 6, 7, 8, 9, 10]
    body = (await imports.get(BASE.format(1)))["body"]
    assert body["themes"] == ["其他", "老年人"]
    assert report.batch is not None
    batch = await imports.batch(report.batch)
    assert (batch["who"], batch["why"], batch["counts"]["rejected"]) == ("Li", "test", 8)
    assert all(row["zh"] and row["en"] for row in batch["rejected"])


async def test_an_updated_file_makes_revisions(imports: Imports, tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    await _run(imports, _jsonl(path, [_record(n) for n in range(1, 6)]))
    new = [_record(1), _record(2, handle_time="10(工作日)"), _record(3), _record(6)]
    report = await _run(imports, _jsonl(path, new))
    counts = report.counts()
    assert [counts[k] for k in ("added", "changed", "unchanged", "gone", "retired")] == [
        1,
        1,
        2,
        2,
        0,
    ]
    changed = await imports.get(BASE.format(2))
    assert changed["revision"] == 2
    assert changed["body"]["statutory"]["amount"] == 10
    assert changed["revisions"][0]["body"]["statutory"]["amount"] == 20
    assert (await imports.search())["total"] == 6
    complete = await _run(imports, path, complete=True)
    assert (complete.gone, complete.retired) == (2, 2)
    assert (await imports.search())["total"] == 4
    assert (await imports.search(active=None))["total"] == 6
    back = await _run(imports, _jsonl(path, [*new, _record(4)]))
    assert (back.back, back.unchanged) == (1, 4)
    assert [b["number"] for b in await imports.batches()] == [4, 3, 2, 1]


async def test_a_record_whose_row_was_refused_is_not_gone(imports: Imports, tmp_path: Path) -> None:
    """A complete file with rows that could not be read retires nothing that it names; and nothing at all
    where it cannot be told which records those rows are."""
    path = tmp_path / "items.jsonl"
    await _run(imports, _jsonl(path, [_record(n) for n in range(1, 5)]))
    broken = [_record(1), _record(2, handle_time="尽快"), _record(3)]
    report = await _run(imports, _jsonl(path, broken), complete=True)
    assert (report.accepted, report.gone, report.retired) == (2, 1, 1)
    assert (await imports.search())["total"] == 3
    nameless = {key: value for key, value in _record(2).items() if "code" not in key.lower()}
    report = await _run(imports, _jsonl(path, [_record(1), nameless]), complete=True)
    assert [found.code for found in report.rejections] == [""]
    assert report.retired == 0
    assert report.notes["not_retired"] == 1
    damaged = _record(2, TASK_CODE="看不清的编码")
    report = await _run(imports, _jsonl(path, [_record(1), damaged]), complete=True)
    assert (report.retired, report.notes["not_retired"]) == (0, 1)
    assert (await imports.search())["total"] == 3


def _own_profile(tmp_path: Path, name: str, more: str = "") -> Profile:
    """A profile of one's own that reads the same columns."""
    path = tmp_path / f"{name}.yaml"
    fields = "".join(
        f"  {field}: {{from: {column}, convert: {convert}}}\n"
        for field, column, convert in (
            ("code", "TASK_CODE", "code"), ("name", "TASK_NAME", "text"), ("area", "AREACODE", "area"),
            ("department", "DEPT_NAME", "text"), ("level", "matter_level", "level"),
        )
    )  # fmt: skip
    path.write_text(
        f"profile: {name}\ntitle: {{zh: 我, en: Mine}}\n{more}fields:\n{fields}", "utf-8"
    )
    return load_profile(path)


async def test_a_record_belongs_to_its_source(imports: Imports, tmp_path: Path) -> None:
    """Another profile cannot take it over: its row is named, the province's file stays as imported. A
    record that its source retired may come from another one."""
    province = _jsonl(tmp_path / "a.jsonl", [_record(1), _record(2)])
    await _run(imports, province)
    mine = _own_profile(tmp_path, "mine")
    path = _jsonl(tmp_path / "b.jsonl", [_record(3), _record(2, DEPT_NAME="我局"), _record(1)])

    async def run(*, dry_run: bool = False) -> ImportReport:
        report = await imports.run(path, mine, who="Li", why="x", dry_run=dry_run)
        assert report.balanced
        return report

    for dry_run in (True, False):
        report = await run(dry_run=dry_run)
        assert [(r.row, r.code, r.reason, r.params) for r in report.rejections] == [
            (2, BASE.format(2), "other_source", {"source": "guangdong"}),
            (3, BASE.format(1), "other_source", {"source": "guangdong"}),
        ]
        assert (report.accepted, report.added) == (1, 1)
    assert "source guangdong" in report.rejections[0].message("en")
    found = await imports.get(BASE.format(2))
    assert (found["source"], found["department"], found["revision"]) == (
        "guangdong",
        "深圳市某局",
        1,
    )
    _jsonl(path, [_record(1)])
    assert ((await run()).batch, len(await imports.batches())) == (None, 2)
    await _run(imports, _jsonl(tmp_path / "c.jsonl", [_record(2)]), complete=True)
    assert (await run()).back + (await run()).unchanged == 1
    assert (await imports.get(BASE.format(1)))["source"] == "mine"


def test_a_profile_of_ones_own_has_a_name_of_its_own(tmp_path: Path) -> None:
    """Under the name of one that comes with the product it would speak for the province."""
    with pytest.raises(ImportRefused, match="bad_profile") as caught:
        _own_profile(tmp_path, "guangdong")
    assert "choose another name" in caught.value.message("en")


async def test_a_dry_run_writes_nothing(imports: Imports, db: Database, tmp_path: Path) -> None:
    report = await _run(imports, _jsonl(tmp_path / "a.jsonl", [_record(1)]), dry_run=True)
    assert (report.added, report.batch) == (1, None)
    for table in (imported_items, import_batches):
        assert await _count(db, table) == 0
    assert (await _run(imports, tmp_path / "a.jsonl")).added == 1


async def _count(db: Database, table: Any) -> int:
    return await db.call(lambda c: c.execute(select(func.count()).select_from(table)).scalar_one())


async def test_nothing_is_half_imported_when_a_step_fails(
    imports: Imports, db: Database, tmp_path: Path
) -> None:
    """An error in the middle of writing takes everything back."""
    path = _jsonl(tmp_path / "a.jsonl", [_record(n) for n in range(1200)])

    def fail(stage: str, done: int, total: int | None) -> None:
        if stage == "writing" and done > 500:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        await _run(imports, path, progress=fail)
    assert await _count(db, imported_items) == 0
    assert await _count(db, import_batches) == 0
    assert (await _run(imports, path)).added == 1200


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from core.clock import SystemClock
from core.db import Database
from knowledge.imports.profile import load_profile
from knowledge.imports.service import Imports

def die(stage, done, total):
    if stage == "writing" and done > 500:
        os.kill(os.getpid(), int(sys.argv[3]))

async def main():
    imports = Imports(Database(sys.argv[1]), SystemClock())
    await imports.run(Path(sys.argv[2]), load_profile("guangdong"), who="Li", why="x", progress=die)

asyncio.run(main())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
async def test_a_killed_import_leaves_nothing(
    imports: Imports, db: Database, tmp_path: Path, how: signal.Signals
) -> None:
    """kill -9 or Ctrl-C after some rows were written: none of them is there, the next run is whole."""
    path = _jsonl(tmp_path / "a.jsonl", [_record(n) for n in range(1500)])
    url = f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
    words = [sys.executable, "-c", KILLED, url, str(path), str(int(how))]
    done = await asyncio.to_thread(subprocess.run, words, cwd=ROOT, capture_output=True)
    assert done.returncode == -how, done.stderr.decode()
    assert await _count(db, imported_items) == 0
    assert await _count(db, import_batches) == 0
    assert (await _run(imports, path)).added == 1500


async def test_search_filters_and_pages(imports: Imports, tmp_path: Path) -> None:
    rows = [_record(n, matter_daily="百分之百%_") for n in range(1, 8)]
    rows.append(_record(9, AREACODE="441900", matter_level="县级", DEPT_NAME="东莞市某局"))
    await _run(imports, _jsonl(tmp_path / "a.jsonl", rows))
    assert (await imports.search("百分之百%_"))["total"] == 7
    assert (await imports.search("%"))["total"] == 7
    assert (await imports.search("第9号"))["total"] == 1
    assert (await imports.search(BASE.format(3).lower()))["total"] == 1
    assert (await imports.search(area="4419"))["total"] == 1
    assert (await imports.search(level="county"))["total"] == 1
    assert (await imports.search(department="东莞"))["total"] == 1
    page = await imports.search(page=2, page_size=3)
    assert (len(page["items"]), page["pages"]) == (3, 3)
    for bad in ({"page": 0}, {"page_size": 0}, {"page_size": 999}):
        with pytest.raises(InvalidInput):
            await imports.search(**bad)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        await imports.get("x")


# The managed list


async def test_a_record_is_flagged_for_shen_guan_handling(
    imports: Imports, register: Register, tmp_path: Path
) -> None:
    """The draft is there, with the source it quotes, incomplete by intent; the record says so."""
    await _run(imports, _jsonl(tmp_path / "a.jsonl", [_record(1), _record(2)]))
    draft = await flag_for_list(
        imports, register, BASE.format(1), domain="hrss", who=ANNA, why="asked by many"
    )
    assert draft.key == "SG-HR-003"
    keys = {(d.kind, d.key) for d in await register.drafts()}
    assert keys == {("item", "SG-HR-003"), ("source", "S99")}
    assert any("missing in zh or en" in f.problem for f in await register.findings(draft.id))
    found = await imports.search(flagged=True)
    assert [(i["code"], i["item"], i["flagged_by"]) for i in found["items"]] == [
        (BASE.format(1), "SG-HR-003", ANNA.name)
    ]
    assert (await imports.search(flagged=False))["total"] == 1
    second = await flag_for_list(
        imports, register, [BASE.format(2)], domain="hrss", who=ANNA, why="too"
    )
    assert second.key == "SG-HR-004"
    await imports.unflag(BASE.format(1))
    assert (await imports.search(flagged=True))["total"] == 1
    with pytest.raises(NotFound):
        await flag_for_list(imports, register, "nothing", domain="hrss", who=ANNA, why="x")


async def test_records_of_a_profile_of_ones_own_are_flagged(
    imports: Imports, register: Register, tmp_path: Path
) -> None:
    """The draft quotes what the profile said when the file was imported; without that it is refused."""
    path = _jsonl(tmp_path / "a.jsonl", [_record(1)])
    await imports.run(path, _own_profile(tmp_path, "mine"), who="Li", why="x")
    flag = partial(
        flag_for_list, imports, register, BASE.format(1), domain="hrss", who=ANNA, why="x"
    )
    with pytest.raises(InvalidInput, match="import_no_origin"):
        await flag()
    said = (
        "as_of: '2026-06-30'\n"
        "records: {id: S98, title: {zh: 我市, en: Ours}, kind: official}\n"
    )  # fmt: skip
    again = await imports.run(path, _own_profile(tmp_path, "mine", said), who="Li", why="x")
    assert again.unchanged == 1
    (tmp_path / "mine.yaml").unlink()
    draft = await flag()
    assert draft.body is not None
    assert (draft.body["sources"], draft.body["as_of"]) == (["S98"], "2026-06-30")
    bodies = {d.key: d.body for d in await register.drafts()}
    assert (bodies["S98"] or {})["title"] == {"zh": "我市", "en": "Ours"}


# The command line


async def test_the_command_line(record_folder: Path, tmp_path: Path, capsysbinary: Any) -> None:
    """Exit codes, the report as a table for Excel, JSON for machines."""

    def told() -> tuple[str, str]:
        out, err = capsysbinary.readouterr()
        return out.decode(), err.decode()

    async def cli(*words: str) -> int:
        return await asyncio.to_thread(run_command, record_folder, *words)

    path = _jsonl(tmp_path / "a.jsonl", [_record(1), _record(2, TASK_NAME="系统繁忙"), _record(3)])
    why = tmp_path / "why.csv"
    assert await cli("import", str(path), "--by", "Li", "--why", "x", "--report", str(why)) == 0
    out, _ = told()
    assert "3 rows = 2 in + 0 merged + 1 not in" in out
    rows = list(csv.reader(io.StringIO(why.read_bytes().decode("utf-8-sig"))))
    assert rows[1][:3] == ["2", BASE.format(2), "error_page"]
    assert await cli("import", str(path), "--json") == 0
    assert json.loads(told()[0])["same_as"]
    assert await cli("import", str(tmp_path / "none.csv")) == 2
    assert await cli("import", str(path), "--profile", "nobody") == 2
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(b"PK\x03\x04 broken")
    told()
    assert await cli("import", str(bad)) == 1
    assert told()[1].strip() == "bad.xlsx is not an intact Excel workbook."
    allbad = _jsonl(tmp_path / "b.jsonl", [_record(1, TASK_NAME="404 Not Found")])
    assert await cli("import", str(allbad)) == 1
    assert (
        await cli("export", "--format", "beir", "--from", "imported", "--out", str(tmp_path / "c"))
        == 0
    )
    assert (tmp_path / "c" / "corpus.jsonl").read_text("utf-8").count("\n") == 2
    told()
    assert await cli("export", "--format", "json", "--code", "SG-HR-001") == 0
    assert json.loads(told()[0])["items"][0]["item_id"] == "SG-HR-001"
    assert await cli("export", "--code", "SG-HR-999") == 2
    assert await cli("export", "--version", "7") == 1
    assert "There is no version 7." in told()[1]
    assert await asyncio.to_thread(run_command, tmp_path / "empty", "import", str(path)) == 3


@pytest.mark.usefixtures("register")
async def test_a_stopped_import_of_the_template_says_that_it_was_stopped(
    record_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Ctrl-C: exit code 130 as of every other command, so that a script does not take it for "no"."""

    async def stopped(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("knowledge.imports.listing.import_list", stopped)
    path = _jsonl(tmp_path / "a.jsonl", [_record(1)])
    words = ("import", str(path), "--profile", "list", "--by", "Li", "--why", "x")
    assert await asyncio.to_thread(run_command, record_folder, *words) == 130
    assert capsys.readouterr().err.strip() == "Stopped; nothing was imported."
    assert await asyncio.to_thread(run_command, record_folder, *words, "--json") == 130
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "import_stopped"


def test_the_line_of_an_import_counts_each_stage_by_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Reading for a minute does not make the writing look slow."""
    now = [100.0]
    monkeypatch.setattr(importing.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(importing.sys.stderr, "isatty", lambda: True, raising=False)
    progress = importing._Progress()
    for done in (500, 1000):
        now[0] += 5
        progress("reading", done, 1200)
    now[0] += 60
    for done in (500, 1000, 1200):
        progress("writing", done, 1200)
        now[0] += 0.5
    progress.close()
    shown = [line.strip() for line in re.split(r"[\r\n]+", capsys.readouterr().err) if line.strip()]
    assert shown == [
        "reading 500/1200 rows, 100/s, 7 s left",
        "reading 1000/1200 rows, 100/s, 2 s left",
        "writing 500/1200 rows",
        "writing 1000/1200 rows, 1,000/s, 0 s left",
        "writing 1200/1200 rows, 700/s, 0 s left",
    ]


def test_help_teaches() -> None:
    """Every command shows examples, and the process has no trace of a stack."""
    env = {**os.environ, "COLUMNS": "200"}
    for command, word in (("import", "--profile list"), ("export", "--format cpsv-ap")):
        done = subprocess.run(
            [sys.executable, "-m", "knowledge", command, "--help"],
            cwd=ROOT,
            capture_output=True,
            env=env,
        )
        text = done.stdout.decode()
        assert done.returncode == 0
        assert word in text
        assert "exit codes" in text
        assert "130 stopped" in text


def test_both_languages_say_everything() -> None:
    """Every sentence an import or export can say is there in both languages."""
    files = [
        json.loads((ROOT / "core" / "locales" / lang / f"{name}.json").read_text("utf-8"))
        for name in ("imports", "exports")
        for lang in LANGS
    ]
    for zh, en in (files[:2], files[2:]):
        assert set(zh) == set(en)
        assert all(zh.values())
        assert all(en.values())
