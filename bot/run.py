"""The Rasa server: `python -m bot.run --port N --model FILE`, on 127.0.0.1, one worker.

Serves our channel and nothing of Rasa's HTTP API (no model upload, no conversations). Settings come
from the environment: SG_INTERNAL_TOKEN, SG_ACTIONS_URL, SG_REDIS_URL (empty: memory only),
SG_TURN_TIMEOUT_S.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from pathlib import Path
from typing import Any, List, Optional

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
warnings.filterwarnings("ignore")
warnings.showwarning = lambda *args, **kwargs: None  # some imports reset the filters

from bot import compat  # noqa: E402

DEFAULT_TURN_S = 8.0
MARGIN_S = 1.0
"""An action gives up this much before the gateway does, so that the gateway hears why."""
DEFAULT_ACTIONS = "http://127.0.0.1:5055/webhook"


def _arguments(argv: Optional[List[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bot.run", description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--model", type=Path, required=True, help="trained model, exact path")
    parser.add_argument("--host", default="127.0.0.1")
    return parser.parse_args(argv)


def build(model: Path, token: str, actions_url: str, redis_url: str, timeout_s: float) -> Any:
    """The Sanic application; its agent is loaded before it listens."""
    from rasa.core import agent as rasa_agent
    from rasa.core.channels import channel as channels
    from rasa.core.utils import AvailableEndpoints
    from sanic import Sanic
    from sanic.response import json as json_response

    from bot.channel import ShenguanInput
    from bot.trackers import SnapshotTrackerStore

    app = Sanic("shenguan_bot", configure_logging=False)
    app.config.KEEP_ALIVE_TIMEOUT = 120
    app.config.RESPONSE_TIMEOUT = 60
    app.config.ACCESS_LOG = False
    store = SnapshotTrackerStore(redis_url=redis_url)
    action = compat.action_endpoint(actions_url, token, timeout_s)
    channels.register([ShenguanInput(token)], app, route="/webhooks/")

    @app.get("/healthz")
    async def healthz(request: Any) -> Any:
        return json_response({"status": "ok"})

    @app.get("/status")
    async def status(request: Any) -> Any:
        agent = getattr(app.ctx, "agent", None)
        ready = bool(agent and agent.is_ready())
        body = {"ready": ready, "model": model.name, "tensorflow": "tensorflow" in sys.modules}
        return json_response(body, status=200 if ready else 503)

    async def load(app: Any, loop: Any) -> None:
        endpoints = AvailableEndpoints(action=action, tracker_store=store)
        agent = await rasa_agent.load_agent(str(model), endpoints=endpoints, loop=loop)
        if not agent.is_ready():
            raise SystemExit(f"The model {model} could not be loaded; run `make train`.")
        app.ctx.agent = agent

    async def close(app: Any, loop: Any) -> None:
        await action.close()
        await store.close()

    app.register_listener(load, "before_server_start")
    app.register_listener(close, "after_server_stop")
    return app


def main(argv: Optional[List[str]] = None) -> None:
    """Entry point."""
    arguments = _arguments(argv)
    if not arguments.model.is_file():
        raise SystemExit(f"No model at {arguments.model}; run `make train`.")
    token = os.environ.get("SG_INTERNAL_TOKEN", "")
    if not token:
        raise SystemExit("SG_INTERNAL_TOKEN is not set: the bot would answer anyone.")
    compat.without_tensorflow()
    compat.install()
    from bot.log import configure

    configure(os.environ.get("SG_LOG_LEVEL", "info"))
    app = build(
        arguments.model,
        token,
        os.environ.get("SG_ACTIONS_URL") or DEFAULT_ACTIONS,
        os.environ.get("SG_REDIS_URL", ""),
        max(1.0, float(os.environ.get("SG_TURN_TIMEOUT_S") or DEFAULT_TURN_S) - MARGIN_S),
    )
    app.run(host=arguments.host, port=arguments.port, workers=1, access_log=False, motd=False)


if __name__ == "__main__":
    main()
