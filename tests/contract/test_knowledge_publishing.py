"""Publishing under running searches, and in the gateway."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from actions.listing import Listing
from actions.reports import ReportStore
from core.clock import FakeClock, SystemClock
from core.db import Database
from core.settings import Settings
from gateway.app import build
from gateway.migrate import migrate
from gateway.search import SearchRuntime
from knowledge.editing.register import Register
from knowledge.live import LiveEngine
from knowledge.published import point_to
from tests.conftest import SET_UP
from tests.list_factory import ANNA, BOB, LetterEmbedder, small_list, summary

HR1, HR2 = "SG-HR-001", "SG-HR-002"
ROUNDS = 10
SWAP_S = 10.0
"""Far more than a swap takes: these tests run on busy machines. `make bench` measures."""


async def _publish(register: Register, codes: tuple[str, ...], zh: str) -> str:
    """Publish a new summary of several items in one version; the list's version."""
    for code in codes:
        draft = await register.open_draft("item", code, ANNA, "改")
        body = {**(draft.body or {}), "summary": summary(zh)}
        draft = await register.save_draft(draft.id, draft.version, body, ANNA, "改")
        draft = await register.submit(draft.id, draft.version, ANNA, "请审核")
        await register.approve(draft.id, draft.version, BOB, "同意")
    version = await register.publish(None, ANNA, "发布")
    assert version.list_version is not None
    return version.list_version


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(SWAP_S):
        while not done():
            await asyncio.sleep(0.01)


