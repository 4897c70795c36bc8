"""What a new process needs until its first note is read: python -m tests.bench.first CUSTOMERS"""

import json
import sys
import time
from datetime import datetime

begun = time.perf_counter()

from handlers.understanding.reader import read  # noqa: E402
from tests.bench import reading  # noqa: E402


def main() -> None:
    cases = reading.notes()
    loaded = time.perf_counter()
    known = reading.book(int(sys.argv[1]), cases)
    paused = time.perf_counter() - loaded  # the made-up book is not the reader's doing
    read(cases[0]["text"], datetime.fromisoformat(cases[0]["now"]), known)
    seconds = time.perf_counter() - begun - paused
    print(json.dumps({"seconds": seconds, "busy": time.process_time(), "megabytes": reading.megabytes()}))


if __name__ == "__main__":
    main()
