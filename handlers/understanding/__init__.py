"""Reads notes: pure, offline, with evidence for whatever it says."""

import config.threads  # noqa: F401  before any module here loads numpy
