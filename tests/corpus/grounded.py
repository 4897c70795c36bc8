#!/usr/bin/env python3
"""What grounding loses of right answers: grounded.py dev train/a … [--list]

A careful assistant answers each case; whatever of its gold answer is missing afterwards is a loss.
"""

import argparse
import json
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE)]

from score import dice, items  # noqa: E402

from handlers.understanding.corpus import as_prediction, known_of  # noqa: E402
from handlers.understanding.grounding.answer import parse  # noqa: E402
from handlers.understanding.grounding.ground import note_of  # noqa: E402
from handlers.understanding.grounding.question import ask  # noqa: E402
from handlers.understanding.reader import read  # noqa: E402
from tests.fakes.careful import Careful  # noqa: E402


def predicted(case: dict[str, Any]) -> dict[str, Any]:
    known, at = known_of(case["book"]), datetime.fromisoformat(case["now"])
    question = ask(case["text"], at, known)
    keys = {customer.id: key for key, customer in question.keys.items()}
    told = Careful(case, question.masked.text, question.masked.hidden, keys).answer()
    builtin = read(case["text"], at, known)
    note = note_of(question.page, question.keys, parse(json.dumps(told, ensure_ascii=False), question.masked.back), builtin)
    return as_prediction(note or builtin)


def losses(gold: dict[str, Any], got: dict[str, Any]) -> list[tuple[str, Any, list[Any]]]:
    """(field, what was lost, what stands there) of everything right that is missing, and everything that was added."""
    (ge, gl), (pe, pl) = items(gold), items(got)
    out: list[tuple[str, Any, list[Any]]] = []
    for field in sorted(set(ge) | set(pe)):
        a, b = Counter(map(repr, ge[field])), Counter(map(repr, pe[field]))
        out += [(field, each, list((b - a).elements())) for each in (a - b).elements()]
        if a <= b:
            out += [(f"+{field}", each, []) for each in (b - a).elements()]
    for field in sorted(set(gl) | set(pl)):
        left = list(pl[field])
        for anchor, phrase in gl[field]:
            hit = next((i for i, (x, p) in enumerate(left) if x == anchor and dice(phrase, p) >= 0.5), None)
            if hit is None:
                out.append((field, (anchor, phrase), left))
            else:
                left.pop(hit)
    return out


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("files", nargs="+")
    options.add_argument("--list", action="store_true")
    chosen = options.parse_args()
    for name in chosen.files:
        cases = [json.loads(line) for line in (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
        lost: Counter[str] = Counter()
        right = 0
        for case in cases:
            found = losses(case["gold"], predicted(case))
            ge, gl = items(case["gold"])
            right += sum(map(len, ge.values())) + sum(map(len, gl.values()))
            lost.update(field for field, *_ in found)
            if chosen.list and found:
                print(f"--- {case['id']} {case['now'][:10]} {case['text']}")
                for each in found:
                    print("   ", *each)
        print(f"{name}: {sum(lost.values())} of {right} lost in {len(cases)} notes", dict(lost), flush=True)


if __name__ == "__main__":
    main()
