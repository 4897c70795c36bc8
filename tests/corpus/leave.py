#!/usr/bin/env python3
"""Measures on voices never seen: learns from all files but the ones named, then reads those.

leave.py train/f,train/g [train/d,train/e …]: each group is left out together, which if anything understates the figure.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    for group in sys.argv[1:]:
        names = group.split(",")
        with tempfile.TemporaryDirectory() as folder:
            left = [part for name in names for part in ("--leave", name)]
            subprocess.run([sys.executable, str(HERE / "learn.py"), *left, "--out", folder], check=True, stdout=subprocess.DEVNULL)
            subprocess.run([sys.executable, str(HERE / "measure.py"), "--models", folder, *names], check=True)


if __name__ == "__main__":
    main()
