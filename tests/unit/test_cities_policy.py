"""Unit tests of cities/: months, breaker, synthetic people, cards."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cities.breaker import Breaker
from cities.credentials import city_secret
from cities.demo import residents, write
from cities.months import Month, Span, gaps, merged
from cities.ports import (
    AccountResult,
    CaseProgress,
    CaseStep,
    HousingFundAccount,
    SchemeRecord,
    SocialSecurityRecord,
)
from cities.present import (
    case_card,
    housing_fund_card,
    masked,
    money,
    percent,
    social_security_card,
)
from cities.sandbox.people import demo_accounts, luhn, people
from cities.sandbox.records import due_month, holdings
from cities.service import case_city
from core.cards import CITIES, LocalText, flatten
from core.clock import FakeClock
from core.i18n import catalogue
from core.identity import Identity
from core.settings import Settings

NOW = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC)
WHO = Identity("netid-abcdef", "shenzhen", "林*怡", "L3", NOW + dt.timedelta(minutes=30))
ACCOUNT = HousingFundAccount(
    account_no="SZ900012345",
    status="active",
    balance=Decimal("12345.67"),
    withdrawable=Decimal("12345.67"),
    base=Decimal(10000),
    employer_ratio=Decimal("0.05"),
    personal_ratio=Decimal("0.05"),
    employer="示例",
    opened_on=dt.date(2020, 1, 15),
    bound_card="620000123456789012",
    deposits=(),
)
months = st.builds(Month, st.integers(2000, 2030), st.integers(1, 12))
spans = st.builds(lambda m, n: Span(m, m.plus(n)), months, st.integers(0, 30))


@given(st.lists(spans, max_size=12))
def test_spans_and_gaps_cover_the_history_once(parts: list[Span]) -> None:
    """Every month between first and last contribution is either paid or in a gap, never both."""
    whole = merged(parts)
    paid = {i for s in parts for i in range(s.start.index, s.through.index + 1)}
    assert sum(s.months for s in whole) == len(paid)
    missing = {i for g in gaps(parts) for i in range(g.start.index, g.through.index + 1)}
    assert not missing & paid
    if paid:
        assert missing | paid == set(range(min(paid), max(paid) + 1))


@pytest.mark.parametrize(
    "bad", ["2026-13", "2026-00", "202613", "26-01", "２０２６01", "", "2026-1"]
)
def test_a_month_that_is_none_is_refused(bad: str) -> None:
    """A city's nonsense month never becomes a value."""
    with pytest.raises(ValueError, match="not a month"):
        Month.parse(bad)


def test_breaker_rests_then_probes_once() -> None:
    """A failing city is left alone, then asked by one caller only, and heals on an answer."""
    clock = FakeClock()
    breaker = Breaker(clock, threshold=3, rest_s=10)
    for _ in range(3):
        assert breaker.allow()
        breaker.failed()
    assert not breaker.allow()
    clock.advance(10)
    assert breaker.allow()
    assert not breaker.allow()
    breaker.failed()
    assert not breaker.allow()
    clock.advance(10)
    assert breaker.allow()
    breaker.succeeded()
    assert breaker.allow()
    assert not breaker.is_open


def test_breaker_forgets_a_cancelled_probe() -> None:
    """A resident who goes away during the probe does not keep the city shut for ever."""
    clock = FakeClock()
    breaker = Breaker(clock, threshold=1, rest_s=10)
    breaker.failed()
    clock.advance(10)
    assert breaker.allow()
    breaker.abandoned()
    assert breaker.allow()


def test_nobody_synthetic_could_be_real() -> None:
    """Identity numbers, telephones and cards of the fifty are invalid by construction."""
    everyone = people()
    assert len(everyone) == 50
    assert len({p.network_id for p in everyone}) == 50
    for person in everyone:
        weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
        total = sum(int(d) * w for d, w in zip(person.id_no[:17], weights, strict=True))
        assert person.id_no.startswith("9999")
        assert person.id_no[17] != "10X98765432"[total % 11]
        assert person.phone.startswith("100")
        assert luhn(person.bank_card[:-1]) != int(person.bank_card[-1])


