import config.threads  # noqa: F401  before any module here loads numpy
