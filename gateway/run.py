"""`python -m gateway.run`: start the whole product and keep it running.

Names what runs, in which order, with which environment; `core.supervisor` does the rest.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from core.settings import Settings
from core.supervisor import Ready, Service, Supervisor
from gateway.local import (
    StartError,
    internal_token,
    is_free,
    lock_folder,
    ports,
    redis_command,
    redis_password,
)

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
RASA_PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
ROLES = ["redis", "rasa", "actions", "video", "shenzhen", "dongguan"]
SEARCH_WAIT_S = 5.0
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "ORT_DISABLE_TELEMETRY": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "SANIC_HOST": "127.0.0.1",
    "OMP_NUM_THREADS": "1",
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "",  # or each start compiles every library anew: 5 s for the gateway
    "MALLOC_ARENA_MAX": "2",
}


async def _asked(url: str) -> tuple[int, bytes] | None:
    """(status, body) of an answer within a second; None without one."""
    timeout = aiohttp.ClientTimeout(total=1.0)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url) as answer,
        ):
            return answer.status, await answer.read()
    except (aiohttp.ClientError, TimeoutError, OSError):
        return None


def _http(url: str) -> Ready:
    async def ready() -> bool:
        answer = await _asked(url)
        return answer is not None and answer[0] == 200

    return ready


def _searches(base: str) -> Ready:
    """Ready once residents are answered from the list, or `SEARCH_WAIT_S` after the door opened: a list
    that cannot be opened keeps nothing else from starting."""
    since = 0.0

    async def ready() -> bool:
        nonlocal since
        answer = await _asked(f"{base}/readyz")
        if answer is None:
            return False
        since = since or time.monotonic()
        if time.monotonic() - since > SEARCH_WAIT_S:
            return True
        try:
            return "search" not in json.loads(answer[1])["missing"]
        except (ValueError, KeyError):  # no word of ours: an error page
            return False

    return ready


def _listens(port: int) -> Ready:
    async def ready() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    return ready


def _model(folder: Path) -> Path:
    """The trained model of the present sources."""
    asked = subprocess.run(  # noqa: S603 - our own script
        [PYTHON, str(ROOT / "scripts" / "train.py"), "--path"],
        env={**os.environ, "SG_DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    path = Path(asked.stdout.strip())
    if asked.returncode != 0 or not path.is_file():
        raise StartError("The assistant is not trained yet: run `make train` (or `make run`).")
    return path


def environment(settings: Settings, folder: Path, port: dict[str, int]) -> dict[str, str]:
    """What every process gets. Addresses given in the settings are kept."""
    token = internal_token(folder, settings.internal_token.get_secret_value())
    local = "http://127.0.0.1"
    values = {
        "SG_DATA_DIR": str(folder),
        "SG_HOST": settings.host,
        "SG_PORT": str(settings.port),
        "SG_INTERNAL_TOKEN": token,
        "SG_REDIS_URL": settings.redis_url
        or f"redis://:{redis_password(token)}@127.0.0.1:{port['redis']}/0",
        "SG_RASA_URL": settings.rasa_url or f"{local}:{port['rasa']}",
        "SG_ACTIONS_URL": settings.actions_url or f"{local}:{port['actions']}/webhook",
        "SG_VIDEO_URL": settings.video_url or f"{local}:{port['video']}",
        "SG_CITY_SHENZHEN_URL": settings.city_shenzhen_url or f"{local}:{port['shenzhen']}",
        "SG_CITY_DONGGUAN_URL": settings.city_dongguan_url or f"{local}:{port['dongguan']}",
    }
    return {**QUIET, **values}


def services(settings: Settings, folder: Path, port: dict[str, int]) -> list[Service]:
    """Every process of the product that the settings do not place elsewhere. The gateway and the slow
    Rasa start at once, the others once the list is searched, so that residents are served soonest."""
    env = environment(settings, folder, port)
    local = "http://127.0.0.1"
    found: list[Service] = []
    store: tuple[str, ...] = ()
    if not settings.redis_url:
        password = redis_password(env["SG_INTERNAL_TOKEN"])
        command = redis_command(folder, port["redis"], password)
        found.append(Service("redis", command, _listens(port["redis"]), env))
        store = ("redis",)
    gateway = (PYTHON, "-m", "gateway", "--host", settings.host, "--port", str(settings.port))
    health = f"{local if settings.host == '0.0.0.0' else f'http://{settings.host}'}:{settings.port}"  # noqa: S104
    found.append(Service("gateway", gateway, _searches(health), env))
    for city in ("shenzhen", "dongguan"):
        if settings.sandbox and not getattr(settings, f"city_{city}_url"):
            data = str(folder / "sandbox" / city)
            command = (
                PYTHON, "-m", f"cities.sandbox.{city}", "--port", str(port[city]), "--data", data,
            )  # fmt: skip
            ready = _http(f"{local}:{port[city]}/healthz")
            found.append(Service(city, command, ready, env, needs=("gateway",)))
    if not settings.actions_url:
        command = (PYTHON, "-m", "actions", "--port", str(port["actions"]))
        ready = _http(f"{local}:{port['actions']}/healthz")
        found.append(Service("actions", command, ready, env, needs=("gateway",)))
    if not settings.video_url:
        command = (PYTHON, "-m", "video", "--port", str(port["video"]))
        ready = _http(f"{local}:{port['video']}/healthz")
        found.append(Service("video", command, ready, env, needs=("gateway",)))
    if not settings.rasa_url:
        command = (
            str(RASA_PYTHON), "-m", "bot.run", "--port", str(port["rasa"]),
            "--model", str(_model(folder)),
        )  # fmt: skip
        ready = _http(f"{local}:{port['rasa']}/status")
        secret = SecretStr(env["SG_INTERNAL_TOKEN"])
        channel = settings.model_copy(update={"internal_token": secret}).dialogue_token()
        found.append(
            Service("rasa", command, ready, {**env, "SG_INTERNAL_TOKEN": channel}, store, 240)
        )
    return found


def _banner(settings: Settings) -> str:
    lines = ["", f"  Residents  {settings.url()}/", f"  Agents     {settings.url()}/desk",
             f"  List desk  {settings.url()}/admin/services"]  # fmt: skip
    if settings.sandbox:
        lines += ["", "  Sandbox: demonstration data and accounts only (docs/demo-accounts.json)."]
        accounts = json.loads((ROOT / "docs" / "demo-accounts.json").read_text(encoding="utf-8"))
        lines += _accounts(accounts)
    return "\n".join([*lines, "", "  Ctrl-C stops everything.", ""])


def _accounts(accounts: dict[str, list[dict[str, Any]]]) -> list[str]:
    lines = []
    for person in accounts.get("residents", [])[:3]:
        way = person["issuers"]["shenzhen"]
        lines.append(
            f"    resident  {way['username']:10} password {way['password']:18} "
            f"code {way['second_factor']}  {person['label']['en']}"
        )
    for agent in accounts.get("agents", [])[:3]:
        lines.append(
            f"    agent     {agent['username']:10} password {agent['password']:18} "
            f"code: .venv/bin/python -m desk totp {agent['username']}"
        )
    return lines


async def _run(settings: Settings) -> int:
    folder = settings.data_dir.resolve()
    lock = lock_folder(folder)
    if not is_free(settings.host, settings.port):
        raise StartError(
            f"Port {settings.port} is in use: stop what uses it, or choose another with SG_PORT."
        )
    wanted = services(settings, folder, ports(folder, ROLES))
    started, waiting = time.monotonic(), {s.name for s in wanted}

    def on_ready(name: str, _seconds: float) -> None:
        if name in waiting:
            waiting.discard(name)
            print(f"✓ {name} is ready after {time.monotonic() - started:.1f} s", flush=True)  # noqa: T201
            if not waiting:
                print(_banner(settings), flush=True)  # noqa: T201

    supervisor = Supervisor(wanted, on_ready)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, supervisor.stop)
    pids = asyncio.create_task(_write_pids(supervisor, folder, [s.name for s in wanted]))
    await supervisor.run()
    pids.cancel()
    lock.close()
    return 0


async def _write_pids(supervisor: Supervisor, folder: Path, names: list[str]) -> None:
    """Keep `run/pids.json` true, for operators and for the tests that kill processes."""
    known: dict[str, int | None] = {}
    while True:
        now = {name: supervisor.pid(name) for name in names}
        if now != known:
            partial = folder / "run" / "pids.json.part"
            partial.write_text(json.dumps({"supervisor": os.getpid(), **now}))
            partial.replace(folder / "run" / "pids.json")
            known = now
        await asyncio.sleep(0.2)


def main() -> int:
    """Run until Ctrl-C."""
    try:
        return asyncio.run(_run(Settings()))
    except StartError as exc:
        print(f"✗ {exc}", flush=True)  # noqa: T201
        return 1


if __name__ == "__main__":
    sys.exit(main())