class Hammer(threading.Thread):
    """Searches and answers without a pause, and notes everything that is not of one version."""

    def __init__(self, live: LiveEngine, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.live, self.stop = live, stop
        self.problems: list[str] = []
        self.versions: set[str] = set()
        self.count = 0

    def run(self) -> None:
        """Until told to stop."""
        while not self.stop.is_set():
            try:
                self._once()
            except Exception as exc:
                self.problems.append(repr(exc))
            self.count += 1

    def _once(self) -> None:
        now = self.live.now()
        found = now.engine.search("社保卡补办", lang="zh", k=3)
        if not found.results or found.list_version != now.catalogue.version:
            self.problems.append("a result of another version")
        one, two = (now.catalogue.items[code].summary.zh for code in (HR1, HR2))
        if one.startswith("第") and one != two:
            self.problems.append(f"mixed: {one} and {two}")
        card = now.responder.answer_card(HR1, lang="zh", today=FakeClock().now().date())
        if card.list_version != now.catalogue.version:
            self.problems.append("a card of another version")
        self.versions.add(found.list_version)


async def test_searches_never_fail_nor_mix_versions_while_ten_are_published(
    db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    """Each version changes two items together; no search sees one without the other."""
    embedder = LetterEmbedder()
    register = Register(db, clock, tmp_path, embedder)
    await register.seed(small_list())
    live = LiveEngine(Settings(data_dir=tmp_path), embedder=embedder, period_s=0.02)
    live.open()
    stop = threading.Event()
    threads = [Hammer(live, stop) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for number in range(ROUNDS):
            wanted = await _publish(register, (HR1, HR2), f"第{number}次")
            await _until(lambda wanted=wanted: live.now().catalogue.version == wanted)  # type: ignore[misc]
    finally:
        stop.set()
        for thread in threads:
            await asyncio.to_thread(thread.join)
        live.close()
    assert [problem for thread in threads for problem in thread.problems] == []
    assert all(thread.count > ROUNDS for thread in threads)
    assert len(set.union(*(thread.versions for thread in threads))) > ROUNDS // 2
    assert (await register.catalogue()).items[HR1].summary.zh == f"第{ROUNDS - 1}次"


async def test_an_index_that_does_not_open_leaves_the_old_one_serving(
    db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    """A broken folder, then a missing one: answers go on; the next good version is taken into use."""
    embedder = LetterEmbedder()
    register = Register(db, clock, tmp_path, embedder)
    await register.seed(small_list())
    live = LiveEngine(Settings(data_dir=tmp_path), embedder=embedder, period_s=3600)
    before = live.open()
    version = (await register.current()).index
    assert version is not None
    broken = tmp_path / "index" / "0000.00-00000000-00000000"
    shutil.copytree(tmp_path / "index" / version, broken)
    (broken / "list.json").write_bytes(b"{")
    for name in (broken.name, "0000.00-11111111-11111111"):
        point_to(tmp_path, name)
        assert not live.refresh()
        assert live.now() is before
        assert not live.refresh()  # not tried again at once
    wanted = await _publish(register, (HR1,), "修好了")
    assert live.refresh()
    assert live.now().catalogue.version == wanted
    assert live.responder() is live.now().responder
    live.close()


async def test_a_list_that_comes_after_the_start_is_taken_into_use(
    db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    """A process that started before set-up had finished needs no restart."""
    embedder = LetterEmbedder()
    live = LiveEngine(Settings(data_dir=tmp_path), embedder=embedder, period_s=0.02)
    with pytest.raises(Exception, match="index_missing"):
        live.open()
    assert not live.ready
    await Register(db, clock, tmp_path, embedder).seed(small_list())
    await _until(lambda: live.ready)
    live.close()


async def test_the_gateway_takes_the_delivered_list_over_and_publishes_while_it_serves(
    settings: Settings,
) -> None:
    """Version 1 is the tree's; a report becomes a task; a published change is searched and shown, and
    the bot's process has it as well; the metrics count it."""
    if (
        SET_UP / "cache"
    ).is_dir():  # as on a machine that was set up: only what changed is embedded
        shutil.copytree(SET_UP / "cache", settings.data_dir / "cache")
    await migrate(settings)
    search = SearchRuntime(settings, None)
    await search.open()
    listing = Listing(
        LiveEngine(settings, embedder=search.live.embedder).responder, clock=SystemClock()
    )
    app, gw = build(settings, search=search)
    async with TestClient(TestServer(app)) as client:
        async with asyncio.timeout(SWAP_S):
            while not await _started(gw.register):
                await asyncio.sleep(0.05)
        first = await gw.register.current()
        assert (first.number, first.list_version) == (1, gw.search.catalogue.version)
        await listing.ready()
        await ReportStore(gw.db).add(code="SG-HR-004", conversation="cnv_1")
        async with asyncio.timeout(SWAP_S):
            while not await gw.register.tasks(kind="outdated"):
                await asyncio.sleep(0.05)
        words = "霁月清风换卡"
        draft = await gw.register.open_draft("item", "SG-HR-004", ANNA, "居民这样说")
        body = draft.body or {}
        spoken = {**body["colloquial"], "zh": [*body["colloquial"]["zh"], words]}
        body = {**body, "colloquial": spoken}
        draft = await gw.register.save_draft(draft.id, draft.version, body, ANNA, "加说法")
        draft = await gw.register.submit(draft.id, draft.version, ANNA, "请审核")
        await gw.register.approve(draft.id, draft.version, BOB, "同意")
        began = time.monotonic()
        version = await gw.register.publish(None, ANNA, "发布")
        await _until(lambda: gw.search.catalogue.version == version.list_version)
        assert time.monotonic() - began < SWAP_S
        answer = await client.get("/api/v1/services/search", params={"q": words})
        found = await answer.json()
        assert found["list_version"] == version.list_version
        assert found["results"][0]["code"] == "SG-HR-004"
        async with asyncio.timeout(SWAP_S):
            while (await listing.ready()).catalogue.version != version.list_version:
                await asyncio.sleep(0.02)
        metrics = await (await client.get("/metrics")).text()
        assert 'sg_knowledge_publishes_total{result="published"}' in metrics
        assert "sg_knowledge_list_number 2.0" in metrics
    await listing.close()
    search.close()


async def _started(register: Register) -> bool:
    try:
        await register.current()
    except Exception:
        return False
    return True
