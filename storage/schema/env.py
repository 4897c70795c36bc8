"""What Alembic runs for every command; the connection comes from `storage.schema`."""

from typing import Any, Literal

from alembic import context
from sqlmodel import AutoString

from storage.models import metadata
from storage.models.columns import Encrypted, EncryptedJson, Moment

_PLAIN = {
    Encrypted: "sa.Text()",
    EncryptedJson: "sa.Text()",
    Moment: "sa.DateTime(timezone=True)",
    AutoString: "sa.String()",
}


def plain_type(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Names what the database sees, so that migrations never depend on today's code."""
    return _PLAIN.get(type(item), False) if kind == "type" else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=plain_type,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
