"""The note corpus that travels with the project, read by the committed weights."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from handlers.understanding.corpus import parse_stream

CORPUS = Path(__file__).resolve().parents[2] / "corpus"


def test_the_development_notes_reach_the_agreed_figure(tmp_path: Path) -> None:
    cases = CORPUS / "dev.jsonl"
    out = tmp_path / "predicted.jsonl"
    out.write_text(
        "".join(f"{line}\n" for line in parse_stream(cases.read_text("utf-8").splitlines())), "utf-8"
    )
    command = [sys.executable, str(CORPUS / "score.py"), str(cases), str(out), "--json"]
    figures = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert figures["mean_f1"] >= 0.60


def test_gold_is_never_looked_at() -> None:
    lines = (CORPUS / "dev.jsonl").read_text("utf-8").splitlines()[:12]
    blind = [
        json.dumps({k: v for k, v in json.loads(line).items() if k != "gold"}, ensure_ascii=False)
        for line in lines
    ]
    assert list(parse_stream(lines)) == list(parse_stream(blind))


def test_order_and_ids_are_kept() -> None:
    lines = (CORPUS / "dev.jsonl").read_text("utf-8").splitlines()[:5]
    assert [json.loads(x)["id"] for x in parse_stream(lines)] == [json.loads(x)["id"] for x in lines]


@pytest.mark.parametrize(
    "bad",
    ["no json", "[1, 2]", "42", '{"id": "x"}', '{"id": "x", "now": "never", "text": "你好", "book": []}'],
)
def test_a_line_that_is_no_case_is_named(bad: str) -> None:
    good = (CORPUS / "dev.jsonl").read_text("utf-8").splitlines()[0]
    with pytest.raises(ValueError, match="line 2"):
        list(parse_stream([good, bad]))
