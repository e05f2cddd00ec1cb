"""Who a resident is, as far as an issuer vouched for it.

L0 anonymous, L1 phone, L2 app real-name, L3 real-name and second factor, L4 verified by staff.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from core.cards import City
from core.errors import NotSignedIn

Level = Literal["L0", "L1", "L2", "L3", "L4"]
_ORDER: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in resident."""

    network_id: str
    """Opaque identifier under which both cities know the person; never shown."""
    issuer: City
    name: str
    """Masked, e.g. `张*明`."""
    level: Level
    expires_at: datetime

    def at_least(self, level: Level, now: datetime) -> bool:
        """Whether this identity still holds and reaches `level`."""
        return now < self.expires_at and _ORDER.index(self.level) >= _ORDER.index(level)

    def claims(self) -> dict[str, Any]:
        """As claims of a signed token."""
        return {
            "network_id": self.network_id,
            "issuer": self.issuer,
            "name": self.name,
            "level": self.level,
            "expires_at": int(self.expires_at.timestamp()),
        }

    @classmethod
    def from_claims(cls, claims: dict[str, Any]) -> Identity:
        """From claims that `Signer.verify` returned; raises `NotSignedIn` when they are incomplete."""
        try:
            return cls(
                network_id=str(claims["network_id"]),
                issuer=claims["issuer"],
                name=str(claims["name"]),
                level=claims["level"],
                expires_at=datetime.fromtimestamp(int(claims["expires_at"]), UTC),
            )
        except (KeyError, ValueError, TypeError) as exc:
            raise NotSignedIn() from exc


def mask_name(name: str) -> str:
    """`张小明` → `张*明`, `李明` → `李*`, `Maria Lopez` → `M*** L***`."""
    name = name.strip()
    if not name:
        return "*"
    if name.isascii():
        return " ".join(part[0] + "***" for part in name.split())
    return name[0] + "*" if len(name) <= 2 else name[0] + "*" * (len(name) - 2) + name[-1]
