"""The turn row: the whole product against stock Rasa, the same questions, eight residents at once.

Both stand ready on loopback; the load goes to one and to the other in turn (A B A B …), so that
what else the machine does falls on both. No sentence is sent twice: every question of the list's
question set is put in several ways. A turn of the product counts when its answer card arrived, one
of the baseline when its custom action's message arrived. A conversation is ten turns long.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from scripts import bench_stock
from scripts.bench_report import Row, milliseconds, percentile
from scripts.bench_resident import Resident, page
from tests.product import Product

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = ROOT / "knowledge" / "evaluation" / "questions.jsonl"
KINDS = ("plain", "english", "cantonese", "typo", "city", "colloquial", "asr", "traditional")
RESIDENTS = 8
TURNS_A_CONVERSATION = 10
RATIO, P95_SHARE = 3.0, 0.5
OPENINGS = {
    "zh": ("", "你好，", "请问", "请问一下，", "麻烦问下，", "想咨询，"),
    "en": ("", "Hello, ", "Hi, ", "Please tell me: ", "Good morning, ", "Excuse me, "),
}
CLOSINGS = {
    "zh": ("", "？", "，谢谢", "，多谢您", "。", "呢？"),
    "en": ("", "?", ", thanks", ", thank you", ".", " please"),
}
Turn = Callable[[str], Awaitable[float | None]]


@dataclass(frozen=True)
class Question:
    """What is asked, and the page's language."""

    text: str
    lang: str


def questions() -> list[Question]:
    """Questions whose answer is in the list, Chinese, English and Cantonese."""
    found = []
    for line in QUESTIONS.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry["codes"] and entry["kind"] in KINDS:
            found.append(Question(entry["text"], "en" if entry["lang"] == "en" else "zh"))
    return found


def stream(base: list[Question], seed: int) -> Iterator[Question]:
    """Endless questions in a fixed, mixed order; a sentence comes again only when all were used."""
    every = [
        Question(f"{opening}{question.text.rstrip('？?。.')}{closing}", question.lang)
        for question in base
        for opening, closing in itertools.product(OPENINGS[question.lang], CLOSINGS[question.lang])
    ]
    random.Random(seed).shuffle(every)
    return itertools.cycle(every)


@dataclass
class Side:
    """One of the two that are compared: how to begin a conversation, and what was measured."""

    name: str
    begin: Callable[[AsyncExitStack, str], Awaitable[Turn]]
    processes: dict[str, psutil.Process]
    asked: Iterator[Question]
    took: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    spent_s: float = 0.0
    without_answer: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    cpu: Counter[str] = field(default_factory=Counter)

    def figures(self) -> dict[str, Any]:
        """Everything about this side."""
        turns = max(len(self.took), 1)
        return {
            **milliseconds(self.took),
            "turns_per_s": round(len(self.took) / max(self.spent_s, 1e-9), 2),
            "turns_per_s_by_round": [round(rate, 1) for rate in self.rates],
            "without_answer": self.without_answer,
            "errors": dict(self.errors),
            "cpu_ms_per_turn": round(1000 * sum(self.cpu.values()) / turns, 1),
            "cpu_ms_per_turn_by_process": {
                name: round(1000 * used / turns, 1) for name, used in self.cpu.most_common()
            },
        }


async def begin_product(url: str, stack: AsyncExitStack, lang: str) -> Turn:
    """A resident's page."""
    resident: Resident = await stack.enter_async_context(page(url, lang))

    async def turn(text: str) -> float | None:
        return (await resident.ask(text)).seconds

    return turn


async def begin_stock(url: str, stack: AsyncExitStack, lang: str) -> Turn:
    """A client of the REST channel with its own connection."""
    session = await stack.enter_async_context(aiohttp.ClientSession())
    sender = f"{lang}-{random.getrandbits(64):x}"

    async def turn(text: str) -> float | None:
        body = {"sender": sender, "message": bench_stock.spaced(text)}
        started = time.perf_counter()
        async with session.post(url, json=body) as answer:
            messages = await answer.json()
        return time.perf_counter() - started if messages else None

    return turn


async def _worker(side: Side, until: float, counts: bool) -> None:
    """One resident: conversation after conversation until the block is over."""
    while time.perf_counter() < until:
        async with AsyncExitStack() as stack:
            question = next(side.asked)
            turn = await side.begin(stack, question.lang)
            for _ in range(TURNS_A_CONVERSATION):
                try:
                    seconds = await turn(question.text)
                except Exception as exc:
                    side.errors[f"{type(exc).__name__}: {exc}"[:80]] += 1
                    break
                if counts and seconds is not None:
                    side.took.append(seconds)
                elif counts:
                    side.without_answer += 1
                if time.perf_counter() >= until:
                    return
                question = next(side.asked)


