"""Lists of customers that were brought in from a file, so that one that was cut off goes on where it was."""

from datetime import datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from storage.models.columns import Moment


class ImportRun(SQLModel, table=True):
    """One file, told by the hash of its bytes: the same file is the same run, however often it is begun."""

    __tablename__ = "imports"

    id: int = Field(default=None, primary_key=True)
    file_hash: str = Field(unique=True)
    person_id: int = Field(foreign_key="people.id")
    rows: int
    started_at: datetime = Field(sa_type=Moment)
    finished_at: datetime | None = Field(default=None, sa_type=Moment)


class ImportedRow(SQLModel, table=True):
    """A row of a file that is in the archive: written in the transaction that put it there, once.

    `outcome` is made (a new file), joined (another person of a customer that is there) or filled
    (blanks of a customer that was there).
    """

    __tablename__ = "imported_rows"
    __table_args__ = (UniqueConstraint("run_id", "row_no"),)

    id: int = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="imports.id", index=True)
    row_no: int
    outcome: str
    customer_id: int = Field(foreign_key="customers.id")