def test_demo_accounts_cover_the_promised_situations() -> None:
    """Both cities, one, the other, none, gaps, a foreign resident and a minor can be shown."""
    accounts = {a.slug: a.person for a in demo_accounts()}
    assert accounts["lin"].cities == ("shenzhen", "dongguan")
    assert accounts["chen"].cities == ("shenzhen",)
    assert accounts["huang"].cities == ("dongguan",)
    assert accounts["he"].cities == ()
    assert accounts["santos"].kind == "foreigner"
    assert accounts["xiaoman"].kind == "minor"
    insured = [
        h.insured
        for city in CITIES
        for h in holdings(city, NOW.date())
        if h.person is accounts["wu"] and h.insured
    ]
    assert any(gaps(i.spans["pension"]) for i in insured)


def test_records_are_the_same_every_time() -> None:
    """Set-up is deterministic, so that a test or a demonstration can be repeated."""
    for city in CITIES:
        assert holdings(city, NOW.date()) == holdings(city, NOW.date())
        assert len({h.fund.account_no for h in holdings(city, NOW.date()) if h.fund}) > 20


def test_nobody_contributes_in_both_cities_at_once() -> None:
    """The synthetic ledgers follow the rule that one contributes in one city at a time."""
    by_person: dict[str, list[Span]] = {}
    for city in CITIES:
        for h in holdings(city, NOW.date()):
            if h.insured and h.person.kind != "retired":
                by_person.setdefault(h.person.network_id, []).extend(h.insured.spans["medical"])
    for parts in by_person.values():
        assert sum(s.months for s in parts) == sum(s.months for s in merged(parts))


def test_due_month_turns_on_the_fifteenth() -> None:
    """A month's contribution is posted on the 15th of the next."""
    assert due_month(dt.date(2026, 11, 14)) == Month(2026, 9)
    assert due_month(dt.date(2026, 11, 15)) == Month(2026, 10)
    assert due_month(dt.date(2027, 1, 1)) == Month(2026, 11)


def test_demo_file_is_current_and_keeps_other_keys(tmp_path: Path) -> None:
    """The published accounts are the ones that work, and the agents' part survives the generator."""
    file = tmp_path / "demo.json"
    file.write_text('{"agents": [1]}')
    write(file)
    written = json.loads(file.read_text("utf-8"))
    assert written["agents"] == [1]
    assert written["residents"] == residents()
    published = json.loads(Path("docs/demo-accounts.json").read_text("utf-8"))
    assert published["residents"] == residents(), "run: python -m cities.demo"


def test_both_languages_have_the_same_messages() -> None:
    """Nothing is said in one language only."""
    zh, en = catalogue("zh"), catalogue("en")
    ours = {k for k in zh if k.startswith("cities.")}
    assert ours
    assert ours == {k for k in en if k.startswith("cities.")}


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("12345.67", "¥12,345.67"), ("0", "¥0.00"), ("-5.5", "-¥5.50"), ("0.005", "¥0.01"),
     ("1000000", "¥1,000,000.00")],
)  # fmt: skip
def test_money(amount: str, shown: str) -> None:
    """Amounts are exact, grouped and to the cent."""
    assert money(Decimal(amount)) == shown


def test_masks_never_show_half_a_number() -> None:
    """Only the last four are shown, and of a short number nothing."""
    assert masked("620000123456789012") == "****9012"
    assert masked("1234567") == "****"
    assert percent(Decimal("0.05")) == "5%"
    assert percent(Decimal("0.125")) == "12.5%"
    assert percent(Decimal("0.1")) == "10%"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_city_that_is_down_says_so_beside_the_other(lang: str) -> None:
    """One city's failure never hides the other's balance."""
    card = housing_fund_card(
        {
            "shenzhen": AccountResult("shenzhen", "ok", ACCOUNT, NOW),
            "dongguan": AccountResult("dongguan", "unavailable", reason="timeout"),
        },
        WHO,
        "en" if lang == "en" else "zh",
    )
    assert [s.state for s in card.sides] == ["ok", "unavailable"]
    assert card.sides[0].headline is not None
    assert "¥12,345.67" in card.sides[0].headline
    assert card.sides[0].as_of == "2026-11-23T10:00+08:00"
    assert card.sides[1].message
    assert card.note
    shown = flatten(card)
    assert "SZ900012345" not in shown
    assert "620000123456789012" not in shown
    assert "林*怡" in shown


