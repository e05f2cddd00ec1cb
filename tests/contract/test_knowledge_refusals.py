"""How commands say no: a sentence, an exit code, with `--json` an object; never a traceback."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from knowledge import catalogue
from knowledge.__main__ import main
from knowledge.cli import register
from knowledge.editing.register import Register
from knowledge.embed.select import model_folder, open_embedder
from tests.knowledge_commands import run_knowledge
from tests.knowledge_imports import ROW
from tests.list_factory import body_of, small_list, summary

HR1 = "SG-HR-001"
CHEN, WANG = ("--by", "Chen", "--why", "2027 rates"), ("--by", "Wang", "--why", "checked")


@pytest.mark.parametrize(
    "words",
    [
        "diff --cities SG-HR-001 --from 1",
        "diff --cities SG-HR-001 --folder .",
        "diff --folder . --to 1",
        "tasks --by Chen",
        "tasks --why x",
        "tasks --close tsk_x --by Chen --why x --all",
        "drafts --show x --state editing",
        "audit --verify --last 3",
        "draft --withdraw SG-HR-001 --take-over --by Chen --why x",
        "submit --by Chen --why x",
        "publish dft_x --folder . --by Chen --why x",
        "learn pairs --by Chen",
        "learn export dft_x",
        "learn accept x --by Chen",
        "import none.json --profile list --by Chen --why x --complete",
        "import none.json --profile list --by Chen --why x --report why.csv",
        "import none.json --profile list",
        "import none.csv",
        "import none.csv --profile none.yaml",
        "import none.csv --report none/why.json",
        "export --base https://example.org/",
        "export --format csv --date 2027-01-31",
        "export --from imported",
        "export --format beir --from list --out x",
        "export --format beir --lang en --out x",
        "export --format beir",
        "export --format cpsv-ap --internal",
        "export --from tree --version 1",
        "export --out .",
        "export --code SG-ZZ-999",
        "evaluate --province --corpus x",
        "evaluate --corpus x --queries y --qrels z --split all",
        "evaluate --corpus x",
        "draft none.yaml --by Chen --why x",
    ],
)
def test_what_would_be_ignored_or_is_not_there_is_wrong_usage(
    installation: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: str,
) -> None:
    """Exit code 2 and a sentence; where the command speaks JSON an object that says the same."""
    monkeypatch.chdir(tmp_path)
    given = words.split()
    json_too = [] if given[0] == "export" else ["--json"]
    code, told, err = run_knowledge(capsys, installation, *given, *json_too)
    assert (code, err.count("\n")) == (2, 1), err
    assert "Traceback" not in err
    if json_too:
        assert told["error"]["message"] == err.strip()
        assert set(told["error"]) == {"code", "message", "retryable", "details"}


@pytest.mark.parametrize(
    "words",
    [
        "search x --k 0",
        "search x --k -1",
        "versions --last -2",
        "audit --last 0",
        "audit --after -1",
        "learn pairs --most 0",
        "evaluate --misses -1",
        "diff --folder none",
        "validate --folder none",
        "publish --folder none --by C --why x",
        "export --format cpsv-ap --date soon",
        "export --format cpsv-ap --base nonsense",
        "export --format cpsv-ap --base https://example.org",
        "export --format cpsv-ap --base https://",
        "export --format cpsv-ap --base https://e.org/a\tb/",
        "tasks --close x --by C --why  ",
        "tasks --close  --by C --why x",
        "drafts --show ",
        "draft --withdraw  --by C --why x",
        "draft x --kind nonsense --by C --why x",
        "history SG-HF-002 --kind nonsense",
        "diff --to 99999999999999999999999",
        "rollback --to 0 --by C --why x",
        "cancel 2147483648 --by C --why x",
        "audit --after 99999999999999999999999",
        f"cancel 1 --why x --by {'C' * 61}",
        "search \udcd6\udcd0",
        "submit \udcff --by C --why x",
    ],
)
def test_values_that_cannot_be_are_refused_by_name(
    installation: Path, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    """A negative count, a missing folder, a base that is no IRI: the usage, and which argument it was."""
    with pytest.raises(SystemExit) as caught:
        main(["--data-dir", str(installation), *words.split(" ")])
    assert caught.value.code == 2
    assert "error: argument" in capsys.readouterr().err


def test_wrong_usage_is_an_object_too_where_json_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whatever is wrong with the arguments: a program need not read the usage."""
    for words in (
        "search --json",
        "search x --city paris --json",
        "nonsense --json",
        "versions -x --json",
    ):
        with pytest.raises(SystemExit) as caught:
            main(words.split())
        out, err = capsys.readouterr()
        assert caught.value.code == 2
        told = json.loads(out)["error"]
        assert told["code"] == "wrong_usage"
        assert told["message"] in err


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * 20_000, "nested too deeply"),
        ('{"item_id":' * 5_000, "nested too deeply"),
        ("a: &a [*a]", "Circular"),
        ("item_id: SG-HR-001\nx: .nan", "nan"),
        ("2026-01-01: x", "keys must be"),
        ("summary: x", "no item_id"),
        ("item_id: 5", "no item_id"),
        ("item_id: ' '", "no item_id"),
        ("a: &a [x,x,x,x,x,x,x,x]\n"
         + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 8)}]\n" for a, b in pairwise("abcdefghij")),
         "larger than"),
    ],
)  # fmt: skip
def test_a_file_that_holds_no_record_says_why(
    installation: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, problem: str
) -> None:
    """Whatever YAML can be written that is no record: a sentence with the file's name."""
    file = tmp_path / "item.yaml"
    file.write_text(text)
    code, told, err = run_knowledge(capsys, installation, "draft", str(file), *CHEN, "--json")
    assert (code, told["error"]["code"]) == (1, "bad_record_file")
    assert err.startswith("item.yaml does not hold one record: ")
    assert problem in err


