"""The managed list from the command line: every step, with exit codes and what the person is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from knowledge.__main__ import main
from tests.knowledge_commands import run_knowledge
from tests.list_factory import body_of, demo_source, item, small_list, summary

HR1, HR2 = "SG-HR-001", "SG-HR-002"
CHEN, WANG = ("--by", "Chen", "--why", "2027 rates"), ("--by", "Wang", "--why", "own work")


def test_the_whole_way_on_the_command_line(
    installation: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Draft, review by another, publish, diff, history, roll back, audit: with exit codes and reasons."""
    file = tmp_path / "item.yaml"
    file.write_text(yaml.safe_dump(body_of(small_list(), HR1, summary=summary("新的简介"))))
    who = ("--by", "Chen", "--why", "new policy")
    code, draft, _ = run_knowledge(capsys, installation, "draft", str(file), *who, "--json")
    assert (code, draft["state"]) == (0, "in_review")
    code, _, err = run_knowledge(capsys, installation, "review", "approve", draft["id"], *who)
    assert code == 1
    assert "colleague" in err
    for same in ("chen", "Ｃhen", "C hen"):
        given = ("review", "approve", draft["id"], "--by", same, "--why", "my own")
        assert run_knowledge(capsys, installation, *given)[0] == 1, same
    code, shown, _ = run_knowledge(capsys, installation, "drafts", "--show", draft["id"])
    assert "新的简介" in shown
    other = ("--by", "Wang", "--why", "checked")
    assert run_knowledge(capsys, installation, "review", "approve", draft["id"], *other)[0] == 0
    code, version, _ = run_knowledge(capsys, installation, "publish", *who, "--json")
    assert (code, version["number"], version["state"]) == (0, 2, "published")
    code, out, _ = run_knowledge(capsys, installation, "diff")
    assert "简介 › 中文 / Summary › Chinese" in out
    code, diff, _ = run_knowledge(
        capsys, installation, "diff", "--from", "1", "--to", "2", "--json"
    )
    assert [record["key"] for record in diff["records"]] == [HR1]
    code, history, _ = run_knowledge(capsys, installation, "history", HR1, "--json")
    assert [revision["number"] for revision in history["revisions"]] == [2, 1]
    assert run_knowledge(capsys, installation, "rollback", "--to", "1", *who)[0] == 0
    code, versions, _ = run_knowledge(capsys, installation, "versions", "--json")
    assert (versions["current"], versions["versions"][0]["rollback_of"]) == (3, 1)
    assert run_knowledge(capsys, installation, "validate", "--version", "2")[0] == 0
    code, report, _ = run_knowledge(capsys, installation, "audit", "--verify", "--json")
    assert (code, report["ok"]) == (0, True)
    code, out, _ = run_knowledge(capsys, installation, "audit", "--last", "3")
    assert out.count("\n") == 3
    assert "Chen" in out


