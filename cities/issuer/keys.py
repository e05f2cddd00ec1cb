"""The signing keys of a sandbox issuer: ES256, kept in the data folder, readable by the owner only.

The newest key signs; older ones stay in the published set so that tokens already out still verify.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
from joserfc.jwk import ECKey

from core.cards import City
from core.ids import new_id

KEEP = 3


class IssuerKeys:
    """Keys of one issuer, newest first."""

    def __init__(self, path: Path, keys: list[ECKey]) -> None:
        self._path = path
        self._keys = keys

    @classmethod
    def open(cls, data_dir: Path, city: City) -> IssuerKeys:
        """The stored keys, or a new one."""
        path = data_dir / "issuer" / f"{city}.json"
        if path.exists():
            stored: list[dict[str, Any]] = orjson.loads(path.read_bytes())["keys"]
            return cls(path, [ECKey.import_key(jwk) for jwk in stored])
        keys = cls(path, [])
        keys.rotate()
        return keys

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        fresh = ECKey.generate_key("P-256", {"kid": new_id("key"), "use": "sig", "alg": "ES256"})
        self._keys = [fresh, *self._keys][:KEEP]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        body = orjson.dumps({"keys": [key.as_dict(private=True) for key in self._keys]})
        draft = self._path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(body)
        draft.replace(self._path)

    @property
    def signing(self) -> ECKey:
        """The key that signs."""
        return self._keys[0]

    def public(self) -> dict[str, Any]:
        """The JWK set to publish; no private part."""
        return {"keys": [key.as_dict(private=False) for key in self._keys]}
