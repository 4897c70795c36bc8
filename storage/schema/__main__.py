"""For developers: writes migrations from the difference between `storage.models` and the migrations so far.

python -m storage.schema new "what changed"     the next one; read it before you commit it
python -m storage.schema first                  0001 anew, while no company has it yet
"""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from sqlalchemy import Connection

from storage.dialect import make_engine
from storage.schema import config, upgrade

_VERSIONS = Path(__file__).parent / "versions"
_TIDY = {
    "hooks": "fix, format",
    "fix.type": "module",
    "fix.module": "ruff",
    "fix.options": "check --fix-only --quiet REVISION_SCRIPT_FILENAME",
    "format.type": "module",
    "format.module": "ruff",
    "format.options": "format --quiet REVISION_SCRIPT_FILENAME",
}
"""What runs over a new migration, so that it looks like everything else."""
_USAGE = 'usage: python -m storage.schema first | new "what changed"\n'


def main(words: list[str]) -> int:
    match words:
        case ["first"]:
            for old in _VERSIONS.glob("0001_*.py"):
                old.unlink()
            asyncio.run(_write("first", "0001"))
        case ["new", message]:
            asyncio.run(_write(message, f"{len(list(_VERSIONS.glob('[0-9]*.py'))) + 1:04}"))
        case _:
            sys.stderr.write(_USAGE)
            return 2
    return 0


async def _write(message: str, revision: str) -> None:
    """Compares with an empty database that has all migrations so far."""
    with TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/empty.db"
        await upgrade(url)
        engine = make_engine(url)
        async with engine.connect() as connection:
            await connection.run_sync(_revise, message, revision)
        await engine.dispose()


def _revise(connection: Connection, message: str, revision: str) -> None:
    made = config(connection)
    for name, value in _TIDY.items():
        made.set_section_option("post_write_hooks", name, value)
    command.revision(made, message, autogenerate=True, rev_id=revision)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