async def block(side: Side, seconds: float, counts: bool = True) -> None:
    """Load one side for a while."""
    done, cpu = len(side.took), _cpu(side)
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(RESIDENTS):
            group.create_task(_worker(side, started + seconds, counts))
    spent = time.perf_counter() - started
    if not counts:
        return
    side.spent_s += spent
    side.rates.append((len(side.took) - done) / spent)
    side.cpu.update({name: used - cpu[name] for name, used in _cpu(side).items()})


def _cpu(side: Side) -> dict[str, float]:
    """Processor seconds used so far, by process with its children."""
    used = {}
    for name, process in side.processes.items():
        family = [process, *process.children(recursive=True)]
        used[name] = sum(sum(member.cpu_times()[:2]) for member in family)
    return used


async def answerable(url: str, base: list[Question]) -> list[Question]:
    """The questions that lead to an answer card (others are rightly asked back), each asked once."""
    waiting, good = list(base), []

    async def worker() -> None:
        while waiting:
            async with page(url) as resident:
                for _ in range(TURNS_A_CONVERSATION):
                    if not waiting:
                        return
                    question = waiting.pop()
                    if (await resident.ask(question.text)).seconds is not None:
                        good.append(question)

    await asyncio.gather(*(worker() for _ in range(RESIDENTS)))
    return sorted(good, key=lambda question: question.text)


async def measure(product: Product, stock: bench_stock.Stock, seconds: float, rounds: int) -> Row:
    """Load both, a block each in turn, `rounds` times."""
    base = await answerable(product.url, questions())
    pids = {name: pid for name, pid in product.pids().items() if pid and name != "supervisor"}
    ours = {name: psutil.Process(pid) for name, pid in pids.items()}
    theirs = dict(zip(("actions", "rasa"), map(psutil.Process, stock.pids), strict=True))
    sides = [
        Side("product", lambda s, lang: begin_product(product.url, s, lang), ours, stream(base, 1)),
        Side("stock", lambda s, lang: begin_stock(stock.url, s, lang), theirs, stream(base, 1)),
    ]
    for side in sides:
        await block(side, min(6.0, seconds), counts=False)
    for _ in range(rounds):
        for side in sides:
            await block(side, seconds)
    return row(*(side.figures() for side in sides), questions_used=len(base), sides=sides)


def row(
    product: dict[str, Any], stock: dict[str, Any], *, questions_used: int, sides: list[Side]
) -> Row:
    """The figures as ratios."""
    ratio = product["turns_per_s"] / max(stock["turns_per_s"], 1e-9)
    share = percentile(sides[0].took, 0.95) / percentile(sides[1].took, 0.95)
    cpu = stock["cpu_ms_per_turn"] / max(product["cpu_ms_per_turn"], 1e-9)
    asked = product["n"] + product["without_answer"]
    line = (
        "{:8} {turns_per_s:6.1f} turns/s   p50 {p50_ms:6.1f} ms   p95 {p95_ms:6.1f} ms   "
        "{cpu_ms_per_turn:5.1f} ms CPU a turn   {n} turns"
    )
    parts = product["cpu_ms_per_turn_by_process"].items()
    by_process = ", ".join(f"{name} {used}" for name, used in parts if used)
    errors = f"errors {product['errors'] or 0} / {stock['errors'] or 0}"
    ways = len(OPENINGS["zh"]) * len(CLOSINGS["zh"])
    return Row(
        what=f"turn, {RESIDENTS} residents at once, against stock Rasa 3.6.21",
        target=f"≥ {RATIO:g} × turns/s, p95 ≤ {P95_SHARE:g} ×",
        measured=f"{ratio:.2f} × turns/s, p95 {share:.2f} ×",
        passed=ratio >= RATIO and share <= P95_SHARE and not product["errors"],
        figures={
            "turns_per_s_ratio": round(ratio, 2),
            "p95_ratio": round(share, 3),
            "cpu_per_turn_ratio": round(cpu, 2),
            "questions": questions_used,
            "product": product,
            "stock": stock,
        },
        notes=(
            line.format("product", **product),
            line.format("stock", **stock),
            f"processor time a turn: stock needs {cpu:.2f} × ours ({by_process})",
            f"turns/s by round: product {product['turns_per_s_by_round']}, "
            f"stock {stock['turns_per_s_by_round']}",
            f"{questions_used} questions in {ways} ways each; {product['n']} of {asked} turns gave "
            f"an answer card; {errors}",
        ),
    )  # fmt: skip
