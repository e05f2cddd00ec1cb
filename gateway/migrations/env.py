"""Alembic environment: our connection, our metadata; every room's tables are imported here."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

import core.callbacks
import core.consents
import core.outbox
import desk.tables
import gateway.tables
import knowledge.editing.tables
import knowledge.imports.tables
import knowledge.learning.tables
import video.tables
from core.db import metadata

ROOMS = (
    core.callbacks, core.consents, core.outbox, desk.tables, gateway.tables,
    knowledge.editing.tables, knowledge.imports.tables, knowledge.learning.tables, video.tables,
)  # fmt: skip


def run(connection: Connection) -> None:
    """Migrate over an open connection, in the caller's transaction."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        compare_type=True,
        transactional_ddl=False,
    )
    context.run_migrations()


run(context.config.attributes["connection"])
