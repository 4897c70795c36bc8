"""The table of routes and what handlers ask for: every hole shows when the table is made."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import pytest

from cards.actions import Action, SaveVisit
from handlers.chat import asides, drafts
from handlers.chat.hearing import PROVIDED
from handlers.kernel.reply import Reply
from handlers.kernel.router import NoRoute, Router, on_any, on_click, on_said, on_tick
from handlers.kernel.update import Clicked, Said, Sender, Spoke, Ticked
from handlers.kernel.wiring import Unprovided, wire
from handlers.routes import ROUTES

AT = datetime(2026, 4, 21, 1, 30, tzinfo=UTC)
LINA = Sender("local", "lina")


class Heard(StrEnum):
    SAVE = "save"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Known(Action):
    pass


@dataclass(frozen=True, slots=True)
class Unknown(Action):
    pass


class Shelf:
    """Something that a handler may ask for."""


async def plain() -> Reply:
    return ()


async def any_click(click: Clicked) -> Reply:
    return ()


async def takes_shelf(shelf: Shelf, click: Clicked) -> Reply:
    return ()


async def takes_action(action: Known, shelf: Shelf) -> Reply:
    return ()


async def unannotated(shelf) -> Reply:  # type: ignore[no-untyped-def]
    return ()


def click(action: Action | None) -> Clicked:
    return Clicked("1", LINA, "lina", AT, action)


def said() -> Said:
    return Said("1", LINA, "lina", AT, "…")


class TestWiring:
    def test_a_need_that_nobody_meets_names_handler_and_parameter(self) -> None:
        with pytest.raises(Unprovided, match=r"takes_shelf: nobody provides shelf$"):
            wire(takes_shelf, {Clicked})

    def test_a_parameter_without_a_type_is_met_by_nobody(self) -> None:
        with pytest.raises(Unprovided, match="unannotated: nobody provides shelf"):
            wire(unannotated, {Shelf})

    def test_the_table_cannot_be_made_with_a_hole_in_it(self) -> None:
        with pytest.raises(Unprovided, match="takes_shelf"):
            Router([on_any(Clicked, any_click), on_click(Known, takes_shelf)], frozenset())

    def test_an_action_is_met_on_its_own_route_only(self) -> None:
        Router([on_click(Known, takes_action)], frozenset({Shelf}))
        with pytest.raises(Unprovided, match="takes_action: nobody provides action"):
            Router([on_click(Unknown, takes_action)], frozenset({Shelf}))

    async def test_values_reach_the_parameters_of_their_type(self) -> None:
        given = []

        async def keeps(first: Shelf, tap: Clicked) -> Reply:
            given.extend([first, tap])
            return ()

        shelf, tap = Shelf(), click(None)
        await wire(keeps, {Shelf, Clicked})({Clicked: tap, Shelf: shelf, str: "unasked"})
        assert given == [shelf, tap]


class TestRouter:
    def test_two_routes_with_one_key_are_refused(self) -> None:
        with pytest.raises(ValueError, match="two routes for Clicked"):
            Router([on_click(Known, plain), on_click(Known, any_click)], frozenset())
        with pytest.raises(ValueError, match="two routes for Ticked morning"):
            Router([on_tick("morning", plain), on_tick("morning", plain)], frozenset())

    def test_the_most_specific_route_takes_it_wherever_it_stands(self) -> None:
        for order in (1, -1):
            router = Router([on_any(Clicked, any_click), on_click(Known, plain)][::order], frozenset())
            assert router.find(click(Known(1, 1, 1)))[0].handler is plain
            assert router.find(click(Unknown(1, 1, 1)))[0].handler is any_click
            assert router.find(click(None))[0].handler is any_click

    def test_what_was_heard_picks_the_route_of_a_message(self) -> None:
        router = Router([on_said(Heard.SAVE, plain), on_any(Spoke, plain)], frozenset())
        assert router.find(said(), Heard.SAVE)[0].key is Heard.SAVE
        assert router.find(Spoke("1", LINA, "lina", AT, "f"))[0].key is None
        with pytest.raises(NoRoute, match="Said other"):
            router.find(said(), Heard.OTHER)

    def test_the_clocks_jobs_are_found_by_name(self) -> None:
        router = Router([on_tick("morning", plain)], frozenset())
        assert router.find(Ticked("1", "clock", AT, "morning"))[0].name == "test_router.plain"
        with pytest.raises(NoRoute, match="Ticked noon"):
            router.find(Ticked("1", "clock", AT, "noon"))

    def test_describe_lists_every_route_with_its_handler(self) -> None:
        lines = list(Router(ROUTES, PROVIDED).describe())
        assert len(lines) == len(ROUTES)
        assert all(route.name in line for route, line in zip(ROUTES, lines, strict=True))
        assert "Clicked  SaveVisit            drafts.save" in lines
        assert "Clicked  any                  asides.unknown_tap" in lines


def test_a_tap_that_this_version_cannot_read_finds_the_kind_answer() -> None:
    router = Router(ROUTES, PROVIDED)
    assert router.find(click(None))[0].handler is asides.unknown_tap
    assert router.find(click(Unknown(1, 1, 1)))[0].handler is asides.unknown_tap
    assert router.find(click(SaveVisit(1, 1, 1)))[0].handler is drafts.save
