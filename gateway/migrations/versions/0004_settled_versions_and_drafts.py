"""published versions and finished drafts cannot be changed"""

from __future__ import annotations

from alembic import op

from knowledge.editing.tables import SETTLED, guards, unguards

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for table in SETTLED:
        for statement in guards(op.get_bind().dialect.name, table):
            op.execute(statement)


def downgrade() -> None:
    """Take back."""
    for table in SETTLED:
        for statement in unguards(op.get_bind().dialect.name, table):
            op.execute(statement)
