"""Flagging for Shen-Guan handling: records of the province → the body of a `ServiceItem` draft. Pure.

Chinese is taken over as published; English, the summary, hours and everything a resident would rely on
are left for the editor (""), so the validator stops the draft until a person has completed it. Every
fact is `to_confirm` and quotes the province's system with its date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from core.cards import CITIES, City
from core.errors import InvalidInput
from knowledge.imports.areas import city_of
from knowledge.imports.items import Duration, ImportedItem, Phones
from knowledge.imports.phones import is_plain
from knowledge.model import Domain

PREFIXES: dict[str, str] = {
    "public_security": "PS", "hrss": "HR", "market": "MS", "civil": "CA", "housing": "HF",
    "medical_insurance": "MI", "health": "HL", "transport": "TR", "tax": "TX", "education": "ED",
    "justice": "JU", "veterans": "VA", "utilities": "UT", "cross": "XX",
}  # fmt: skip
_ENTERPRISE = ("企业", "法人", "个体", "组织", "机构", "机关")
_WHEN = re.compile(r"[（(]([^（）()]{2,80}的)[）)]$")
_TIME_WORDS = {"working_day": "个工作日", "day": "个自然日", "minute": "分钟", "hour": "小时",
               "month": "个月", "year": "年"}  # fmt: skip


def next_code(domain: str, taken: Iterable[str]) -> str:
    """The code after the greatest one of `domain`: a code is never used twice, gaps stay gaps.

    `taken`: codes of the list, of open drafts and of withdrawn items. Raises `InvalidInput` for an
    unknown domain or when the numbers are used up.
    """
    if domain not in PREFIXES or domain not in get_args(Domain):
        raise InvalidInput("unknown_domain", details={"domain": domain[:40]}, domain=domain[:40])
    prefix = f"SG-{PREFIXES[domain]}-"
    used = [int(code[len(prefix) :]) for code in taken if code.startswith(prefix)]
    number = max(used, default=0) + 1
    if number > 999:
        raise InvalidInput("unknown_domain", details={"domain": domain}, domain=domain)
    return f"{prefix}{number:03}"


def draft_body(
    records: Sequence[ImportedItem],
    *,
    code: str,
    domain: str,
    source: str,
    as_of: str,
    materials: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The draft, JSON-ready. `materials`: ids of documents the list already knows, by Chinese name.

    Several records are scenes of one matter: what not all of them ask for becomes conditional.
    """
    made = _Draft(records, source, as_of, materials or {})
    name = made.name()
    cities = [city for record in records if (city := city_of(record.area)) is not None]
    return {
        "item_id": code,
        "domain": domain,
        "name": _zh(name),
        "summary": _zh(""),
        "audience": made.audience(),
        "aliases": {"zh": made.aliases(name), "en": [], "yue": []},
        "colloquial": {"zh": [], "en": [], "yue": []},
        "questions": {"zh": [], "en": [], "yue": []},
        "cross_city_modes": [],
        "jurisdiction": {"deciding_fact": "none", "text": _zh("")},
        "status": "to_confirm",
        "as_of": as_of,
        "sources": [source],
        "catalog_code": made.catalog_code(),
        "common": made.common(),
        "cities": {
            city: made.variant(city) if not cities or city in cities else None for city in CITIES
        },
    }


def _zh(text: str) -> dict[str, str]:
    return {"zh": text, "en": ""}


def _shared(values: Iterable[Any]) -> Any:
    """The value if all records agree on it, else None."""
    found = list(dict.fromkeys(values))
    return found[0] if len(found) == 1 else None


