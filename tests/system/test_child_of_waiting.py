"""SIGTERM reaches a program whose connections its children use, as preforking servers do: it is told to wait for their
transactions, and what a child says meanwhile is held back. Once the program is dead its child, which goes on with the
connection, must be answered."""
import contextlib
import signal
import socket

import pytest

from support import wait
from support.dialer import Dialer
from support.pgwire import Wire, query

pytestmark = pytest.mark.pooled


class Family:
    """A program and two connections it has opened. The test has them, too, as its children would."""

    def __init__(self, dialer, postgres):
        self.dialer, self.process = dialer, dialer.process
        self.idle, self.busy = [Wire(dialer.connect(postgres.host, postgres.port, 10)).login() for _ in "bc"]

    def term(self):
        """Returns when the program has been told what to do about it."""
        self.process.send_signal(signal.SIGTERM)
        with socket.create_server(("127.0.0.1", 0)) as elsewhere:
            self.dialer.connect(*elsewhere.getsockname()).close()  # it comes to this after its signal


@pytest.fixture(params=["the only program", "one of two"])
def family(request, pool, postgres_trust):
    env = pool.env()
    with contextlib.ExitStack() as stack:
        if request.param == "one of two":
            other = stack.enter_context(Dialer(env))
            stack.enter_context(other.connect(postgres_trust.host, postgres_trust.port))
        made = Family(stack.enter_context(Dialer(env)), postgres_trust)
        yield made
        for wire in (made.idle, made.busy):
            wire.sock.close()


@pytest.mark.parametrize("end", ["its last transaction's end", "a kill"])
def test_what_a_child_said_while_its_parent_waited_is_answered(end, family):
    family.busy.ask("begin")
    family.term()
    assert family.process.poll() is None
    family.idle.send(query("select 'answer'"))
    family.busy.ask("select 'the broker has heard more'")
    assert not wait.is_readable(family.idle.sock), "it is held back"
    if end == "a kill":
        family.process.kill()
    else:
        family.busy.ask("commit")
    assert family.process.wait(10) == -(signal.SIGKILL if end == "a kill" else signal.SIGTERM)
    assert family.idle.rows() == [["answer"]]
    for wire in (family.idle, family.busy):
        assert wire.ask("select 'and on'") == [["and on"]]
