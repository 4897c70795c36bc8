"""Which rows of which files are in the archive already."""

from sqlmodel import col, select

from storage.models.imports import ImportedRow, ImportRun
from storage.repository import Repository


class Imports(Repository):
    async def run(self, file_hash: str) -> ImportRun | None:
        """The run of a file, begun or finished before."""
        found = await self.session.exec(select(ImportRun).where(col(ImportRun.file_hash) == file_hash))
        return found.first()

    async def done(self, run_id: int) -> dict[int, ImportedRow]:
        """The rows that are in the archive, by their number in the file."""
        found = await self.session.exec(select(ImportedRow).where(col(ImportedRow.run_id) == run_id))
        return {each.row_no: each for each in found}
