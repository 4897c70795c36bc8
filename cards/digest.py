"""Cards that nobody waits for, told in a list of lines where there are too many of them at once."""

from collections.abc import Iterator, Sequence

MOST_BYTES = 1800
"""Of one message: below what any platform cuts."""


def digest(titles: Sequence[str]) -> list[str]:
    """As many plain messages as it takes; every title is in one of them, in order."""
    pages = list(_pages(titles))
    return [_page(each, len(titles), number, len(pages)) for number, each in enumerate(pages, 1)]


def _page(titles: Sequence[str], count: int, number: int, pages: int) -> str:
    which = f"（{number}/{pages}）" if pages > 1 else ""
    tail = ["回“今天”看清单"] if number == pages else []
    return "\n".join([f"{count} 件攒到一起了，一次说完{which}", *(f"· {each}" for each in titles), *tail])


def _pages(titles: Sequence[str]) -> Iterator[list[str]]:
    page: list[str] = []
    room = MOST_BYTES
    for title in titles:
        size = len(f"· {title}\n".encode())
        if page and size > room:
            yield page
            page, room = [], MOST_BYTES
        page.append(title)
        room -= size
    if page:
        yield page