def test_a_report_does_not_replace_what_is_read(
    installation: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same file under whatever name: refused before anything is done."""
    items = tmp_path / "a.json"
    items.write_text(json.dumps([ROW]), "utf-8")
    (tmp_path / "b.json").symlink_to(items)
    for command in (("import", str(items)), ("evaluate", "--corpus", str(items))):
        words = (*command, "--report", str(tmp_path / "b.json"))
        code, _, err = run_knowledge(capsys, installation, *words)
        assert (code, "is read" in err) == (2, True)
    assert json.loads(items.read_text("utf-8")) == [ROW]


def test_the_state_that_does_not_allow_it_is_named(
    installation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run_knowledge(capsys, installation, "cancel", "1", *CHEN)
    assert (code, "(It is published.)" in err) == (1, True)


@pytest.mark.parametrize(
    ("words", "code"), [("versions", 0), ("versions --json", 0), ("history x --json", 0)]
)
def test_a_reader_that_has_enough_is_no_failure(installation: Path, words: str, code: int) -> None:
    """`… | head`: no traceback, no word about a disk. A full disk behind standard output is said."""
    command = [sys.executable, "-m", "knowledge", "--data-dir", str(installation), *words.split()]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert done.returncode == code
    assert "disk" not in done.stderr
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "No space left on device" in done.stderr


def test_a_list_goes_into_a_pipe_by_name(installation: Path) -> None:
    """`--out /dev/stdout` writes to what standard output is."""
    words = ("export", "--format", "jsonl", "--out", "/dev/stdout")
    command = [sys.executable, "-m", "knowledge", "--data-dir", str(installation), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert HR1 in done.stdout


def test_the_kinds_that_can_be_named_are_those_of_the_list() -> None:
    assert register.KINDS == catalogue.KINDS


def test_no_such_version(installation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Said as it is, whichever side names it."""
    for words in (
        ("diff", "--to", "99"),
        ("diff", "--from", "99"),
        ("validate", "--version", "99"),
    ):
        code, told, err = run_knowledge(capsys, installation, *words, "--json")
        assert (code, told["error"]["code"]) == (1, "unknown_version")
        assert "no version 99" in err
    assert run_knowledge(capsys, installation, "export", "--version", "99")[0] == 1


def test_a_damaged_record_says_what_to_do(
    installation: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, exit code 3, an object for machines: for every command that opens the record."""
    for end in ("", "-wal", "-shm"):
        file = installation / f"sg.db{end}"
        if file.exists():
            file.write_bytes(b"no database at all" * 500)
    items = tmp_path / "a.jsonl"
    items.write_text("{}")
    for words in (("drafts",), ("versions",), ("learn", "pairs"), ("import", str(items))):
        code, told, err = run_knowledge(capsys, installation, *words, "--json")
        assert (code, told["error"]["code"]) == (3, "record_broken"), words
        assert "put a backup back" in err
    assert run_knowledge(capsys, installation, "export")[0] == 3


@pytest.mark.parametrize("part", ["meta.json", "vectors.npy", "list.json", "readings.json"])
def test_a_damaged_index_says_what_to_do(
    installation: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], part: str
) -> None:
    """Whatever part is cut off: which folder to remove, and what makes it anew. Publishing mends it."""
    (found,) = (installation / "index").glob(f"*/{part}")
    found.write_bytes(found.read_bytes()[:40])
    code, told, err = run_knowledge(capsys, installation, "search", "社保卡", "--json")
    assert (code, told["error"]["code"]) == (3, "index_broken")
    assert f"remove {installation / 'index'}" in err
    if part != "list.json":  # the record has the list: publishing builds the next index whole
        item = tmp_path / "item.json"
        item.write_text(json.dumps(body_of(small_list(), HR1, summary=summary("新"))), "utf-8")
        _, draft, _ = run_knowledge(capsys, installation, "draft", str(item), *CHEN, "--json")
        assert run_knowledge(capsys, installation, "review", "approve", draft["id"], *WANG)[0] == 0
        assert run_knowledge(capsys, installation, "publish", *CHEN)[0] == 0
        assert run_knowledge(capsys, installation, "search", "社保卡")[0] in (0, 1)
    else:
        assert run_knowledge(capsys, installation, "diff", "--cities", HR1)[0] == 3


@pytest.fixture
def own_model(data_dir: Path, installation: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the bundled model in `installation`: copies that a test may damage."""
    monkeypatch.setattr("knowledge.embed.open_embedder", open_embedder)
    there = model_folder(data_dir)
    here = installation / "models" / there.name
    here.mkdir(parents=True)
    for part in there.iterdir():
        (here / part.name).symlink_to(part.resolve())
    return here


def _damage(file: Path, content: bytes) -> None:
    file.unlink()
    file.write_bytes(content)


@pytest.mark.parametrize(
    "part", ["model.json", "tokenizer.json", "piece_ids.npy", "probe.npy", "fast.onnx", "fast.bin"]
)
def test_a_damaged_model_says_what_to_do(
    own_model: Path, installation: Path, capsys: pytest.CaptureFixture[str], part: str
) -> None:
    """Cut off, overwritten or gone, for every command that opens it: which folder to remove, then `build`."""
    whole = (own_model / part).read_bytes()
    for content in (whole[: len(whole) // 2], b"\xff" * 500, None):
        _damage(own_model / part, content or b"")
        if content is None:
            (own_model / part).unlink()
        for words in (("search", "社保卡"), ("evaluate",), ("publish", *CHEN)):
            code, told, err = run_knowledge(capsys, installation, *words, "--json")
            assert (code, told["error"]["code"]) == (3, "model_broken"), words
            assert f"remove models/{own_model.name} of the data folder" in err
    code, _, err = run_knowledge(capsys, installation, "build")
    assert (code, "is damaged" in err) == (3, True)


def test_a_model_whose_weights_were_overwritten_makes_no_index(
    own_model: Path, installation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They open and run; what they give is not what they gave at set-up, so nothing is embedded with them."""
    _damage(own_model / "exact.bin", bytes((own_model / "exact.bin").stat().st_size))
    code, told, _ = run_knowledge(capsys, installation, "build", "--json")
    assert (code, told["error"]["code"]) == (3, "model_broken")


def test_a_disk_that_fails_is_no_wrong_usage(
    installation: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A full disk under the command's own files is exit code 3; nothing half written is left."""
    out = tmp_path / "list.json"

    def full(path: Path, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    code, _, err = run_knowledge(capsys, installation, "export", "--out", str(out))
    assert (code, "No space left on device" in err) == (3, True)
    assert list(tmp_path.glob("*list.json*")) == []


def test_a_report_that_cannot_be_written_takes_nothing_back(
    installation: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The person is told what is in, then that the report is missing."""
    items = tmp_path / "a.json"
    items.write_text(json.dumps([{"TASK_CODE": "1" * 31}, ROW]), "utf-8")

    def full(path: Path, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    words = ("import", str(items), "--report", str(tmp_path / "why.csv"), "--json")
    code, told, err = run_knowledge(capsys, installation, *words)
    assert (code, told["counts"]["added"]) == (3, 1)
    assert "No space left on device. The import is as told" in err


def test_ctrl_c_is_said_and_has_its_code(
    installation: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """130, whatever was stopped; an import says that nothing is in."""

    async def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Register, "versions", interrupted)
    assert run_knowledge(capsys, installation, "versions") == (130, "", "stopped\n")
    monkeypatch.setattr("knowledge.imports.service.Imports.run", interrupted)
    code, told, err = run_knowledge(capsys, installation, "import", "x.csv", "--json")
    assert (code, told["error"]["code"]) == (130, "import_stopped")
    assert "nothing was imported" in err
