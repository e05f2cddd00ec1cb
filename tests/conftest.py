"""Shared fixtures. A test's folder is its category; nothing here mocks a part of the product."""

from __future__ import annotations

import importlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.clock import FakeClock
from core.db import Database
from core.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
ROOMS_WITH_TABLES = (
    "core.callbacks", "core.consents", "core.outbox", "desk.tables", "gateway.tables", "video.tables",
)  # fmt: skip
CATEGORIES = {"unit", "dialogue", "contract", "browser", "failure", "load"}
SET_UP = Path(os.environ.get("SG_DATA_DIR") or ROOT / "var").resolve()
"""Where `make test` put the embedding model, the index and the trained dialogue model."""


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
        target = SET_UP / part
        assert target.exists(), f"{target} is missing: run `make test`, which sets it up"
        (folder / part).symlink_to(target)


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
