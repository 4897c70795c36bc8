"""Learns the net: convolutions over the states of LAC's network, and a small head for every question.

One net answers everything that is asked of a note: the labels of its characters and the classifiers' questions.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from align import TAGS, labels
from examples import Asked, asked
from lessons import Lesson
from torch import nn
from torch.nn.functional import cross_entropy

from handlers.understanding import net as reading
from handlers.understanding.normalise import plain

SKIPPED = ("rival", "goods", "clause-action")
"""Questions about candidates of which most are none: the labels of characters answer them."""
UNITS, BATCH, DROPPED = 96, 24, 0.3
WEIGHTS = {"facts": 6.0, "deeds": 4.0}

Question = tuple[str, tuple[tuple[int, int], ...], int]


@dataclass(slots=True)
class Sample:
    """One lesson in numbers: what the net sees, labels for each tagger, and (question, parts, number of the answer)."""

    seen: np.ndarray
    labels: dict[str, np.ndarray]
    asked: list[Question]


class Net(nn.Module):
    """`FAR` layers that look at neighbours, each farther off than the one before."""

    def __init__(self, answers: dict[str, list[str]], width: int) -> None:
        super().__init__()
        self.mix = nn.Linear(width, UNITS)
        self.layers = nn.ModuleList(nn.Conv1d(UNITS, UNITS, 3, padding=far, dilation=far) for far in reading.FAR)
        self.taggers = nn.ModuleDict({name: nn.Linear(UNITS, len(tags)) for name, tags in TAGS.items()})
        self.heads = nn.ModuleDict({name: nn.Linear(5 * UNITS, len(found)) for name, found in answers.items()})
        self.drop = nn.Dropout(DROPPED)

    def forward(self, seen: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        x = self.drop(torch.relu(self.mix(self.drop(seen)))) * real
        for layer in self.layers:
            x = (x + self.drop(torch.relu(layer(x.transpose(1, 2)).transpose(1, 2)))) * real
        return x


def summary(states: torch.Tensor, real: torch.Tensor, rows: torch.Tensor, parts: torch.Tensor) -> torch.Tensor:
    """Of each question: the mean and the greatest of its parts, what stands on both sides, the greatest of the note."""
    inside, of = parts.unsqueeze(2), states[rows]
    mean = (of * inside).sum(1) / inside.sum(1)
    most = of.masked_fill(inside == 0, -9.0).max(1).values
    whole = states.masked_fill(real == 0, -9.0).max(1).values[rows]
    edge = nn.functional.pad(of, (0, 0, 1, 1))
    place = torch.arange(states.shape[1])
    first = torch.where(parts > 0, place, 10_000).min(1).values
    last = torch.where(parts > 0, place, -1).max(1).values + 2
    number = torch.arange(len(rows))
    return torch.cat([mean, most, edge[number, first], edge[number, last], whole], 1)


# -- lessons in numbers ----------------------------------------------------------------------------


def samples(found: Sequence[Lesson]) -> tuple[list[Sample], dict[str, list[str]]]:
    raw = [(x, [q for q in asked(x.scan, x.case) if q.name not in SKIPPED]) for x in found]
    seen: dict[str, Counter[str]] = {}
    for _, questions in raw:
        for q in questions:
            seen.setdefault(q.name, Counter())[q.answer] += 1
    answers = {name: sorted(counts) for name, counts in sorted(seen.items())}
    return [sample(x, questions, answers) for x, questions in raw], answers


def sample(lesson: Lesson, questions: list[Asked], answers: dict[str, list[str]]) -> Sample:
    scan, gold = lesson.scan, lesson.case["gold"]
    ids = {c["id"] for c in lesson.case["book"]}
    seen = reading.seen(plain(scan.text), scan.masks).astype(np.float16)
    tagged = {
        name: np.array([tags.index(t) for t in labels(scan.text, gold, ids, name)[: len(seen)]], np.int64)
        for name, tags in TAGS.items()
    }
    mine = [(q.name, q.parts, answers[q.name].index(q.answer)) for q in questions if q.parts[0][0] < len(seen)]
    return Sample(seen, tagged, mine)


def batches(found: list[Sample], chance: random.Random) -> Iterator[list[Sample]]:
    """Samples of like length together, in random order."""
    order = sorted(found, key=lambda s: len(s.seen) + chance.random() * 20)
    groups = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
    chance.shuffle(groups)
    yield from groups


def padded(group: list[Sample], pick: Callable[[Sample], np.ndarray], fill: float) -> torch.Tensor:
    longest = max(len(s.seen) for s in group)
    first = pick(group[0])
    out = np.full((len(group), longest, *first.shape[1:]), fill, np.float32 if first.dtype == np.float16 else first.dtype)
    for row, item in enumerate(group):
        values = pick(item)
        out[row, : len(values)] = values
    return torch.from_numpy(out)


def questions(group: list[Sample]) -> dict[str, tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Of each head: the rows of its questions, masks of their parts, and the answers."""
    longest = max(len(s.seen) for s in group)
    out: dict[str, tuple[list[int], list[np.ndarray], list[int]]] = {}
    for row, item in enumerate(group):
        for name, parts, answer in item.asked:
            mask = np.zeros(longest, np.float32)
            for start, end in parts:
                mask[start:end] = 1
            rows, masks, wanted = out.setdefault(name, ([], [], []))
            rows.append(row)
            masks.append(mask)
            wanted.append(answer)
    return {n: (torch.tensor(r), torch.from_numpy(np.stack(m)), torch.tensor(a)) for n, (r, m, a) in out.items()}


