"""The documentation points at what is there, and names every command."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from bot.cli import cli

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("changes/*.md")])
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = [each for each in LINK.findall(page.read_text(encoding="utf-8")) if "/" in each or "." in each]
    assert [each for each in targets if not (page.parent / each).exists()] == []


def test_the_reference_names_every_command() -> None:
    told = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    assert [each for each in commands(cli) if f"`baifang {each}" not in told] == []


def commands(app: typer.Typer, before: str = "") -> Iterator[str]:
    for each in app.registered_commands:
        assert each.callback is not None
        yield before + (each.name or each.callback.__name__)
    for group in app.registered_groups:
        assert group.typer_instance is not None
        yield from commands(group.typer_instance, f"{group.name} ")
