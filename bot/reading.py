"""How a note is read here: by the built-in reader, and led by a model where one is configured and in time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import ParamSpec, TypeVar

from aiohttp import ClientSession, DummyCookieJar

from bot.ai import Figures, Model, NoModel
from config.settings import Llm, Settings
from handlers.understanding.grounding import question
from handlers.understanding.grounding.answer import NoAnswer, schema
from handlers.understanding.grounding.lead import lead
from handlers.understanding.note import Known, Note, Read

P = ParamSpec("P")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Reading:
    """Reading is computing: it goes to a thread, so that nothing else waits for it."""

    read: Read
    model: Model | None = None

    async def __call__(self, text: str, at: datetime, known: Known) -> Note:
        """Never fails for want of a model: without its answer the built-in reading goes out in time."""
        builtin = await aside(self.read, text, at, known)
        if self.model is None or question.speaks_to_machine(text):
            return builtin
        try:
            return await led(self.model, text, at, known, builtin)
        except (NoModel, NoAnswer):
            return builtin


async def aside(work: Callable[P, Found], *args: P.args, **kwargs: P.kwargs) -> Found:
    """What the work finds, in a thread. A StopIteration comes as a RuntimeError: no future carries it."""

    def done() -> Found:
        try:
            return work(*args, **kwargs)
        except StopIteration as error:
            raise RuntimeError("an iterator ended too soon") from error

    return await asyncio.to_thread(done)


async def led(model: Model, text: str, at: datetime, known: Known, builtin: Note) -> Note:
    """The reading that a model leads. Raises NoModel, NoAnswer."""
    asked = await aside(question.ask, text, at, known)
    told = await model.ask(asked.messages, schema())
    try:
        note = await aside(lead, asked, told, builtin)
    except NoAnswer:
        model.useless()
        raise
    model.useful()
    return note


@asynccontextmanager
async def model_of(
    settings: Llm, today: Callable[[], date], figures: Figures | None = None
) -> AsyncIterator[Model | None]:
    """The configured model with a connection of its own; None where none is configured."""
    if not settings.on:
        yield None
        return
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        yield Model(settings, session, today, *((figures,) if figures else ()))


@contextmanager
def waiting_reader(settings: Settings, built_in: Read) -> Iterator[Read]:
    """A reader led by the configured model for callers that have no event loop."""
    stack = AsyncExitStack()
    with asyncio.Runner() as runner:
        making = model_of(settings.llm, lambda: datetime.now(settings.zone).date())
        reading = Reading(built_in, runner.run(stack.enter_async_context(making)))
        try:
            yield lambda text, at, known: runner.run(reading(text, at, known))
        finally:
            runner.run(stack.aclose())
