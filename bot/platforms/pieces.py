"""Long texts in several messages."""

from collections.abc import Iterator

TEXT_BYTES = 2048
"""What every platform takes in one plain message."""


def pieces(text: str, most: int = TEXT_BYTES) -> list[str]:
    """The text in messages of `most` bytes: at the ends of lines, and only else inside one."""
    found: list[str] = []
    room = 0
    for line in _short_lines(text, most):
        size = len(line.encode()) + 1
        if found and size <= room:
            found[-1] += f"\n{line}"
            room -= size
        else:
            found.append(line)
            room = most - size + 1
    return [each for each in found if each.strip()] or [text]


def _short_lines(text: str, most: int) -> Iterator[str]:
    for line in text.split("\n"):
        rest = line
        while len(rest.encode()) > most:
            head = rest.encode()[:most].decode(errors="ignore")
            yield head
            rest = rest[len(head) :]
        yield rest
