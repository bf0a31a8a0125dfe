"""The network between pod and database is gone without a word: what was under way is not waited for for ever."""
import pathlib
import re
import signal

import pytest

from box import Box
from network import Wire, wait_for_wire
from support import pg

HERE = pathlib.Path(__file__).parent
PYTHON = "/usr/bin/python3"


@pytest.mark.pooled
def test_a_server_that_is_silent_is_lost_in_a_minute_and_the_pool_goes_on(installed):
    with pg.Postgres.start(settings={"listen_addresses": "*"}) as postgres:
        with open(postgres.datadir / "pg_hba.conf", "a") as hba:
            hba.write("host all all 10.213.0.0/16 trust\n")
        postgres.psql("select pg_reload_conf()")
        env = {"LD_PRELOAD": str(installed / "lib/libpodpool.so"), "PODPOOL_TARGETS": f"*:{postgres.port}",
               "PODPOOL_WAIT_TIMEOUT": "20s", "MALLOC_ARENA_MAX": "2"}
        program = wait_for_wire(PYTHON, "-u", HERE / "waiting.py", f"port={postgres.port} user=postgres dbname=postgres")
        with Box(program, net=True, env=env) as box, Wire(box) as wire:
            box.wait_output("ready", 40)
            wire.cut()
            box.signal(signal.SIGUSR1)
            box.wait_output("executing lost", 90)
            box.wait_output("asking lost", 30)
            wire.mend()
            box.signal(signal.SIGUSR1)
            box.wait_output("idle ('works',)", 20)
            print(box.output())
            seconds = {name: float(s) for name, s in re.findall(r"(\w+) lost after ([\d.]+)", box.output())}
    assert 50 < seconds["executing"] < 75 and 55 < seconds["asking"] < 75, seconds
