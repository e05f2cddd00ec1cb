"""The embedded sandbox issuers: "i深圳（演示）" and "i莞家（演示）", one per city app.

Real OpenID Connect over synthetic people. `mount_sandbox_issuers` is what the gateway calls.
"""

from __future__ import annotations

from cities.issuer.keys import IssuerKeys
from cities.issuer.routes import add_issuer_routes, issuer_path, mount_sandbox_issuers
from cities.issuer.state import IssuerState

__all__ = [
    "IssuerKeys", "IssuerState", "add_issuer_routes", "issuer_path", "mount_sandbox_issuers",
]  # fmt: skip
