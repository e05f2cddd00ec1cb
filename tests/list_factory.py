"""A small list of whole records and an embedder of letters, for tests of the managed list."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.cards import LocalText
from knowledge.catalogue import Catalogue, make_catalogue
from knowledge.editing.model import Body, Draft, Editor, Version
from knowledge.editing.register import Register
from knowledge.embed.port import Matrix, Vector
from knowledge.model import LiaisonContact, ServiceItem, SourceRecord

ANNA = Editor("agt_anna", "陈安", ("list_editor",))
BOB = Editor("agt_bob", "鲍勃", ("list_editor",))
ADMIN = Editor("agt_admin", "管理员", ("list_editor", "admin"))
DAY = dt.date(2026, 11, 1)
MATTERS = {
    "SG-HR-001": ("社保卡补办", "Replace a social security card"),
    "SG-HR-002": ("社保卡申领", "Apply for a social security card"),
    "SG-HF-001": ("公积金提取", "Withdraw housing fund"),
}


class LetterEmbedder:
    """Vectors from the letters of a text: deterministic, no model."""

    name = "letters-1"
    dim = 32

    def encode_query(self, text: str) -> Vector:
        """float32[32]."""
        made = np.zeros(self.dim, np.float32)
        for a, b in zip(text, text[1:] + " ", strict=True):
            made[hashlib.blake2b((a + b).encode(), digest_size=1).digest()[0] % self.dim] += 1.0
        return made / max(1.0, float(np.linalg.norm(made)))

    def encode_documents(self, texts: Sequence[str]) -> Matrix:
        """float32[n, 32]."""
        rows = [self.encode_query(text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.dim), np.float32)


def both(zh: str, en: str) -> LocalText:
    """A text in both languages."""
    return LocalText(zh=zh, en=en)


def _demo(**values: Any) -> dict[str, Any]:
    return {"status": "to_confirm", "source": "DEMO", "as_of": DAY.isoformat(), **values}


def material(key: str, zh: str, en: str, **changes: Any) -> dict[str, Any]:
    """A document to bring, as JSON."""
    return _demo(id=key, name={"zh": zh, "en": en}, need="required") | changes


def item(code: str, zh: str, en: str, **changes: Any) -> ServiceItem:
    """An item that keeps every rule; `changes` replace fields."""
    variant = {
        "department": {"zh": "某局", "en": "A bureau"},
        "materials": [material("id_card", "身份证", "ID card")],
        "time": _demo(
            text={"zh": "五个工作日", "en": "five working days"}, promise_days=5,
            statutory_days=20, unit="working_day",
        ),
        "fees": [_demo(name={"zh": "费用", "en": "Fee"}, text={"zh": "免费", "en": "free"}, amount=0)],
        "channels": [
            _demo(
                channel="window", name={"zh": "窗口", "en": "Counter"},
                hours={"zh": "工作日 9:00–17:00", "en": "working days 9:00–17:00"},
            )
        ],
        "where": _demo(text={"zh": "政务服务中心", "en": "the service centre"}),
        "steps": [
            _demo(text={"zh": "提交申请", "en": "apply"}),
            _demo(text={"zh": "领取结果", "en": "collect the result"}),
        ],
        "phones": ["12345"],
    }  # fmt: skip
    tail = "，".join(["怎么弄", "如何办", "在哪里", "要什么", "多久", "能不能"])
    body: dict[str, Any] = {
        "item_id": code, "domain": "hrss", "name": {"zh": zh, "en": en},
        "summary": {"zh": f"办理{zh}。", "en": f"{en}."}, "audience": ["person"],
        "aliases": {"zh": [f"{zh}业务"], "en": [f"{en} service"]},
        "colloquial": {
            "zh": [f"{zh}{part}" for part in tail.split("，")],
            "en": [f"{en} {part}" for part in ("how", "where", "when", "cost")],
            "yue": [f"点样{zh}", f"{zh}喺边"],
        },
        "questions": {
            "zh": [f"{zh}需要什么材料？", f"{zh}多少钱？", f"{zh}要多久？"],
            "en": [f"How do I {en}?", f"What for {en}?"],
        },
        "cross_city_modes": ["full_online"],
        "jurisdiction": {"deciding_fact": "none", "text": {"zh": "两市均可", "en": "either city"}},
        "status": "to_confirm", "as_of": DAY.isoformat(), "sources": ["DEMO"],
        "common": variant, "cities": {"shenzhen": {}, "dongguan": {}},
    }  # fmt: skip
    return ServiceItem.model_validate(body | changes)


def demo_source() -> SourceRecord:
    """The source of what is not sourced."""
    return SourceRecord(
        id="DEMO", title=both("演示数据", "Demonstration data"), kind="demonstration"
    )


def contact(confirmed_at: dt.date = DAY) -> LiaisonContact:
    """A contact of the other city."""
    return LiaisonContact.model_validate(
        _demo(
            id="L-DG-1", role={"zh": "联络员", "en": "Liaison"}, org={"zh": "某局", "en": "A bureau"},
            city="dongguan", domains=["hrss"], duty={"zh": "工作日", "en": "working days"},
            phone="12345", confirmed_at=confirmed_at.isoformat(),
        )
    )  # fmt: skip


def small_list(**changes: dict[str, Any]) -> Catalogue:
    """Three items, a source, a contact; `changes` by code with `_` for `-`."""
    items = [
        item(code, *words, **changes.get(code.replace("-", "_"), {}))
        for code, words in MATTERS.items()
    ]
    return make_catalogue([demo_source(), contact(), *items])


def body_of(catalogue: Catalogue, code: str, **changes: Any) -> Body:
    """An item as an editor's page sends it."""
    return catalogue.items[code].model_dump(mode="json") | changes


def summary(zh: str) -> dict[str, str]:
    """A summary that only these words find."""
    return {"zh": zh, "en": f"Summary {zh}"}


def pointer(data_dir: Path) -> str:
    """What the pointer names."""
    return (data_dir / "index" / "current").read_text().strip()


async def approved(register: Register, code: str, zh: str, by: Editor = ANNA) -> Draft:
    """A draft of an item's summary, reviewed by a second person."""
    draft = await register.open_draft("item", code, by, "新政策")
    body = {**(draft.body or {}), "summary": summary(zh)}
    draft = await register.save_draft(draft.id, draft.version, body, by, "改简介")
    draft = await register.submit(draft.id, draft.version, by, "请审核")
    other = BOB if by is not BOB else ANNA
    return await register.approve(draft.id, draft.version, other, "同意")


async def published(register: Register, code: str, zh: str) -> Version:
    """A version with that summary."""
    draft = await approved(register, code, zh)
    return await register.publish([draft.id], ANNA, "发布")
