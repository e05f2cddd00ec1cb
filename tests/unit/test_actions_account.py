"""The bot's account topics: who asks, consent first, one city down, nothing kept."""

from __future__ import annotations

import pytest

from actions.account import PENDING_SLOT, PURPOSE, account, consent, signed_in
from actions.talk import flow
from actions.turn import Reply, Turn
from core.cards import AccountCard, ChoicesCard, NoticeCard, SignInCard
from tests.actions_fakes import FakeTracker, Room


@pytest.fixture
def room() -> Room:
    """Services on fakes."""
    return Room()


def only(reply: Reply, kind: type) -> object:
    """The one card of the reply, which is of `kind`."""
    (card,) = reply.cards()
    assert isinstance(card, kind)
    return card


async def test_without_identity_the_resident_is_asked_to_sign_in(room: Room) -> None:
    """No city is asked for anybody before it is known who asks; the request waits."""
    turn = Turn.of(FakeTracker("查我的公积金", "check_housing_fund", lang="zh"))
    reply = await account(room.services, turn)
    card = only(reply, SignInCard)
    assert isinstance(card, SignInCard)
    assert card.level == "L3"
    assert room.cities.asked == []
    assert reply.slots[PENDING_SLOT] == {"intent": "check_housing_fund", "stage": "sign_in"}


@pytest.mark.parametrize("spoil", ["forged", "wrong purpose", "expired", "garbage"])
async def test_a_bad_token_is_nobody(room: Room, spoil: str) -> None:
    """A forged, misused or lapsed token opens nothing."""
    token = room.acting()
    if spoil == "forged":
        token = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    elif spoil == "wrong purpose":
        token = room.signer.sign("chip", {"network_id": "N-0001", "level": "L3"}, 120)
    elif spoil == "expired":
        room.clock.advance(121)
    else:
        token = "nonsense"
    turn = Turn.of(FakeTracker("查社保", "check_social_security", lang="zh", acting=token))
    only(await account(room.services, turn), SignInCard)
    assert room.cities.asked == []


async def test_money_needs_a_second_factor(room: Room) -> None:
    """An L2 identity sees social insurance but must step up for the housing fund."""
    token = room.acting("L2")
    await room.consents.grant("N-0001", PURPOSE, "chat", "1")
    fund = Turn.of(FakeTracker("公积金余额", "check_housing_fund", lang="zh", acting=token))
    card = only(await account(room.services, fund), SignInCard)
    assert isinstance(card, SignInCard)
    assert "再验证" in card.prompt
    social = Turn.of(FakeTracker("查社保", "check_social_security", lang="zh", acting=token))
    only(await account(room.services, social), AccountCard)


async def test_sign_in_consent_answer(room: Room) -> None:
    """After sign-in the open request goes on; consent comes before the first look, once."""
    waiting = {PENDING_SLOT: {"intent": "check_housing_fund", "stage": "sign_in"}}
    token = room.acting()
    after = Turn.of(FakeTracker("/x", "EXTERNAL_signed_in", slots=waiting, lang="zh", acting=token))
    asked = await signed_in(room.services, after)
    card = only(asked, ChoicesCard)
    assert isinstance(card, ChoicesCard)
    assert [c.token.split("{")[0] for c in card.choices] == ["/grant_consent", "/decline_consent"]
    assert room.cities.asked == []
    agree = Turn.of(FakeTracker("/x", "grant_consent", slots=asked.slots, lang="zh", acting=token))
    reply = await consent(room.services, agree)
    only(reply, AccountCard)
    assert reply.slots[PENDING_SLOT] is None
    assert room.cities.asked == [("housing_fund", "N-0001")]
    again = Turn.of(FakeTracker("查公积金", "check_housing_fund", lang="zh", acting=token))
    only(await account(room.services, again), AccountCard)


async def test_yes_and_no_answer_the_consent_question(room: Room) -> None:
    """「同意」 typed counts as the chip; 「不」 declines and leaves nothing behind."""
    slots = {PENDING_SLOT: {"intent": "check_social_security", "stage": "consent"}}
    token = room.acting()
    no = Turn.of(FakeTracker("不同意", "deny", slots=slots, lang="zh", acting=token))
    declined = await flow(room.services, no)
    only(declined, NoticeCard)
    assert declined.slots[PENDING_SLOT] is None
    assert room.consents.standing == {}
    yes = Turn.of(FakeTracker("同意", "affirm", slots=slots, lang="zh", acting=token))
    only(await flow(room.services, yes), AccountCard)


async def test_withdrawing_consent_takes_effect_at_once(room: Room) -> None:
    """After a withdrawal the next request asks again."""
    token = room.acting()
    await room.consents.grant("N-0001", PURPOSE, "chat", "1")
    revoke = Turn.of(FakeTracker("撤回授权", "revoke_consent", lang="zh", acting=token))
    only(await consent(room.services, revoke), NoticeCard)
    turn = Turn.of(FakeTracker("查社保", "check_social_security", lang="zh", acting=token))
    only(await account(room.services, turn), ChoicesCard)
    assert room.cities.asked == []


async def test_one_city_down_shows_the_other(room: Room) -> None:
    """One system's failure never hides the other city's answer."""
    room.cities.down = {"dongguan"}
    await room.consents.grant("N-0001", PURPOSE, "chat", "1")
    turn = Turn.of(FakeTracker("", "check_housing_fund", lang="en", acting=room.acting()))
    card = only(await account(room.services, turn), AccountCard)
    assert isinstance(card, AccountCard)
    assert [side.state for side in card.sides] == ["no_account", "unavailable"]
    assert card.sides[1].message


async def test_agreeing_to_nothing_looks_nothing_up(room: Room) -> None:
    """A consent chip tapped with no open request records no consent."""
    turn = Turn.of(FakeTracker("/x", "grant_consent", lang="zh", acting=room.acting()))
    only(await consent(room.services, turn), NoticeCard)
    assert room.consents.standing == {}
