"""A pool for each user, database and startup settings: who walks through more of them than there is room for needs each
for a moment only, and the one not used for longest goes."""
import pytest

POOLS = 1000  # PP_DATABASE_MAX in shim/broker/database.h


@pytest.mark.pooled
def test_one_after_the_other_there_may_be_more_than_there_is_room_for(raw, postgres_trust):
    stays = raw(IDLE_TIMEOUT="1s").login(options="-c app.n=stays")
    for n in range(POOLS + 20):
        wire = raw().login(options=f"-c app.n={n}")
        assert wire.ask("show app.n") == [[str(n)]]
        wire.bye()
    assert stays.ask("show app.n") == [["stays"]]
