"""What topics are given: the list, the cities, consents, signatures. Built once per process.

Topics get this object and make nothing themselves, so that tests hand in fakes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from actions.learning import Learner
from actions.listing import Listing
from actions.reports import ReportStore
from actions.turn import Reply, Turn
from cities import AccountResult, CaseProgress, HousingFundAccount, SocialCard, SocialSecurityRecord
from core.auth import BadToken, Signer
from core.callbacks import CallbackStore
from core.cards import City
from core.clock import Clock
from core.errors import NotSignedIn
from core.identity import Identity


class CityAccounts(Protocol):
    """The part of `cities.Cities` that topics use."""

    async def housing_fund(
        self, identity: Identity
    ) -> dict[City, AccountResult[HousingFundAccount]]:
        """Account in each city."""
        ...

    async def social_security(
        self, identity: Identity
    ) -> dict[City, AccountResult[SocialSecurityRecord]]:
        """Record in each city."""
        ...

    async def social_card(self, identity: Identity) -> dict[City, AccountResult[SocialCard]]:
        """Card or running application in each city."""
        ...

    async def case(
        self, who: Identity | str
    ) -> dict[City, AccountResult[tuple[CaseProgress, ...]]]:
        """Cases of a resident, or of a case number."""
        ...


class Consents(Protocol):
    """The part of `core.consents.ConsentStore` that topics use."""

    async def granted(self, network_id: str, purpose: str) -> bool:
        """Whether a consent stands."""
        ...

    async def grant(self, network_id: str, purpose: str, channel: str, text_version: str) -> None:
        """Record one."""
        ...

    async def revoke(self, network_id: str, purpose: str | None = None) -> int:
        """Withdraw; returns how many stood."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a topic may use."""

    listing: Listing
    cities: CityAccounts
    consents: Consents
    callbacks: CallbackStore
    reports: ReportStore
    learner: Learner
    signer: Signer
    clock: Clock
    sandbox: bool = True

    def identity(self, token: str | None) -> Identity | None:
        """Who the gateway says is asking; None for nobody, a forged or a lapsed token."""
        if not token:
            return None
        try:
            identity = Identity.from_claims(self.signer.verify("act", token))
        except (BadToken, NotSignedIn):
            return None
        return identity if identity.at_least("L1", self.clock.now()) else None


Topic = Callable[[Services, Turn], Awaitable[Reply]]
"""What answers a turn."""
