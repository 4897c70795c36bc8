"""How a command ends early: one line for the operator and an exit status, never a traceback."""

WRONG_USE = 2
FAULTS = 1


class Stop(Exception):
    """Ends the command. `status` 2: wrong usage or configuration; 1: the work found faults."""

    def __init__(self, line: str, status: int = WRONG_USE) -> None:
        super().__init__(line)
        self.line = line
        self.status = status