def test_two_ledgers_are_not_added_up() -> None:
    """With both cities answering, the card says that years are not added, and shows no sum."""
    scheme = SchemeRecord("pension", "contributing", 30, Month(2024, 5), Month(2026, 10), ())
    record = SocialSecurityRecord("612345678", "contributing", Decimal(8000), "示例", (scheme,))
    other = replace(record, schemes=(replace(scheme, months=12),))
    card = social_security_card(
        {
            "shenzhen": AccountResult("shenzhen", "ok", record, NOW),
            "dongguan": AccountResult("dongguan", "ok", other, NOW),
        },
        WHO,
        "en",
    )
    assert card.note is not None
    assert "not added automatically" in card.note
    assert "42" not in flatten(card)


def test_schemes_with_different_gaps_each_show_their_own() -> None:
    """A gap in one scheme is not blurred into the others."""
    gap = Span(Month(2025, 1), Month(2025, 2))
    pension = SchemeRecord("pension", "contributing", 28, Month(2024, 5), Month(2026, 10), (gap,))
    medical = replace(pension, scheme="medical", months=30, gaps=())
    record = SocialSecurityRecord(
        "612345678", "contributing", Decimal(8000), None, (pension, medical)
    )
    result = AccountResult("shenzhen", "ok", record, NOW)
    fields = {
        f.label: f.value
        for f in social_security_card({"shenzhen": result}, WHO, "zh").sides[0].fields
    }
    assert "2025年1月" in fields["养老保险"]
    assert "2025年1月" not in fields["医疗保险"]


def test_case_card_says_the_hold_and_the_fix() -> None:
    """Whoever is held up learns why and what to do, and the number is masked."""
    office = LocalText(zh="示例窗口", en="Demo office")
    case = CaseProgress(
        case_no="11440300MB000000003100008000024202611230001",
        item_code="SG-HR-004",
        title=LocalText(zh="社会保障卡补换", en="Card replacement"),
        state="needs_correction",
        received_on=dt.date(2026, 11, 20),
        promised_on=dt.date(2026, 12, 2),
        hold="document_missing",
        steps=(CaseStep("needs_correction", dt.date(2026, 11, 21), office),),
    )
    card = case_card({"shenzhen": AccountResult("shenzhen", "ok", (case,), NOW)}, None, "en")
    shown = flatten(card)
    assert "Hand in what the correction notice asks for" in shown
    assert case.case_no not in shown
    assert card.holder == "Looked up by case number"


def test_a_case_number_names_its_city() -> None:
    """The division code inside the number tells where to ask; a strange number is asked in both."""
    assert case_city("11440300MB000000003100008000024202611230001") == "shenzhen"
    assert case_city("11441900MB000000003100008000024202611230001") == "dongguan"
    assert case_city("12441500196720244T3442199806003202206230068") is None
    assert case_city("42") is None


def test_account_records_do_not_print_numbers() -> None:
    """A record in a traceback or a log shows no account number, balance or employer."""
    shown = repr(ACCOUNT)
    assert "SZ9" not in shown
    assert "12345" not in shown


def test_secrets_are_derived_in_the_sandbox_only() -> None:
    """Production refuses to talk to a city without a configured secret."""
    sandbox = Settings(internal_token="t" * 32)  # type: ignore[arg-type]
    assert city_secret(sandbox, "shenzhen") != city_secret(sandbox, "dongguan")
    production = Settings(mode="production", internal_token="t" * 32)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="SG_CITY_DONGGUAN_SECRET"):
        city_secret(production, "dongguan")
