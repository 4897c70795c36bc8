"""The house keeps its floors: imports go down and never round, and each thing is touched in one place."""

import ast
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path
from sys import stdlib_module_names

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "handlers", "storage", "cards", "config")

FLOORS = {
    "config": 0,
    "cards": 1,
    "storage": 1,
    "handlers.understanding": 2,
    "handlers.policies": 2,
    "handlers.kernel": 3,
    "handlers.work": 4,
    "handlers.chat": 5,
    "handlers.routes": 6,
    "bot": 7,
}
"""Rooms and the floor that each stands on. Rooms of one floor do not know each other."""

PURE = {"handlers.understanding", "handlers.policies"}
"""Rooms that may import nothing of ours but config, and touch nothing of the machine."""

ONLY_IN = {
    "aiohttp": {"bot"},
    "apscheduler": {"bot"},
    "uvloop": {"bot"},
    "typer": {"bot"},
    "prometheus_client": {"bot"},
    "redis": {"bot", "storage"},
    "sqlalchemy": {"storage"},
    "sqlmodel": {"storage", "handlers"},
    "alembic": {"storage"},
    "asyncpg": {"storage"},
    "aiosqlite": {"storage"},
    "cryptography": {"bot", "storage"},
    "pydantic_settings": {"config"},
}
"""Libraries that touch the outside, and the packages that may import them."""

IMPURE = {"asyncio", "http", "multiprocessing", "os", "random", "secrets", "socket", "subprocess", "time"}
"""Parts of the standard library that a pure room has no use for."""

RECORD_WORDS = {"SQLModel"}
"""What may be imported from sqlmodel outside storage: the records are everybody's words, sessions are not."""

COMES_WITH = {"pydantic-core": "pydantic"}
"""Libraries that another one pins and brings along."""

DECIDERS = {"cards", "handlers.understanding", "handlers.policies", "handlers.work", "handlers.chat"}
"""Rooms whose "now" is the update's; leases, queues and the edge ask the clock."""

CLOCK_READERS = {"now", "today", "utcnow"}
LONGEST_BARE_FUNCTION = 60


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement's target, as far as it is known to be a module."""

    target: str
    where: str
    at_load: bool
    """It runs when the module is loaded: neither in a function nor for the type checker alone."""


@dataclass(frozen=True, slots=True)
class Module:
    name: str
    path: str
    tree: ast.Module
    imports: tuple[Import, ...]

    @property
    def room(self) -> str:
        return _room(self.name)


@cache
def modules() -> dict[str, Module]:
    trees = {
        _name(path): (path, ast.parse(path.read_text(encoding="utf-8")))
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }
    return {
        name: Module(
            name,
            str(path.relative_to(ROOT)),
            tree,
            tuple(_imports(tree, str(path.relative_to(ROOT)), set(trees))),
        )
        for name, (path, tree) in trees.items()
    }


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _room(name: str) -> str:
    return next((room for room in FLOORS if name == room or name.startswith(room + ".")), name)


def _imports(tree: ast.Module, path: str, ours: set[str]) -> Iterator[Import]:
    at_load = set(_run_at_load(tree.body))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            base = node.module or ""
            inner = [f"{base}.{alias.name}" for alias in node.names]
            targets = [each if each in ours else base for each in inner]
        else:
            continue
        for target in dict.fromkeys(targets):
            yield Import(target, f"{path}:{node.lineno}", node in at_load)


