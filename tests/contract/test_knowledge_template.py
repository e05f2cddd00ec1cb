"""Our own template as an editor uses it: out, changed, in again as drafts, all of them or none."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest
from list_factory import ANNA
from openpyxl import load_workbook

from knowledge.catalogue import Catalogue, make_catalogue
from knowledge.editing import drafts
from knowledge.editing.register import Register
from knowledge.exports.plain import FORMAT, FORMAT_VERSION, to_csv, to_json
from knowledge.exports.workbook import to_xlsx
from knowledge.imports.faults import ImportRefused
from knowledge.imports.listing import import_list
from tests.knowledge_commands import run_command


def _edited(catalogue: Catalogue) -> Catalogue:
    item = catalogue.get("SG-HR-001")
    name = item.name.model_copy(update={"zh": "社保卡补领"})
    new = catalogue.get("SG-HR-002").model_copy(update={"item_id": "SG-HR-009"})
    words = new.name.model_copy(update={"zh": "全新事项", "en": "New matter"})
    whole = [r for found in catalogue.records.values() for r in found.values()]
    return make_catalogue(
        [*whole, item.model_copy(update={"name": name}), new.model_copy(update={"name": words})]
    )


@pytest.mark.parametrize("kind", ["xlsx", "zip", "json"])
async def test_our_own_template_becomes_drafts(
    register: Register, tmp_path: Path, kind: str
) -> None:
    """Export, edit, import: a draft for each record that differs; again: nothing more."""
    current = await register.catalogue()
    edited = _edited(current)
    path = tmp_path / f"list.{kind}"
    write = {"xlsx": to_xlsx, "json": to_json}
    path.write_bytes(to_csv(edited) if kind == "zip" else write[kind](edited, version="v"))
    dry = await import_list(register, path, who=ANNA, why="x", dry_run=True)
    assert await register.drafts() == []
    assert (dry.problems, dry.added, dry.changed) == (
        [],
        [("item", "SG-HR-009")],
        [("item", "SG-HR-001")],
    )
    report = await import_list(register, path, who=ANNA, why="yearly edit")
    assert len(report.drafts) == 2
    drafts = {d.key: d for d in await register.drafts()}
    assert drafts["SG-HR-001"].body is not None
    assert drafts["SG-HR-001"].body["name"]["zh"] == "社保卡补领"
    assert any("share the" in f for f in report.findings)  # the new item repeats another's aliases
    again = await import_list(register, path, who=ANNA, why="yearly edit")
    assert (again.drafts, len(again.already), again.problems) == ([], 2, [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "gb18030"])
async def test_tables_of_a_zip_come_in_every_encoding(
    register: Register, tmp_path: Path, encoding: str
) -> None:
    """As Excel saves "Unicode text": read in a zip as it is read by itself."""
    path = tmp_path / "list.zip"
    path.write_bytes(to_csv(_edited(await register.catalogue())))
    with zipfile.ZipFile(path) as archive:
        tables = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in tables.items():
            archive.writestr(name, text.encode(encoding))
    report = await import_list(register, path, who=ANNA, why="x", dry_run=True)
    assert (report.problems, report.ignored) == ([], [])
    assert (report.added, report.changed) == ([("item", "SG-HR-009")], [("item", "SG-HR-001")])
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("items.csv", tables["items.csv"].encode("utf-16-le"))
    with pytest.raises(ImportRefused, match="import_binary"):
        await import_list(register, path, who=ANNA, why="x", dry_run=True)


async def test_a_time_that_cannot_be_is_reported(register: Register, tmp_path: Path) -> None:
    """A negative promise gets no further than the file: where it stands, in words, and no draft."""
    body = json.loads(to_json(await register.catalogue(), version="v"))
    body["items"][0]["common"]["time"] |= {"promise_days": "-3", "statutory_days": "NaN"}
    path = tmp_path / "list.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    report = await import_list(register, path, who=ANNA, why="x")
    assert [(p.where, p.problem) for p in report.problems] == [
        ("items[1]", "common.time.statutory_days: NaN is no number"),
        ("items[1]", "common.time.promise_days: -3 is less than 0"),
    ]
    assert await register.drafts() == []


async def test_a_batch_with_one_problem_opens_nothing(register: Register, tmp_path: Path) -> None:
    edited = _edited(await register.catalogue())
    body = json.loads(to_json(edited, version="v"))
    body["items"][0]["domain"] = "nonsense"
    path = tmp_path / "list.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    report = await import_list(register, path, who=ANNA, why="x")
    assert [p.where for p in report.problems] == ["items[1]"]
    assert await register.drafts() == []
    path.write_bytes(to_json(edited, version="v"))
    other = edited.get("SG-HR-001").model_dump(mode="json")
    other["name"]["en"] = "Something else"
    await register.open_draft("item", "SG-HR-001", ANNA, "my own work", body=other)
    report = await import_list(register, path, who=ANNA, why="x")
    assert "has an open draft" in report.problems[0].problem
    assert len(await register.drafts()) == 1


async def test_drafts_are_opened_together_or_not_at_all(
    register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies half-way leaves no draft, not even one that was given up again."""
    path = tmp_path / "list.json"
    path.write_bytes(to_json(_edited(await register.catalogue()), version="v"))
    opened, calls = drafts.opened, itertools.count()

    def dies(*args: Any) -> Any:
        if next(calls):
            raise OSError("disk full")
        return opened(*args)

    monkeypatch.setattr(drafts, "opened", dies)
    with pytest.raises(OSError, match="disk full"):
        await import_list(register, path, who=ANNA, why="x")
    assert await register.drafts() == await register.drafts("discarded") == []


