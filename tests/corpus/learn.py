#!/usr/bin/env python3
"""Learns the weights in config/models from the notes: taggers of phrases, linear classifiers, and the net.

    learn.py [--leave train/f …] [--out FOLDER] [--only facts deeds linear net]

`--leave` keeps a file out, so that the rest can be measured on voices never seen (scoreboard.py does that for each file).
Needs scikit-learn, torch and python-crfsuite; only the latter is needed at runtime.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE)]

import align  # noqa: E402
import examples  # noqa: E402
import lessons  # noqa: E402
from lessons import Lesson  # noqa: E402

from handlers.understanding.features import of_characters  # noqa: E402

PARTS = ("facts", "deeds", "linear", "net")
EPOCHS = 8


def learn_tagger(name: str, found: list[Lesson], out: Path) -> None:
    import pycrfsuite

    trainer = pycrfsuite.Trainer(verbose=False)
    for lesson in found:
        ids = {c["id"] for c in lesson.case["book"]}
        trainer.append(of_characters(lesson.scan), align.labels(lesson.scan.text, lesson.case["gold"], ids, name))
    trainer.set_params(
        {"c1": 0.8, "c2": 0.05, "max_iterations": 80, "feature.possible_transitions": True, "feature.minfreq": 4}
    )
    trainer.train(str(out / f"{name}.crfsuite"))


def learn_net(found: list[Lesson], out: Path) -> None:
    import net

    net.save(*net.learn(found, EPOCHS), out / "net.npz")


def learn_linear(name: str, rows: list[list[str]], answers: list[str], out: Path) -> None:
    """Logistic regression over features seen twice or more; small weights are dropped, the rest held in a byte each."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    vectors = CountVectorizer(analyzer=lambda row: set(row), min_df=2, binary=True)
    matrix = vectors.fit_transform(rows)
    model = LogisticRegression(
        C=0.04 if name == "goods" or name.startswith("clause") else 0.2 if name == "rival" else 1.0,
        max_iter=300,
        class_weight="balanced" if set(answers) == {"yes", "no"} else None,
    )
    model.fit(matrix, answers)
    weights, bias = model.coef_.T, model.intercept_
    if weights.shape[1] == 1:
        weights, bias = np.hstack([-weights / 2, weights / 2]), np.array([-bias[0] / 2, bias[0] / 2])
    save(out / f"{name}.npz", vectors.get_feature_names_out(), weights, bias, model.classes_)


def save(path: Path, names: Any, weights: Any, bias: Any, classes: Any) -> None:
    strongest = np.abs(weights).max(axis=1)
    keep = np.argsort(-strongest)[:9000]
    keep = keep[strongest[keep] > strongest.max() / 120]
    scale = np.abs(weights[keep]).max(axis=0) / 127
    packed = np.round(weights[keep] / scale).astype(np.int8)
    text = "\x00".join(names[k] for k in keep)
    np.savez_compressed(
        path,
        features=np.frombuffer(text.encode(), np.uint8),
        weights=packed,
        scale=scale.astype(np.float32),
        bias=bias.astype(np.float32),
        classes=np.frombuffer("\x00".join(classes).encode(), np.uint8),
    )


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--leave", action="append", default=[])
    options.add_argument("--out", type=Path, default=HERE.parents[1] / "config" / "models")
    options.add_argument("--only", nargs="*", default=PARTS, choices=PARTS)
    options.add_argument("--copies", type=int, default=lessons.COPIES)
    chosen = options.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    taggers = [name for name in ("facts", "deeds") if name in chosen.only]
    given, own = (
        list(lessons.of_files((f for f in names if f not in chosen.leave), chosen.copies))
        for names in (lessons.GIVEN, lessons.OWN)
    )
    for name in taggers:
        learn_tagger(name, given, chosen.out)  # with our own notes it reads no better: see docs/decisions/0015
    found = given + own
    if "linear" in chosen.only:
        for name, (rows, answers) in examples.rows([x for x in found if not x.varied]).items():
            learn_linear(name, rows, answers, chosen.out)
    if "net" in chosen.only:
        learn_net(found, chosen.out)


if __name__ == "__main__":
    main()
