"""why a pair was accepted or rejected, and the rules a wording was scrubbed with"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table('learning_pairs', schema=None) as batch_op:
        batch_op.add_column(sa.Column('why', sa.String(length=500), nullable=True))
        batch_op.add_column(sa.Column('rules', sa.Integer(), nullable=True))
    with op.batch_alter_table('learning_questions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('rules', sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('learning_questions', schema=None) as batch_op:
        batch_op.drop_column('rules')
    with op.batch_alter_table('learning_pairs', schema=None) as batch_op:
        batch_op.drop_column('rules')
        batch_op.drop_column('why')
