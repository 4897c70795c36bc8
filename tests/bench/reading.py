"""How long reading one note takes, with a rep's book and with a whole company's, and what starting costs."""

import itertools
import json
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from bot import memory
from handlers.understanding.corpus import known_of
from handlers.understanding.note import Known, KnownContact, KnownCustomer
from handlers.understanding.reader import read
from tests.bench.figures import Measured, percentile

CORPUS = Path(__file__).parents[1] / "corpus"
LENGTHS = range(72, 89)
"""Of the notes that are read: about 80 characters."""
BOOKS = {300: 10.0, 20_000: 25.0}
"""Customers in the book, and the most milliseconds that the median may take."""
P99_MS = {300: 40.0}
START_S = 2.0
MEMORY_MB = 300.0


def notes() -> list[dict[str, Any]]:
    lines = (CORPUS / "dev.jsonl").read_text("utf-8").splitlines()
    return [case for case in map(json.loads, lines) if len(case["text"]) in LENGTHS]


def book(size: int, cases: Iterable[dict[str, Any]]) -> Known:
    """The customers of the notes, and made-up ones; two contacts each."""
    own = {c.name: c for case in cases for c in known_of(case["book"]).customers}
    known = [*own.values(), *itertools.islice(made_up(random.Random(7)), size - len(own))]
    return Known(
        tuple(KnownCustomer(str(n), c.name, c.aliases, c.contacts) for n, c in enumerate(known, start=1))
    )


def made_up(dice: random.Random) -> Iterator[KnownCustomer]:
    signs = "鼎嘉晟宏启瑞德金盛永昌恒泰兴利达康源佳新力诚信和丰海江川云山石林木火光星辰宇航飞腾龙凤麒祥福喜宝"
    trades = ["机械", "塑胶", "包装", "纺织", "机电", "五金", "电子", "食品", "模具", "医药", "建材", "印刷"]
    places = ["苏州", "东莞市", "佛山", "无锡", "常州", "南京", "杭州", "宁波", "青岛", "合肥"]
    while True:
        core = "".join(dice.sample(signs, dice.choice((2, 3)))) + dice.choice(trades)
        people = tuple(KnownContact(person(dice), dice.choice((None, "采购经理", "老板"))) for _ in range(2))
        yield KnownCustomer("", f"{dice.choice(places)}{core}有限公司", (core,), people)


def person(dice: random.Random) -> str:
    given = dice.sample("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英", dice.choice((1, 2)))
    return dice.choice("张王李赵刘陈杨黄周吴徐孙马朱胡郭何高林罗") + "".join(given)


def measure(size: int, slices: int) -> tuple[Measured, Measured]:
    """Elapsed and processor time of each note, once a slice; the first, untimed round arranges the book."""
    cases = notes()
    memory.settle()  # as the program does once it has started
    known = book(size, cases)
    elapsed, spent = Measured(f"{size:,} customers"), Measured("  processor time")
    for number in range(slices + 1):
        rounds = [once(case, known) for case in cases]
        if number:
            elapsed.slices.append([each for each, _ in rounds])
            spent.slices.append([each for _, each in rounds])
    return elapsed, spent


def once(case: dict[str, Any], known: Known) -> tuple[float, float]:
    at = datetime.fromisoformat(case["now"])
    begun, busy = time.perf_counter(), time.thread_time()
    read(case["text"], at, known)
    return (time.perf_counter() - begun) * 1000, (time.thread_time() - busy) * 1000


def start(size: int) -> dict[str, float]:
    """Seconds until a new process has read its first note, and the megabytes that it holds then."""
    command = [sys.executable, "-m", "tests.bench.first", str(size)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return dict(json.loads(told))


def report(slices: int) -> None:
    print("\nreading a note of about 80 characters")
    for size, most in BOOKS.items():
        elapsed, spent = measure(size, slices)
        print(elapsed.told(), spent.told(), sep="\n")
        verdict("median", statistics.median(elapsed.all), most, "ms")
        if size in P99_MS:
            verdict("p99", percentile(elapsed.all, 99), P99_MS[size], "ms")
    for size in BOOKS:
        found = start(size)
        print(f"start with {size:,} customers: processor time {found['busy']:.2f} s")
        verdict("import and first note", found["seconds"], START_S, "s")
        verdict("memory then", found["megabytes"], MEMORY_MB, "MB")


def verdict(name: str, value: float, most: float, unit: str) -> None:
    print(f"  {name} {value:.2f} {unit}, target {most:g} {unit}: {'met' if value <= most else 'NOT met'}")


def megabytes() -> float:
    """What this process holds now, where Linux tells it; elsewhere, what it held at most."""
    status = Path("/proc/self/status")
    if status.exists():
        held = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(held.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
