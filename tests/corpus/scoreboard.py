#!/usr/bin/env python3
"""Measures on voices never seen and writes docs/reference/reading.md: each file is read by models that learnt from all others.

    scoreboard.py [--keep FOLDER] [--together train/f,train/g …] [FILE …]

`--keep` holds the models of each fold, so that a run that was broken off goes on, and a change of rules alone is measured
in minutes. `--together` leaves several files out at once: quicker, and if anything too low.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "reference" / "reading.md"
FILES = ("dev", *(f"train/{name}" for name in "abcdefg"))
sys.path[:0] = [str(HERE)]

import score  # noqa: E402

CHANNELS = ("text", "voice", "both")


def read(name: str, models: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The cases of a file and what a reader with `models` makes of them."""
    command = [sys.executable, str(HERE / "predict.py"), str(models)]
    told = (HERE / f"{name}.jsonl").read_text(encoding="utf-8")
    out = subprocess.run(command, input=told, capture_output=True, text=True, check=True).stdout
    cases = [json.loads(line) for line in told.splitlines() if line.strip()]
    return list(zip(cases, map(json.loads, out.splitlines()), strict=True))


def learn(left: Iterable[str], models: Path) -> None:
    if not (models / "done").exists():
        options = [part for name in left for part in ("--leave", name)]
        subprocess.run([sys.executable, str(HERE / "learn.py"), *options, "--out", str(models)], check=True)
        (models / "done").touch()


def figures(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, float]:
    """F1 of every field of which the answers hold anything, their mean, and the share of clean notes."""
    hit, wanted, given = Counter[str](), Counter[str](), Counter[str]()
    clean = 0
    for case, found in pairs:
        (want, want_loose), (got, got_loose) = score.items(case["gold"]), score.items(found)
        wrong = set()
        for field in {*want, *got}:
            a, b = Counter(map(repr, want[field])), Counter(map(repr, got[field]))
            hit[field] += (a & b).total()
            wrong |= {field} if a != b else set()
        for field in {*want_loose, *got_loose}:
            hit[field] += score.match_loose(want_loose[field], got_loose[field])
        for held, counts in ((want, wanted), (want_loose, wanted), (got, given), (got_loose, given)):
            counts.update({field: len(values) for field, values in held.items()})
        clean += not wrong & score.KEY_FIELDS
    f1 = {field: 2 * hit[field] / (wanted[field] + given[field]) for field in sorted(wanted) if wanted[field]}
    return {**f1, "mean F1": sum(f1.values()) / len(f1), "clean": clean / len(pairs)}


def table(found: dict[str, dict[str, dict[str, float]]]) -> str:
    """Rows: fields; columns: files, then the mean over them for text, voice and both."""
    names = list(found)
    fields = [*dict.fromkeys(f for by in found.values() for f in by["both"] if f not in ("mean F1", "clean"))]
    lines = [f"| field | {' | '.join(names)} | text | voice | mean |", "|---" * (len(names) + 4) + "|"]
    for field in ["mean F1", "clean", *sorted(fields)]:
        cells = [found[name]["both"].get(field) for name in names]
        means = []
        for channel in CHANNELS:
            known = [by[channel][field] for by in found.values() if field in by[channel]]
            means.append(sum(known) / len(known) if known else None)
        lines.append(f"| {field} | {' | '.join('–' if c is None else f'{c:.3f}' for c in [*cells, *means])} |")
    return "\n".join(lines)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("files", nargs="*", default=FILES)
    options.add_argument("--keep", type=Path)
    options.add_argument("--together", nargs="*", default=[])
    options.add_argument("--page", type=Path, default=PAGE)
    chosen = options.parse_args()
    groups = [group.split(",") for group in chosen.together] or [[name] for name in chosen.files]
    found: dict[str, dict[str, dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for group in groups:
            models = (chosen.keep or Path(folder)) / "+".join(group).replace("/", "-")
            learn(group, models)
            for name in group:
                by: dict[str, list[Any]] = defaultdict(list)
                for pair in read(name, models):
                    by[pair[0]["channel"]].append(pair)
                by["both"] = [*by["text"], *by["voice"]]
                found[name] = {channel: figures(by[channel]) for channel in CHANNELS}
                both = found[name]["both"]
                print(f"{name}: mean F1 {both['mean F1']:.3f}, clean notes {both['clean']:.3f}", flush=True)
    write(chosen.page, found, groups)


def write(page: Path, found: dict[str, dict[str, dict[str, float]]], groups: list[list[str]]) -> None:
    held = page.read_text(encoding="utf-8").split("## Figures")[0] if page.exists() else "# Reading, measured\n\n"
    how = "each file" if all(len(group) == 1 for group in groups) else " and ".join("+".join(g) for g in groups)
    today = date.today().isoformat()  # noqa: DTZ011  a day on a page
    told = f"## Figures\n\nMeasured on {today} with `python tests/corpus/scoreboard.py`, leaving out {how}.\n\n"
    page.write_text(held + told + table(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