class _Draft:
    def __init__(
        self, records: Sequence[ImportedItem], source: str, as_of: str, known: Mapping[str, str]
    ) -> None:
        self._records = records
        self._first = records[0]
        self._fact = {"status": "to_confirm", "source": source, "as_of": as_of}
        self._known = known

    def _note(self, text: str) -> dict[str, Any]:
        return {"text": _zh(text), **self._fact}

    def name(self) -> str:
        if len(self._records) == 1:
            return self._first.name
        return _shared(record.matter or record.name for record in self._records) or self._first.name

    def aliases(self, name: str) -> list[str]:
        found = [alias for record in self._records for alias in (record.matter, *record.aliases)]
        return [alias for alias in dict.fromkeys(found) if alias and alias != name]

    def audience(self) -> list[str]:
        names = {who for record in self._records for who in record.audience}
        found = ["person"] if not names or "自然人" in names or "个人" in names else []
        if any(mark in who for who in names for mark in _ENTERPRISE):
            found.append("enterprise")
        return found or ["person"]

    def catalog_code(self) -> str | None:
        code = _shared(record.catalogue_code for record in self._records)
        return code if code is not None and len(code) == 12 else None

    def common(self) -> dict[str, Any]:
        department = _shared(record.department for record in self._records)
        places = [p for r in self._records if r.places for p in r.places.addresses]
        visits = [record.visits for record in self._records if record.visits is not None]
        return {
            "department": _zh(department or self._first.department),
            "conditions": self._conditions(),
            "materials": self._materials(),
            "time": self._time(),
            "fees": [{"name": _zh("费用"), "text": _zh("来源未列明收费，待主管部门确认"), "amount": None,
                      **self._fact}],
            "channels": self._channels(),
            "where": self._note("；".join(dict.fromkeys(places))) if places else None,
            "notes": self._notes(),
            "phones": self._phones(),
            "max_visits": min(9, max(visits)) if visits else None,
        }  # fmt: skip

    def variant(self, city: City) -> dict[str, Any]:
        own = [record for record in self._records if city_of(record.area) == city]
        if not own:
            return {}
        code = own[0].code[:31] if len({record.code[:31] for record in own}) == 1 else None
        return {"department": _zh(own[0].department), "implementation_code": code}

    def _scene(self, record: ImportedItem, text: str) -> str:
        several = len(self._records) > 1 and record.scene
        return f"【{record.scene}】{text}" if several else text

    def _conditions(self) -> list[dict[str, Any]]:
        texts: dict[str, list[ImportedItem]] = {}
        for record in self._records:
            if record.conditions:
                texts.setdefault(record.conditions, []).append(record)
        return [
            self._note(text if len(who) == len(self._records) else self._scene(who[0], text))
            for text, who in texts.items()
        ]

    def _materials(self) -> list[dict[str, Any]]:
        asked: dict[str, list[ImportedItem]] = {}
        for record in self._records:
            for name in record.materials:
                asked.setdefault(name, []).append(record)
        found: list[dict[str, Any]] = []
        ids: set[str] = set()
        for name, who in asked.items():
            when = _WHEN.search(name)
            condition = when.group(1) if when else None
            if condition is None and len(who) < len(self._records):
                condition = "情形：" + "；".join(record.scene or record.name for record in who)
            copy = name.endswith("复印件") and "原件" not in name
            found.append(
                {
                    "id": self._material_id(name, ids),
                    "name": _zh(name),
                    "need": "conditional" if condition else "required",
                    "condition": _zh(condition) if condition else None,
                    "originals": 0 if copy else 1,
                    "copies": 1 if copy else 0,
                    **self._fact,
                }
            )
        return found

    def _material_id(self, name: str, used: set[str]) -> str:
        from pypinyin import lazy_pinyin  # half a second and 40 MB: only when a draft is made

        known = self._known.get(name)
        base = known or re.sub(
            r"[^a-z0-9]+", "_", "_".join(lazy_pinyin(name[:8], errors="ignore")).lower()
        ).strip("_")
        base = base[:36].strip("_")
        base = base if len(base) >= 2 else f"doc_{base}".strip("_")
        found, number = base, 2
        while found in used:
            found, number = f"{base}_{number}", number + 1
        used.add(found)
        return found

    def _time(self) -> dict[str, Any] | None:
        promise = _shared(record.promise for record in self._records)
        statutory = _shared(record.statutory for record in self._records)
        shown = promise or statutory
        if shown is None:
            return None
        words = _time_words(shown)
        if promise is not None and statutory is not None:
            words += f"（法定 {_time_words(statutory)}）"
        same = statutory is None or promise is None or statutory.unit == promise.unit
        unit = shown.unit if shown.unit in ("working_day", "day", "on_the_spot") else "day"
        exact = same and unit == shown.unit and unit != "on_the_spot"
        return {
            "text": _zh(words),
            "unit": unit,
            "statutory_days": str(statutory.amount) if exact and statutory else None,
            "promise_days": str(promise.amount) if exact and promise else None,
            **self._fact,
        }

    def _channels(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        if any(record.online for record in self._records):
            platform = _shared(record.platform for record in self._records)
            found.append({"channel": "online", "name": _zh(platform or "网上办理"), **self._fact})
        if any(record.places and record.places.window for record in self._records):
            booked = any(record.appointment for record in self._records)
            found.append(
                {"channel": "window", "name": _zh("窗口"), "appointment": booked, **self._fact}
            )
        if any(record.courier for record in self._records):
            found.append({"channel": "mail", "name": _zh("快递"), "delivery": True, **self._fact})
        return found

    def _phones(self) -> list[str]:
        numbers = [n for r in self._records if r.enquiries for n in r.enquiries.numbers]
        return [number for number in dict.fromkeys(numbers) if is_plain(number)]

    def _notes(self) -> list[dict[str, Any]]:
        found = []
        for record in self._records:
            found += [
                _phone_note("咨询", record.enquiries),
                _phone_note("投诉", record.complaints, always=True),
                f"联办机构：{record.partners}" if record.partners else "",
                *(
                    f"办理时限原文：{t.note}"
                    for t in (record.statutory, record.promise)
                    if t and t.note
                ),
            ]
            codes = "，另编 ".join([record.code, *record.other_codes])
            found.append(f"省系统编码 {codes}（{record.department}，{record.name}）")
        return [self._note(text) for text in dict.fromkeys(found) if text]


def _time_words(time: Duration) -> str:
    if time.unit == "on_the_spot":
        return "当场办结"
    return f"{time.amount} {_TIME_WORDS[time.unit]}"


def _phone_note(label: str, phones: Phones | None, *, always: bool = False) -> str:
    if phones is None:
        return ""
    if phones.text:
        return f"{label}方式：{phones.text}"
    odd = [number for number in phones.numbers if always or not is_plain(number)]
    return f"{label}电话：{'、'.join(odd)}" if odd else ""