async def test_an_interruption_while_drafts_are_written_tells_what_became_of_them(
    register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C cannot stop the one transaction any more: the report names the drafts that are there."""
    path = tmp_path / "list.json"
    path.write_bytes(to_json(_edited(await register.catalogue()), version="v"))
    opened, begun, go_on = drafts.opened, threading.Event(), threading.Event()

    def waits(*args: Any) -> Any:
        begun.set()
        go_on.wait(10)
        return opened(*args)

    monkeypatch.setattr(drafts, "opened", waits)
    work = asyncio.ensure_future(import_list(register, path, who=ANNA, why="x"))
    await asyncio.to_thread(begun.wait, 10)
    work.cancel()
    asyncio.get_running_loop().call_soon(go_on.set)
    report = await work
    assert len(report.drafts) == 2
    assert {draft.id for draft in await register.drafts()} == set(report.drafts)


async def test_the_template_goes_out_and_in_by_command(
    register: Register, record_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Published list → workbook → drafts; who and why are asked for."""
    book, one = tmp_path / "list.xlsx", tmp_path / "sources.csv"
    out = ("export", "--from", "record", "--internal", "--format", "xlsx", "--out", str(book))
    assert await asyncio.to_thread(run_command, record_folder, *out) == 0
    back = ("import", str(book), "--profile", "list")
    assert await asyncio.to_thread(run_command, record_folder, *back) == 2
    assert "--by NAME" in capsys.readouterr().err
    who = ("--by", "Li", "--why", "x")
    assert await asyncio.to_thread(run_command, record_folder, *back, *who) == 0
    assert "0 new, 0 changed" in capsys.readouterr().out
    text = (
        "id,title.zh,title.en,url,doc_no,issued,kind\nS97,新来源,New source,,,2026-11-01,official\n"
    )
    one.write_text(text, encoding="utf-8")
    again = ("import", str(one), "--profile", "list", *who)
    assert await asyncio.to_thread(run_command, record_folder, *again, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["added"], len(told["drafts"])) == (["source S97"], 1)
    one.write_text(text.replace("official", "rumour"), encoding="utf-8")
    assert await asyncio.to_thread(run_command, record_folder, *again) == 1
    assert "kind:" in capsys.readouterr().out


@pytest.mark.usefixtures("register")
async def test_a_formula_that_says_nothing_erases_nothing(
    record_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cell that shows an error, a formula that was never computed, cells merged across columns are
    named; no draft is opened; a hidden sheet is reported."""
    book = tmp_path / "list.xlsx"
    out = ("export", "--from", "record", "--format", "xlsx", "--out", str(book))
    assert await asyncio.to_thread(run_command, record_folder, *out) == 0
    workbook = load_workbook(book)
    sheet = workbook["Sources"]
    column = next(cell.column_letter for cell in sheet[3] if cell.value == "title.zh")
    other = next(cell.column_letter for cell in sheet[3] if cell.value == "title.en")
    last = sheet.max_row
    sheet[f"{column}{last}"] = "=A1"
    sheet[f"{other}{last}"] = "#REF!"
    sheet[f"A{last + 1}"] = "S97"
    sheet.merge_cells("A1:B2")
    sheet.merge_cells(f"A{last + 1}:B{last + 1}")
    workbook.create_sheet("scratch").sheet_state = "hidden"
    workbook["Items"].sheet_state = "hidden"
    workbook.save(book)
    back = ("import", str(book), "--profile", "list", "--by", "Li", "--why", "x")
    assert await asyncio.to_thread(run_command, record_folder, *back) == 1
    told = capsys.readouterr().out
    assert f"Sources {column}{last}: a formula without a stored result" in told
    assert f"Sources {other}{last}: shows the error #REF!" in told
    assert f"Sources A{last + 1}:B{last + 1}: merged across columns" in told
    assert "A1:B2" not in told
    assert "ignored: scratch (hidden)" in told
    assert "ignored: Items (hidden)" in told
    assert "no draft was opened" in told


@pytest.mark.usefixtures("register")
async def test_drafts_are_submitted_taken_over_and_discarded_by_command(
    record_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an import opened goes on to review; a colleague's work is not overwritten by accident; what is
    refused at once leaves nothing behind."""

    async def cli(*words: str) -> tuple[int, str]:
        code = await asyncio.to_thread(run_command, record_folder, *words)
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    async def drafts(*words: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((await cli("drafts", *words, "--json"))[1])[
            "drafts"
        ]
        return found

    li, wang = ("--by", "Li", "--why", "2027"), ("--by", "Wang", "--why", "own")
    table = tmp_path / "sources.csv"
    table.write_text(
        "id,title.zh,title.en,url,doc_no,issued,kind\nS97,新来源,New source,,,2026-11-01,official\n"
        "S98,又一来源,Another,,,2026-11-01,official\n", "utf-8",
    )  # fmt: skip
    assert "submit --mine" in (await cli("import", str(table), "--profile", "list", *li))[1]
    assert (await cli("submit", *li))[0] == 2
    assert (await cli("submit", "--mine", *wang)) == (0, "0 done, 0 refused\n")
    assert (await cli("submit", "--mine", *li))[1].endswith("2 done, 0 refused\n")
    first, second = await drafts("--state", "in_review")
    code, told = await cli("submit", first["id"], *li)
    assert (code, "1 refused" in told) == (1, True)

    record = tmp_path / "S97.json"
    record.write_text(json.dumps({**first["body"], "doc_no": "1"}), "utf-8")
    draft = ("draft", str(record), "--kind", "source")
    code, told = await cli(*draft, *wang)
    assert (code, first["id"] in told, "of Li" in told) == (1, True, True)
    assert first in await drafts()
    assert (await cli(*draft, *wang, "--take-over"))[0] == 0
    assert [d["updated_by"]["name"] for d in await drafts() if d["id"] == first["id"]] == ["Wang"]

    code, told = await cli("discard", second["id"], *li, "--json")
    assert (code, json.loads(told)["drafts"][0]["state"]) == (0, "discarded")
    before = len(await drafts())
    record.write_text(json.dumps({"id": "S99", "title": "no"}), "utf-8")
    assert (await cli(*draft, *li))[0] == 1
    assert len(await drafts()) == before


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('"items": 5', "items: not a list of records: 5"),
        ('"items": {"a": 1}', "items: not a list of records: {'a': 1}"),
        ('"items": [null]', "items[1]: "),
    ],
)
@pytest.mark.usefixtures("register")
async def test_a_template_whose_parts_are_no_lists_is_told(
    record_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], body: str, problem: str
) -> None:
    """By hand or by a program: where it is wrong, and no traceback."""
    file = tmp_path / "list.json"
    head = (
        f'"format": "{FORMAT}", "format_version": {json.dumps(FORMAT_VERSION)}, "list_version": "x"'
    )
    file.write_text(f"{{{head}, {body}}}")
    words = ("import", str(file), "--profile", "list", "--by", "Li", "--why", "x")
    assert await asyncio.to_thread(run_command, record_folder, *words) == 1
    assert problem in capsys.readouterr().out


@pytest.mark.usefixtures("register")
async def test_a_template_with_kinds_that_are_none_or_damaged_is_told(
    record_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A list for a kind; a zip whose tables cannot be unpacked."""
    lines = tmp_path / "list.jsonl"
    lines.write_text('{"kind": ["item"], "body": {}}\n{"kind": {"a": 1}, "body": {}}\n')
    packed = tmp_path / "list.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sources.csv", "id,title.zh\n" * 500)
    data = bytearray(packed.read_bytes())
    data[45:60] = b"\xff" * 15
    packed.write_bytes(data)
    for file, told in (
        (lines, "no kind of record: ['item']"),
        (packed, "damaged or incomplete zip"),
    ):
        words = ("import", str(file), "--profile", "list", "--by", "Li", "--why", "x")
        assert await asyncio.to_thread(run_command, record_folder, *words) == 1
        assert told in "".join(capsys.readouterr())
