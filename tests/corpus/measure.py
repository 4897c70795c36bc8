#!/usr/bin/env python3
"""Scores the reader on files of the corpus: measure.py [--models FOLDER] dev train/a … [--worst N]"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1])]

from handlers.understanding import words  # noqa: E402
from handlers.understanding.corpus import parse_stream  # noqa: E402


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("files", nargs="*")
    options.add_argument("--models", type=Path)
    options.add_argument("--worst", type=int, default=0)
    options.add_argument("--fields", action="store_true")
    chosen = options.parse_args()
    if chosen.models:
        words.MODELS = chosen.models
    for name in chosen.files:
        cases = HERE / f"{name}.jsonl"
        begun = time.perf_counter()
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as out:
            out.writelines(
                line + "\n" for line in parse_stream(cases.read_text(encoding="utf-8").splitlines())
            )
            out.flush()
            spent = time.perf_counter() - begun
            command = [sys.executable, str(HERE / "score.py"), str(cases), out.name]
            if chosen.worst or chosen.fields:
                print(
                    subprocess.run(
                        [*command, "--worst", str(chosen.worst)], capture_output=True, text=True, check=True
                    ).stdout
                )
            found = json.loads(
                subprocess.run([*command, "--json"], capture_output=True, text=True, check=True).stdout
            )
        print(
            f"{name}: mean F1 {found['mean_f1']:.3f}, clean notes {found['clean']:.3f} ({spent:.1f} s)",
            flush=True,
        )


if __name__ == "__main__":
    main()
