"""Describes a bug for logs and operators without its message, which may quote what a person said."""

import traceback

import structlog

log = structlog.get_logger(__name__)


def report(event: str, error: BaseException, **ids: object) -> None:
    """Logs a fault with the way to it. `ids` are names and numbers of ours, never a person's words."""
    log.error(event, **ids, trace=frames_of(error))


def place_of(error: BaseException) -> str:
    """One line: the kind of error and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    last = frames[-1]
    return f"{type(error).__name__} @ {last.filename.rsplit('/site-packages/')[-1]}:{last.lineno} {last.name}"


def frames_of(error: BaseException) -> list[str]:
    """The way to the bug, outermost first, causes before what they caused."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    found = frames_of(before) if before is not None else []
    found += [
        f"{each.filename}:{each.lineno} {each.name}" for each in traceback.extract_tb(error.__traceback__)
    ]
    return [*found, type(error).__name__]
