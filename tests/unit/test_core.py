"""Unit: the parts everybody stands on."""

from __future__ import annotations

import ast
import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import auth, i18n
from core.auth import BadToken, Signer
from core.cards import AnswerCard, HandoffCard, NoticeCard, dump_card, flatten, parse_card
from core.clock import FakeClock
from core.consents import ConsentStore
from core.db import Database
from core.errors import AppError, NotFound, RateLimited
from core.identity import Identity, mask_name
from core.ids import new_id
from core.outbox import Event, Outbox, emit
from core.supervisor import backoff
from tests.conftest import ROOT

SECRET = "a secret of at least sixteen characters"


def test_both_languages_have_the_same_messages() -> None:
    """No resident meets a key instead of a sentence, in either language."""
    zh, en = i18n.catalogue("zh"), i18n.catalogue("en")
    assert zh.keys() == en.keys()
    assert all(value.strip() for value in (*zh.values(), *en.values()))


def test_messages_have_the_same_places_in_both_languages() -> None:
    """A sentence never loses a number or a name in translation."""
    import string

    def places(template: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(template) if name}

    zh, en = i18n.catalogue("zh"), i18n.catalogue("en")
    assert {key: places(zh[key]) for key in zh} == {key: places(en[key]) for key in en}


def test_every_error_code_in_the_code_has_a_message() -> None:
    """`error.<code>` exists for each class attribute `code` of an `AppError`."""
    missing = []
    for path in ROOT.glob("[a-z]*/**/*.py"):
        if path.parts[len(ROOT.parts)] in ("tests", "web", "bot", "var", "scripts"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ClassDef):
                continue
            for line in node.body:
                if (
                    isinstance(line, ast.Assign)
                    and getattr(line.targets[0], "id", "") == "code"
                    and isinstance(line.value, ast.Constant)
                    and f"error.{line.value.value}" not in i18n.catalogue("zh")
                ):
                    missing.append(f"{path}: {line.value.value}")
    assert missing == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("How do I replace my social security card?", "en"),
        ("我在东莞交公积金", "zh"),
        ("我想办 residence permit", "zh"),
        ("12345", "zh"),
        ("點樣補領身份證", "zh"),
        ("OK", "en"),
    ],
)
def test_language_follows_the_resident(words: str, expected: str) -> None:
    """Chinese with a foreign word in it stays Chinese."""
    assert i18n.detect_lang(words) == expected


def test_a_number_alone_keeps_the_language_of_the_conversation() -> None:
    """Digits say nothing about the language."""
    assert i18n.detect_lang("202612", "en") == "en"


def test_signed_tokens_hold_only_for_their_purpose_and_time() -> None:
    """A token for one purpose is worthless for another, when altered, and when expired."""
    clock = FakeClock()
    signer = Signer(SECRET, clock)
    token = signer.sign("choice", {"p": "/x"}, 60)
    assert signer.verify("choice", token) == {"p": "/x"}
    for bad in (token[:-2] + "AA", token + "A", "", ".", "a.b", token.replace(".", "")):
        with pytest.raises(BadToken):
            signer.verify("choice", bad)
    with pytest.raises(BadToken):
        signer.verify("act", token)
    with pytest.raises(BadToken):
        Signer("another secret of sixteen or more", clock).verify("choice", token)
    clock.advance(61)
    with pytest.raises(BadToken):
        signer.verify("choice", token)


@given(st.text(max_size=200))
def test_no_text_is_a_valid_token(garbage: str) -> None:
    """Whatever is sent as a token is refused, not crashed on."""
    with pytest.raises(BadToken):
        Signer(SECRET, FakeClock()).verify("choice", garbage)


def test_a_short_secret_is_refused() -> None:
    """An instance without a secret does not start."""
    with pytest.raises(ValueError, match="secret"):
        Signer("short", FakeClock())


def test_one_time_codes_work_once() -> None:
    """TOTP: right within a step, never twice, never garbage."""
    clock, secret = FakeClock(), auth.new_totp_secret()
    code = pyotp.TOTP(secret).at(clock.now())
    counter = auth.verify_totp(secret, code, clock.now(), None)
    assert counter is not None
    assert auth.verify_totp(secret, code, clock.now(), counter) is None
    assert auth.verify_totp(secret, "１２３４５６", clock.now(), None) is None
    assert auth.verify_totp(secret, "12345", clock.now(), None) is None


def test_passwords_are_checked_and_broken_hashes_are_refused() -> None:
    """argon2id; a damaged record is a refusal, not an exception."""
    stored = auth.hash_password("correct horse")
    assert auth.verify_password(stored, "correct horse")
    assert not auth.verify_password(stored, "wrong")
    assert not auth.verify_password("not a hash", "correct horse")


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张小明", "张*明"),
        ("李明", "李*"),
        ("欧阳娜娜", "欧**娜"),
        ("Maria Lopez", "M*** L***"),
        ("", "*"),
    ],
)
def test_names_are_masked(name: str, masked: str) -> None:
    """Nobody's full name is shown."""
    assert mask_name(name) == masked


def test_identity_levels_are_ordered_and_expire() -> None:
    """L3 covers L2; an expired identity covers nothing."""
    clock = FakeClock()
    who = Identity("net-1", "shenzhen", "张*明", "L2", clock.now() + timedelta(minutes=1))
    assert who.at_least("L2", clock.now())
    assert not who.at_least("L3", clock.now())
    clock.advance(61)
    assert not who.at_least("L0", clock.now())


