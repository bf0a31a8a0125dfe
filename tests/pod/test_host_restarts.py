"""The database's host restarts, or a firewall forgets: the connections that the pod still has are nobody's any more, and
whoever says something on one of them hears a reset."""
import contextlib
import time

import pytest

from box import Box
from container import Container
from network import Wire
from support import wait

pytestmark = pytest.mark.pooled


@pytest.fixture
def pod(volume, far_postgres, installed):
    """(the pod's program, the wire to the host)"""
    far_postgres.psql("drop table if exists written; create table written (who text)")
    with contextlib.ExitStack() as stack:
        sandbox = stack.enter_context(Box(["/bin/sleep", "60"], net=True))
        wire = stack.enter_context(Wire(sandbox))
        a = stack.enter_context(Container(volume, far_postgres, installed, "pod", net=sandbox, host=wire.host))
        yield a, wire


def restart(wire, postgres):
    """Takes longer than a moment."""
    time.sleep(1.1)
    wire.restart_host()
    wait.until(lambda: postgres.psql(f"select 1 from pg_stat_activity where client_addr = '{wire.pod}'") == "",
               "the host knows nobody")


def test_idle_sessions_notice_nothing(pod, far_postgres):
    a, wire = pod
    names = [a.connected(f"session{number}") for number in range(6)]
    for verb in "begin", "commit":
        for name in names[:4]:
            a("ask", name, verb)
    assert a.status()["totals"]["idle"] == 4, "four servers, and none of them knows"
    restart(wire, far_postgres)
    a("start", names[5], "insert into written values ('at the same time') returning 1")
    for name in names[:5]:
        assert a("ask", name, f"insert into written values ('{name}') returning 1") == [[1]]
    assert a("heard", names[5]) == [[1]]
    assert far_postgres.psql("select count(*), count(distinct who) from written") == "6|6"


def test_a_session_in_the_midst_of_its_work_has_lost_its_server(pod, far_postgres):
    a, wire = pod
    a("ask", a.connected("within"), "begin; insert into written values ('within')")
    restart(wire, far_postgres)
    heard = a("ask", "within", "commit")
    assert heard["error"] and heard["sqlstate"] is None
    a.connected("next")
    assert far_postgres.psql("select count(*) from written") == "0"
