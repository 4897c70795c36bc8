"""A program that says what its environment holds."""

import os
import sys

sys.stdout.write(repr(dict(os.environ)))