# -- learning --------------------------------------------------------------------------------------


def states_of(net: Net, group: list[Sample]) -> tuple[torch.Tensor, torch.Tensor]:
    real = padded(group, lambda s: np.ones((len(s.seen), 1), np.float32), 0)
    return net(padded(group, lambda s: s.seen, 0), real), real


def loss_of(net: Net, group: list[Sample]) -> torch.Tensor:
    states, real = states_of(net, group)
    total = torch.zeros(())
    for name, layer in net.taggers.items():
        wanted = padded(group, lambda s, n=name: s.labels[n], -100)
        total = total + WEIGHTS[name] * cross_entropy(layer(states).flatten(0, 1), wanted.flatten(), ignore_index=-100)
    for name, (rows, parts, answers) in questions(group).items():
        found = net.heads[name](net.drop(summary(states, real, rows, parts)))
        total = total + 0.5 * cross_entropy(found, answers, reduction="sum", label_smoothing=0.05) / len(group)
    return total


def learn(found: Sequence[Lesson], epochs: int, seed: int = 1) -> tuple[Net, dict[str, list[str]]]:
    torch.manual_seed(seed)
    chance = random.Random(seed)
    data, answers = samples(found)
    net = Net(answers, data[0].seen.shape[1])
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.02)
    steps = epochs * (len(data) // BATCH + 1)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps + 1, pct_start=0.15)
    for epoch in range(epochs):
        begun, spent = time.process_time(), 0.0
        for group in batches(data, chance):
            loss = loss_of(net, group)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 2.0)
            optimiser.step()
            plan.step()
            spent += float(loss.detach())
        print(f"epoch {epoch} loss {spent / len(data) * BATCH:.3f} {time.process_time() - begun:.1f} s", flush=True)
    net.eval()
    return net, answers


def save(net: Net, answers: dict[str, list[str]], path: Path) -> None:
    """Weights in half precision, those of a layer as one matrix over what stands before, at and behind a character."""
    held = {name: value.detach().numpy() for name, value in net.state_dict().items()}
    for number in range(len(reading.FAR)):
        name = f"layers.{number}.weight"
        held[name] = held[name].transpose(2, 1, 0).reshape(3 * UNITS, UNITS)
    named = {**TAGS, **answers}
    told = {f"of {name}": np.frombuffer("\x00".join(found).encode(), np.uint8) for name, found in named.items()}
    np.savez_compressed(path, **{name: value.astype(np.float16) for name, value in held.items()}, **told)
