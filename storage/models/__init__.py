"""Every table: importing this package makes `SQLModel.metadata` complete."""

from importlib import import_module
from pathlib import Path

from sqlmodel import SQLModel

for _file in sorted(Path(__file__).parent.glob("[a-z]*.py")):
    import_module(f"{__name__}.{_file.stem}")

metadata = SQLModel.metadata

__all__ = ["metadata"]
