"""Rows about the product by itself: time from start to answers, and memory when idle."""

from __future__ import annotations

import asyncio
import subprocess
import time
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import psutil

from scripts.bench_report import Row
from scripts.bench_resident import Resident, page
from tests.product import Product, start

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "社保卡丢了怎么补办"
BOT_WITHIN_S, SEARCH_WITHIN_S, GIVE_UP_S = 25.0, 5.0, 180.0
IDLE_S = 10.0
MEMORY_MB = 2500


async def _open(url: str, stack: AsyncExitStack, until: float) -> Resident:
    """A page as soon as the gateway answers."""
    while True:
        try:
            return await stack.enter_async_context(page(url))
        except (aiohttp.ClientError, OSError):
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.05)


async def _first_card(url: str, began: float) -> tuple[float, bool]:
    """Seconds from `began` to the first answer card, and whether search gave it alone."""
    async with AsyncExitStack() as stack:
        resident = await _open(url, stack, began + GIVE_UP_S)
        while True:
            answered = await resident.ask(QUESTION)
            if answered.seconds is not None:
                return time.monotonic() - began, answered.warming
            await asyncio.sleep(0.1)


async def _first_turn(url: str, began: float) -> float:
    """Seconds from `began` to the first answer of the dialogue engine."""
    async with AsyncExitStack() as stack:
        resident = await _open(url, stack, began + GIVE_UP_S)
        while True:
            while resident.assistant != "ready":
                await resident.frame()
            answered = await resident.ask(QUESTION)
            if answered.seconds is not None and not answered.warming:
                return time.monotonic() - began


def set_up_again() -> float:
    """Seconds that `make run` takes to see that everything is set up, once it is."""
    took = 0.0
    for _ in range(2):
        started = time.monotonic()
        subprocess.run(
            ["python3", "scripts/setup.py", "run"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
        took = time.monotonic() - started
    return took


async def starting(folder: Path, set_up_s: float) -> tuple[Product, list[Row]]:
    """Start an instance in a folder that was used before; the caller stops it."""
    began = time.monotonic()
    product = start(folder)
    try:
        async with asyncio.timeout(GIVE_UP_S), asyncio.TaskGroup() as group:
            card = group.create_task(_first_card(product.url, began))
            turn = group.create_task(_first_turn(product.url, began))
    except BaseException:
        product.stop()
        raise
    bot, (search, alone) = set_up_s + turn.result(), card.result()
    how = "search alone" if alone else "the dialogue engine was there already"
    rows = [
        Row(
            "second start → first answer of the bot", f"≤ {BOT_WITHIN_S:g} s", f"{bot:.1f} s",
            bot <= BOT_WITHIN_S,
            {"bot_s": round(bot, 2), "set_up_check_s": round(set_up_s, 2)},
            (f"of it {set_up_s:.1f} s to see that everything is set up",),
        ),
        Row(
            "start → answer on the page, from search", f"≤ {SEARCH_WITHIN_S:g} s", f"{search:.1f} s",
            search <= SEARCH_WITHIN_S, {"search_s": round(search, 2), "search_alone": alone},
            (f"answered by {how}",),
        ),
    ]  # fmt: skip
    return product, rows


async def memory(product: Product) -> Row:
    """Proportional set size of every process, ten seconds after the last thing asked."""
    await asyncio.sleep(IDLE_S)
    whole = product.memory_mb()
    parts = {}
    for name, pid in product.pids().items():
        if pid:
            process = psutil.Process(pid)
            family = [process] if name == "supervisor" else [process, *process.children(True)]
            parts[name] = round(sum(p.memory_full_info().pss for p in family) / 1e6)
    return Row(
        "memory of everything, idle (PSS)", f"≤ {MEMORY_MB / 1000:g} GB", f"{whole / 1000:.2f} GB",
        whole <= MEMORY_MB, {"mb": round(whole), "by_process_mb": parts},
        (", ".join(f"{name} {mb}" for name, mb in sorted(parts.items(), key=lambda p: -p[1])),),
    )  # fmt: skip