def test_a_folder_and_a_time_on_the_command_line(
    installation: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A list in files is published later, taken back, then at once; a broken one names what is wrong."""
    folder = tmp_path / "list"
    (folder / "items").mkdir(parents=True)
    records = small_list()
    source = records.sources["DEMO"].model_dump(mode="json")
    (folder / "sources.yaml").write_text(yaml.safe_dump([source], allow_unicode=True))
    item = folder / "items" / f"{HR1}.yaml"
    item.write_text(yaml.safe_dump(body_of(records, HR1), allow_unicode=True))
    who = ("--by", "Chen", "--why", "our own list")
    given = ("publish", "--folder", str(folder), *who)
    code, version, _ = run_knowledge(
        capsys, installation, *given, "--at", "2099-12-01T00:00", "--json"
    )
    assert (version["state"], version["effective_at"]) == ("scheduled", "2099-11-30T16:00:00+00:00")
    assert "2099-12-01 00:00+08:00" in run_knowledge(capsys, installation, "versions")[1]
    assert run_knowledge(capsys, installation, "cancel", str(version["number"]), *who)[0] == 0
    _, _, err = run_knowledge(capsys, installation, *given, "--at", "2099-12-01T00:00Z")
    assert "version 3 takes effect at 2099-12-01 08:00+08:00" in err
    assert run_knowledge(capsys, installation, "cancel", "3", *who)[0] == 0
    code, version, _ = run_knowledge(capsys, installation, *given, "--json")
    assert (code, version["state"]) == (0, "published")
    assert {"kind": "item", "key": HR2} in version["changed"]
    item.write_text(
        yaml.safe_dump(body_of(records, HR1, related=["SG-ZZ-999"]), allow_unicode=True)
    )
    code, _, err = run_knowledge(capsys, installation, *given)
    assert code == 1
    assert "unknown item SG-ZZ-999" in err
    assert run_knowledge(capsys, installation, "validate", "--folder", str(folder))[0] == 1


def test_wrong_use_and_missing_set_up_say_what_to_do(
    installation: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No reason: 2. No record: 3 and what to run. Nothing to publish, unknown things: 1."""
    with pytest.raises(SystemExit) as caught:
        main(["--data-dir", str(installation), "publish", "--by", "Chen"])
    assert caught.value.code == 2
    who = ("--by", "Chen", "--why", "x")
    code, _, err = run_knowledge(capsys, tmp_path / "empty", "publish", *who)
    assert code == 3
    assert "make run" in err
    assert run_knowledge(capsys, installation, "publish", *who)[0] == 1
    assert run_knowledge(capsys, installation, "history", "SG-ZZ-999")[0] == 1
    assert run_knowledge(capsys, installation, "diff", "--from", "1", "--to", "7")[0] == 1
    assert run_knowledge(capsys, installation, "tasks", "--close", "tsk_x")[0] == 2
    with pytest.raises(SystemExit):
        main(["rollback", "--help"])
    assert "examples:" in capsys.readouterr().out


def _file(tmp_path: Path, code: str, zh: str, **changes: Any) -> str:
    """A file with one record whose summary says `zh`."""
    path = tmp_path / f"{code}.json"
    path.write_text(
        json.dumps(body_of(small_list(), code, summary=summary(zh), **changes)), "utf-8"
    )
    return str(path)


def test_a_draft_goes_on_where_its_record_was_published_anew(
    installation: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Refused as stale, rebased knowingly, submitted: nobody has to begin again."""

    def run(*words: str) -> tuple[int, Any, str]:
        return run_knowledge(capsys, installation, *words)

    _, draft, _ = run("draft", _file(tmp_path, HR1, "我的"), *WANG, "--json")
    code, _, err = run("rebase", draft["id"], *WANG)
    assert (code, "was not published anew" in err) == (1, True)
    folder = tmp_path / "list"
    (folder / "items").mkdir(parents=True)
    source = small_list().sources["DEMO"].model_dump(mode="json")
    (folder / "sources.yaml").write_text(yaml.safe_dump([source], allow_unicode=True))
    for key in (HR1, HR2):
        (folder / "items" / f"{key}.yaml").write_text(
            Path(_file(tmp_path, key, "新的")).read_text()
        )
    assert run("publish", "--folder", str(folder), *CHEN)[0] == 0
    assert "changed underneath" in run("drafts")[1]
    code, _, err = run("draft", _file(tmp_path, HR1, "我的"), *WANG)
    assert (code, f"{draft['id']} holds what the file says" in err) == (1, True)
    code, told, _ = run("submit", "--mine", *WANG, "--json")
    assert (code, told["refused"][0]["error"]["error"]["code"]) == (1, "stale_draft")
    assert run("rebase", "--mine", *CHEN, "--json")[1]["drafts"] == []
    code, told, _ = run("rebase", "--mine", *WANG, "--json")
    assert (code, [d["id"] for d in told["drafts"]]) == (0, [draft["id"]])
    assert "- 新的" in run("drafts", "--show", draft["id"])[1]
    assert run("submit", "--mine", *WANG)[0] == 0
    assert "changed underneath" not in run("drafts")[1]


def test_a_draft_of_ones_own_that_is_refused_is_named(
    installation: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file's content is kept in the draft that was open already, and the person knows where."""
    _, draft, _ = run_knowledge(
        capsys, installation, "draft", _file(tmp_path, HR1, "一"), *CHEN, "--json"
    )
    broken = _file(tmp_path, HR1, "二", related=["SG-ZZ-999"])
    code, _, err = run_knowledge(capsys, installation, "draft", broken, *CHEN)
    assert code == 1
    assert f"{draft['id']} holds what the file says, in editing" in err
    assert "unknown item SG-ZZ-999" in err
    code, drafts, _ = run_knowledge(capsys, installation, "drafts", "--json")
    assert [(d["id"], d["state"]) for d in drafts["drafts"]] == [(draft["id"], "editing")]
    assert run_knowledge(capsys, installation, "draft", _file(tmp_path, HR1, "二"), *CHEN)[0] == 0


def test_a_draft_that_was_sent_back_is_still_its_editor_s(
    installation: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever reviewed it touched it last, and has not taken it over."""

    def run(*words: str) -> tuple[int, Any, str]:
        return run_knowledge(capsys, installation, *words)

    _, draft, _ = run("draft", _file(tmp_path, HR1, "一"), *CHEN, "--json")
    assert run("review", "return", draft["id"], *WANG)[0] == 0
    assert run("submit", "--mine", *WANG)[2] == "0 done, 0 refused\n"
    assert run("draft", _file(tmp_path, HR1, "二"), *WANG)[0] == 1
    assert run("draft", _file(tmp_path, HR1, "二"), *CHEN)[0] == 0
    assert run("review", "return", draft["id"], *WANG)[0] == 0
    assert run("submit", "--mine", *CHEN)[2].endswith("1 done, 0 refused\n")


def _new_records(
    capsys: pytest.CaptureFixture[str],
    installation: Path,
    tmp_path: Path,
    *records: tuple[str, str],
) -> None:
    """Drafts of Li in editing, opened by one import: a new source, and items that quote it and each other."""
    bodies = []
    for key, other in records:
        name = {"zh": f"新事项{key[-1]}", "en": f"New matter {key[-1]}"}
        body = item(key, *name.values(), related=[other]).model_dump(mode="json")
        bodies.append({"kind": "item", "body": body | {"sources": ["DEMO", "S97"]}})
    source = demo_source().model_dump(mode="json") | {"id": "S97"}
    lines = [json.dumps(line) for line in (*bodies, {"kind": "source", "body": source})]
    file = tmp_path / "new.jsonl"
    file.write_text("\n".join(lines))
    words = ("import", str(file), "--profile", "list", *LI)
    assert run_knowledge(capsys, installation, *words)[0] == 0


HR8, HR9 = "SG-HR-008", "SG-HR-009"
LI = ("--by", "Li", "--why", "new matters")


@pytest.mark.parametrize("order", [1, -1])
def test_drafts_that_need_one_another_are_submitted_together(
    installation: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], order: int
) -> None:
    """An item, its new source and an item it names, all of one import: named in any order, or as one's
    own. Nothing is published whose source is not."""

    def run(*words: str) -> tuple[int, Any, str]:
        return run_knowledge(capsys, installation, *words)

    _new_records(capsys, installation, tmp_path, (HR8, HR9), (HR9, HR8))
    drafts = {d["key"]: d["id"] for d in run("drafts", "--json")[1]["drafts"]}
    assert sorted(drafts) == ["S97", HR8, HR9]
    code, told, _ = run("submit", drafts[HR8], drafts[HR9], *LI, "--json")
    assert (code, told["drafts"]) == (1, [])
    assert [one["key"] for one in told["refused"]] == [HR8, HR9]
    named = list(drafts.values())[::order] if order > 0 else ["--mine"]
    code, told, _ = run("submit", *named, *LI, "--json")
    assert (code, len(told["drafts"]), told["refused"]) == (0, 3, [])
    for draft in drafts.values():
        assert run("review", "approve", draft, *WANG)[0] == 0
    code, told, err = run("publish", drafts[HR8], drafts[HR9], *CHEN, "--json")
    assert (code, told["error"]["code"], "S97" in err) == (1, "list_invalid", True)
    assert run("publish", *CHEN)[0] == 0


def test_a_draft_whose_companion_is_refused_is_refused_too(
    installation: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It needs what is not submitted; one that does not goes on. Later it goes by itself."""

    def run(*words: str) -> tuple[int, Any, str]:
        return run_knowledge(capsys, installation, *words)

    _new_records(capsys, installation, tmp_path, (HR8, HR1))
    _, other, _ = run("draft", _file(tmp_path, HR1, "一"), *LI, "--json")
    assert run("review", "return", other["id"], *WANG)[0] == 0
    drafts = {d["key"]: d["id"] for d in run("drafts", "--json")[1]["drafts"]}
    source = tmp_path / "source.json"
    source.write_text(json.dumps({"id": "S97", "title": {"zh": "无", "en": ""}}))
    assert run("draft", str(source), "--kind", "source", *LI)[0] == 1
    code, told, _ = run("submit", "--mine", *LI, "--json")
    assert (code, [d["key"] for d in told["drafts"]]) == (1, [HR1])
    assert sorted(one["key"] for one in told["refused"]) == ["S97", HR8]
    source.write_text(json.dumps(demo_source().model_dump(mode="json") | {"id": "S97"}))
    assert run("draft", str(source), "--kind", "source", *LI)[0] == 0
    assert run("submit", drafts[HR8], *LI)[0] == 0