def test_errors_speak_the_language_of_the_caller() -> None:
    """One shape everywhere; message in the caller's language; retryable says whether to try again."""
    err = RateLimited(details={"retry_after_s": 3})
    assert err.as_dict("zh")["error"]["message"] != err.as_dict("en")["error"]["message"]
    assert err.as_dict("en")["error"]["retryable"] is True
    assert NotFound().as_dict("zh")["error"]["code"] == "not_found"
    assert AppError().status == 500


def test_cards_round_trip_and_refuse_unknown_fields() -> None:
    """One schema validates what is said and what is shown."""
    card = NoticeCard(lang="en", text="Hello")
    assert parse_card(dump_card(card)) == card
    with pytest.raises(ValueError, match="extra"):
        parse_card({**dump_card(card), "surprise": 1})
    with pytest.raises(ValueError, match="type"):
        parse_card({"type": "unknown"})


def test_a_handoff_card_reads_as_text() -> None:
    """A client that shows only text tells place, wait and the hotline."""
    card = HandoffCard(
        lang="en",
        prompt="A person will help.",
        modes=["text"],
        wait_s=120,
        position=2,
        state="queued",
    )
    words = flatten(card)
    assert "number 2" in words
    assert "2 min" in words
    assert "12345" in words


def test_an_answer_card_needs_a_source_for_each_claim() -> None:
    """A claim without a source cannot be made."""
    fields = AnswerCard.model_json_schema()["$defs"]["Claim"]["required"]
    assert {"text", "source", "as_of", "status"} <= set(fields)


def test_ids_sort_by_time_and_never_repeat() -> None:
    """Ids are unique and fit into a URL."""
    made = [new_id("msg") for _ in range(2000)]
    assert len(set(made)) == 2000
    assert all(len(i) == 30 and i.isascii() for i in made)


def test_backoff_grows_and_stays_bounded() -> None:
    """A process that keeps dying is started less and less often, but always again."""
    waits = [backoff(n) for n in range(1, 12)]
    assert waits == sorted(waits)
    assert waits[-1] == 30.0


async def test_outbox_survives_a_rolled_back_change(db: Database, clock: FakeClock) -> None:
    """An event is told exactly when its change was committed."""
    seen: list[Event] = []
    box = Outbox(db=db, redis=None, clock=clock)

    async def listen(event: Event) -> None:
        seen.append(event)

    box.subscribe("t", listen)

    async def fails() -> None:
        async with db.begin() as conn:
            await emit(conn, "t", "lost", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    async with db.begin() as conn:
        await emit(conn, "t", "kept", {"n": 1})
    assert await box.step() == 1
    assert [e.key for e in seen] == ["kept"]
    assert await box.step() == 0


async def test_outbox_goes_on_after_a_listener_fails(db: Database, clock: FakeClock) -> None:
    """One broken consumer does not stop the others, and is told again until it takes the event."""
    seen: list[str] = []
    box = Outbox(db=db, redis=None, clock=clock)
    failures = [RuntimeError]

    async def broken(_event: Event) -> None:
        if failures:
            raise failures.pop()

    async def works(event: Event) -> None:
        seen.append(event.key)

    box.subscribe("t", broken)
    box.subscribe("t", works)
    async with db.begin() as conn:
        await emit(conn, "t", "a", {})
    assert await box.step() == 0
    assert seen == ["a"]
    assert await box.step() == 1
    assert await box.step() == 0


async def test_writers_do_not_lose_updates(db: Database) -> None:
    """Concurrent transactions queue for SQLite's lock; none fails, none overwrites another."""
    from gateway.conversations import ConversationStore, Draft

    store = ConversationStore(db, FakeClock())
    conversation = await store.create(client="page", lang="zh")
    drafts = [Draft("resident", str(i), "zh", f"client-{i:04d}") for i in range(40)]
    stored = await asyncio.gather(*(store.append(conversation.id, d) for d in drafts))
    assert sorted(m.seq for m, _ in stored) == list(range(1, 41))


async def test_consent_is_recorded_once_and_can_be_taken_back(
    db: Database, clock: FakeClock
) -> None:
    """PIPL: separate per purpose, revocable."""
    consents = ConsentStore(db, clock)
    await consents.grant("net-1", "account_inquiry", "chat", "1")
    await consents.grant("net-1", "account_inquiry", "chat", "1")
    assert await consents.granted("net-1", "account_inquiry")
    assert not await consents.granted("net-1", "recording")
    assert not await consents.granted("net-2", "account_inquiry")
    assert await consents.revoke("net-1", "account_inquiry") == 1
    assert not await consents.granted("net-1", "account_inquiry")


def test_locales_are_valid_json_objects() -> None:
    """Each locale file is one flat object of strings; no key is defined twice."""
    for lang in ("zh", "en"):
        seen: dict[str, Path] = {}
        for path in (ROOT / "core" / "locales" / lang).glob("*.json"):
            data = json.loads(path.read_text(encoding="utf-8"))
            for key, value in data.items():
                assert isinstance(value, str), key
                assert key not in seen, f"{key} is in {path.name} and {seen[key].name}"
                seen[key] = path
