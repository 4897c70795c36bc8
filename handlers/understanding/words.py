"""Loads the word lists of `config/words`, once per process."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import config

_FOLDER = Path(config.__file__).parent
MODELS = _FOLDER / "models"  # the training script points this elsewhere to measure on files left out


@cache
def table(name: str) -> dict[str, Any]:
    """The tables of `config/words/<name>.toml`."""
    with (_FOLDER / "words" / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def words(name: str, key: str) -> tuple[str, ...]:
    """One list of a table, longest first, so that a regular expression prefers the longer word."""
    return tuple(sorted(table(name)[key], key=len, reverse=True))


@cache
def surnames() -> frozenset[str]:
    """Surnames of one character."""
    return frozenset((_FOLDER / "words" / "surnames.txt").read_text(encoding="utf-8").strip())


def model_path(name: str) -> Path:
    """Where learnt weights called `name` lie."""
    return MODELS / name
