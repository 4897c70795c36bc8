"""A company lives for a while, by the real scheduler, worker and sender: nothing forbidden happens."""

from pathlib import Path

from storage.models.dormancy import Silence
from tests.extent import many
from tests.stories import quarter
from tests.stories.conftest import started

DAYS = many(6, quarter.DAYS)


async def test_the_ladder_climbs_and_nobody_is_pestered(tmp_path: Path) -> None:
    async with started(tmp_path, quarter.read) as (app, clock):
        lived = await quarter.live(quarter.Company(app, clock), DAYS)
        assert await quarter.faults(lived) == []
        rungs = quarter.climbed(await lived.world.rows(Silence))
    assert {"notice", "silent", "sleeping"} <= set(rungs)
    assert len(lived.unasked()) > DAYS * quarter.REPS / 2  # otherwise nobody was spoken to at all
    assert set(lived.taps) >= {"联系过了", "排一次"}
