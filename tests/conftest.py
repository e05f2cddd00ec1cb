"""Shared fixtures. A test's folder is its category; nothing here mocks a part of the product."""

from __future__ import annotations

import asyncio
import importlib
import os
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from core.clock import FakeClock
from core.db import Database
from core.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
ROOMS_WITH_TABLES = (
    "core.callbacks", "core.consents", "core.outbox", "desk.tables", "gateway.tables",
    "knowledge.editing.tables",
    "knowledge.imports.tables", "knowledge.learning.tables", "video.tables",
)  # fmt: skip
CATEGORIES = {"unit", "dialogue", "contract", "browser", "failure", "load"}
SET_UP = Path(os.environ.get("SG_DATA_DIR") or ROOT / "var").resolve()
"""Where `make test` put the embedding model, the index and the trained dialogue model."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what runs in its background so, and every process inherits it: tests that
    # interrupt one of theirs would wait in vain.
    signal.signal(signal.SIGINT, signal.default_int_handler)

hypothesis.settings.register_profile("same", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", max_examples=2_000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
"""The same examples on every machine; `HYPOTHESIS_PROFILE=explore` looks for new ones."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test lies in a folder that says what kind it is."""
    for item in items:
        category = Path(item.path).relative_to(ROOT / "tests").parts[0]
        if category not in CATEGORIES:
            raise pytest.UsageError(f"{item.path} is in no category folder of tests/")


@pytest.fixture
def clock() -> FakeClock:
    """A clock that moves only when told to."""
    return FakeClock()


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty SQLite record with every table."""
    for room in ROOMS_WITH_TABLES:
        importlib.import_module(room)
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    await database.create_all()
    yield database
    await database.close()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A fresh data folder that shares the model and the index of the set-up."""
    folder = tmp_path / "var"
    folder.mkdir()
    share_set_up(folder)
    return folder


def share_set_up(folder: Path) -> None:
    """Link what set-up made (read-only for tests) into `folder`."""
    for part in ("models", "index"):
        assert (SET_UP / part).exists(), (
            f"{SET_UP / part} is missing: run `make test`, which sets it up"
        )
    (folder / "models").symlink_to(SET_UP / "models")
    (folder / "index").mkdir()  # its own: a test may publish
    for part in (SET_UP / "index").iterdir():
        if part.is_dir():
            (folder / "index" / part.name).symlink_to(part)
        elif part.name in ("current", "delivered"):
            shutil.copy(part, folder / "index")
    delivered = folder / "index" / "delivered"
    if delivered.is_file():  # whatever is published in the set-up's own folder
        shutil.copy(delivered, folder / "index" / "current")


def share_vectors(folder: Path) -> None:
    """Copy the kept embeddings, so that publishing in `folder` embeds only what is new."""
    (folder / "cache").mkdir(exist_ok=True)
    for part in (SET_UP / "cache").glob("*.*s"):  # .keys and .vectors
        shutil.copy(part, folder / "cache")


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    """Settings of a product instance that has no Redis, Rasa or video node."""
    return Settings(
        data_dir=data_dir,
        port=18999,
        internal_token="test-secret-test-secret",  # type: ignore[arg-type]
        rasa_url="http://127.0.0.1:9",
        video_url="http://127.0.0.1:9",
        rate_per_minute=100_000,
    )


@pytest.fixture
def list_dir(tmp_path: Path) -> Path:
    """The data folder of `register`."""
    return tmp_path / "data"


@pytest.fixture
async def register(db: Database, clock: FakeClock, list_dir: Path) -> Any:
    """A managed list whose version 1 is the small list of `list_factory`."""
    from knowledge.editing.register import Register
    from tests.list_factory import LetterEmbedder, small_list

    made = Register(db, clock, list_dir, LetterEmbedder())
    await made.seed(small_list())
    return made


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a record whose version 1 is the small list; the model is one of letters."""
    from core.clock import SystemClock
    from gateway.migrate import migrate
    from knowledge.editing.register import Register
    from tests.list_factory import LetterEmbedder, small_list

    monkeypatch.setattr("knowledge.embed.open_embedder", lambda _settings: LetterEmbedder())
    folder = tmp_path / "data"

    async def prepare() -> None:
        settings = Settings(data_dir=folder)
        await migrate(settings)
        db = Database(settings.db_url())
        await Register(db, SystemClock(), folder, LetterEmbedder()).seed(small_list())
        await db.close()

    asyncio.run(prepare())
    return folder


@pytest.fixture
def record_folder(tmp_path: Path, db: Database) -> Path:
    """A data folder whose record has its tables."""
    data = tmp_path / "var"
    data.mkdir()
    (data / "sg.db").write_bytes((tmp_path / "test.db").read_bytes())
    for end in ("-wal", "-shm"):
        part = tmp_path / f"test.db{end}"
        if part.is_file():
            (data / f"sg.db{end}").write_bytes(part.read_bytes())
    return data
