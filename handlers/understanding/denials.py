"""Money that a note says not to be there (今年没预算): kept as words, never as a zero."""

import re

from handlers.understanding.note import Span, Spans

_MONEY = "预算|经费|钱"
_NOT = "没有?|冇|无|还没有?|未有|没得"
_DENIED = re.compile(
    rf"(?<!不是)(?<!不)(?:{_NOT})(?:批|定|做|安排|申请|什么|啥)?(?:{_MONEY})"
    rf"|(?:{_MONEY})(?:今年|还|都|也|暂时)*(?:没有(?!问题|变|动)|没批|没下来|没定|没着落|冇|用完|花完|花光)"
)
_PIECE = re.compile(r"[^，,。；;！!？?\n]+")
_NUMBER = re.compile(r"\d|[一二两三四五六七八九十百千][万千百]")


def denied(text: str, clauses: Spans) -> Spans:
    """The comma clauses, within those that speak of one customer, that deny money; none with a sum in it."""
    found = []
    for clause in clauses or (Span(0, len(text)),):
        for piece in _PIECE.finditer(text, clause.start, clause.end):
            if _DENIED.search(piece[0]) and not _NUMBER.search(piece[0]):
                found.append(Span(*piece.span()))
    return tuple(dict.fromkeys(found))