def _run_at_load(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from _run_at_load([*node.body, *node.orelse])
        if isinstance(node, ast.Try):
            yield from _run_at_load([*node.body, *node.orelse, *node.finalbody])
            for handler in node.handlers:
                yield from _run_at_load(handler.body)
        if isinstance(node, ast.With | ast.ClassDef):
            yield from _run_at_load(node.body)


def _ours() -> Iterator[tuple[Module, Import]]:
    """Every import of one of our modules by another."""
    for module in modules().values():
        for each in module.imports:
            if each.target.split(".")[0] in PACKAGES:
                yield module, each


def _foreign() -> Iterator[tuple[Module, str, str]]:
    """Every import from elsewhere: who, the top-level name, where."""
    for module in modules().values():
        for each in module.imports:
            if (top := each.target.split(".")[0]) not in PACKAGES:
                yield module, top, each.where


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def none_of(wrong: Iterable[str]) -> None:
    """Fails with one line for each."""
    if found := list(wrong):
        pytest.fail("\n".join(found), pytrace=False)


def test_every_module_stands_on_a_floor() -> None:
    bare = {"handlers"}
    none_of(each.path for each in modules().values() if each.room not in FLOORS and each.name not in bare)


def test_imports_go_down() -> None:
    wrong = [
        f"{each.where} imports {each.target}"
        for module, each in _ours()
        if (theirs := _room(each.target)) != module.room
        and FLOORS.get(theirs, 0) >= FLOORS.get(module.room, len(FLOORS))
    ]
    none_of(wrong)


@pytest.mark.parametrize("room", sorted(PURE))
def test_a_pure_room_imports_config_alone(room: str) -> None:
    wrong = [
        f"{each.where} imports {each.target}"
        for module, each in _ours()
        if module.room == room and _room(each.target) not in {room, "config"}
    ]
    none_of(wrong)


@pytest.mark.parametrize("room", sorted(PURE))
def test_a_pure_room_touches_nothing(room: str) -> None:
    wrong = [
        f"{where} imports {top}" for module, top, where in _foreign() if module.room == room and top in IMPURE
    ]
    none_of(wrong)


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_a_library_is_imported_in_its_place(library: str) -> None:
    wrong = [
        where
        for module, top, where in _foreign()
        if top == library and module.name.split(".")[0] not in ONLY_IN[library]
    ]
    none_of(wrong)


def test_only_storage_knows_sessions_and_queries() -> None:
    wrong = [
        f"{module.path}:{node.lineno} imports {alias.name}"
        for module in modules().values()
        if not module.name.startswith("storage")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "sqlmodel"
        for alias in node.names
        if alias.name not in RECORD_WORDS
    ]
    none_of(wrong)


def test_no_import_goes_round() -> None:
    graph = {
        module.name: {each.target for each in module.imports if each.at_load and each.target in modules()}
        - {module.name}
        for module in modules().values()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_only_the_settings_read_the_environment() -> None:
    wrong = [
        f"{module.path}:{node.lineno}"
        for module in modules().values()
        if module.name != "config.settings"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"environ", "getenv"}
        and ast.unparse(node.value) == "os"
    ]
    none_of(wrong)


def test_nobody_who_decides_or_shows_asks_the_clock() -> None:
    wrong = [
        f"{module.path}:{node.lineno}"
        for module in modules().values()
        if module.room in DECIDERS
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCK_READERS
        and ast.unparse(node.func.value).split(".")[-1] in {"date", "datetime"}
    ]
    none_of(wrong)


def test_every_module_says_what_it_is_for() -> None:
    none_of(each.path for each in modules().values() if each.tree.body and not ast.get_docstring(each.tree))


def test_a_long_function_says_what_it_does() -> None:
    wrong = [
        f"{module.path}:{node.lineno} {node.name}"
        for module in modules().values()
        if not module.name.startswith("storage.schema.versions.")
        for node in _functions(module.tree)
        if (node.end_lineno or 0) - node.lineno + 1 > LONGEST_BARE_FUNCTION and not ast.get_docstring(node)
    ]
    none_of(wrong)


def test_every_library_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]["ocr"]
    asked = {_distribution(each) for each in (*project["dependencies"], *optional)}
    known = packages_distributions()
    wrong = [
        f"{where} imports {top}"
        for _, top, where in _foreign()
        if top not in stdlib_module_names
        and not asked & {_distribution(each) for each in known.get(top, [top])}
    ]
    none_of(wrong)


def _distribution(requirement: str) -> str:
    name = requirement
    for end in "[<>=!~; ":
        name = name.split(end)[0]
    name = name.lower().replace("_", "-")
    return COMES_WITH.get(name, name)
