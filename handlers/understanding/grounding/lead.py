"""A reading that a model leads: its answer grounded in the note, the built-in reading beside it."""

from handlers.understanding.grounding import answer, doubts, ground
from handlers.understanding.grounding.question import Question
from handlers.understanding.note import Note


def lead(question: Question, told: str, builtin: Note) -> Note:
    """What the model's words come to in the note; the built-in reading where nothing of them is in it.

    Raises `answer.NoAnswer` where they are no answer.
    """
    said = answer.parse(told, question.masked.back)
    note = ground.note_of(question.page, question.keys, said, builtin)
    return doubts.beside(note, builtin) if note is not None else builtin
