"""A server that answers nonsense: its client gets an answer or a close in good time, everybody else lives on."""
import struct

import pytest

import fakepg
from support import pgwire, wait
from support.dialer import Dialer
from support.pgwire import Wire, msg

EVIL = "select 'evil'"
NOTHING_FOLLOWS = {  # the answer to EVIL; None of these may be waited out by the program
    "letters": b"Once upon a midnight dreary, while I pondered, weak and weary",
    "zeros": b"\0" * 200,
    "ones": b"\xff" * 200,
    "unknown-letter": msg(b"q", b"what?") + fakepg.READY,
    "length-three": b"D\0\0\0\3" + fakepg.READY,
    "length-negative": b"D\xff\xff\xff\xff" + fakepg.READY,
    "ready-with-odd-status": msg(b"Z", b"?"),
    "ready-of-no-length": msg(b"Z"),
    "ready-too-long": msg(b"Z", b"III"),
    "answer-and-one-ready-too-many": fakepg.ANSWER + fakepg.READY,
    "two-answers": fakepg.ANSWER + fakepg.ANSWER,
    "client-message": pgwire.query("select 1") + fakepg.READY,
    "password-request": msg(b"R", struct.pack("!i", 3)),
    "copy-in-out-of-the-blue": msg(b"G", b"\0\0\0") + fakepg.READY,
    "parse-complete": msg(b"1") + msg(b"2") + fakepg.READY,
    "row-before-description": fakepg.ROW + fakepg.READY,
    "error-without-sqlstate": msg(b"E", b"SERROR\0Moops\0\0") + fakepg.READY,
    "error-without-end": msg(b"E", b"SERROR\0C42601\0Moops") + fakepg.READY,
    "error-empty": msg(b"E") + fakepg.READY,
    "setting-without-value": msg(b"S", b"TimeZone\0") + fakepg.ANSWER,
    "setting-without-end": msg(b"S", b"TimeZone") + fakepg.ANSWER,
    "setting-of-nothing": msg(b"S") + fakepg.ANSWER,
    "settings-without-end": b"".join(msg(b"S", pgwire.text(f"my.setting{n}", "x" * 100)) for n in range(20000)) +
    fakepg.ANSWER,
    "second-key": msg(b"K", b"\0" * 8) + fakepg.ANSWER,
    "transaction-nobody-began": fakepg.ANSWER[:-1] + b"T",
    "failed-transaction-nobody-began": fakepg.ANSWER[:-1] + b"E",
}
CUT_OFF = {  # then the server closes
    "nothing": b"",
    "one-letter": b"S",
    "half-header": b"D\0\0",
    "half-row": fakepg.ROW_DESCRIPTION + fakepg.ROW[:-2],
    "huge-length": b"D\x7f\xff\xff\xff" + b"x" * 1000,
    "fatal": msg(b"E", b"SFATAL\0C57P01\0Mterminating connection\0\0"),
    "answer-then-close": fakepg.ANSWER,
}


@pytest.fixture
def hostile(pool, postgres_trust):
    """hostile(fake) -> (open a raw connection to the fake, open one to the real database)."""
    dialers = []

    def start(fake, **settings):
        env = pool.env(TARGETS=f"*:{postgres_trust.port},*:{fake.port}", WAIT_TIMEOUT="3s", **settings)
        dialers.append(Dialer(env))
        return [lambda to=to: Wire(dialers[0].connect(to.host, to.port, timeout=15)) for to in (fake, postgres_trust)]

    yield start
    for dialer in dialers:
        dialer.__exit__()


def unharmed(pool, fake_wire, real_wire, neighbour):
    """The neighbour keeps its transaction, both destinations take new clients, the broker is the same one."""
    assert neighbour.ask("select 1") == [["1"]]
    neighbour.ask("commit")
    assert real_wire().login().ask("select 2") == [["2"]]
    if fake_wire:
        assert fake_wire().login().ask("select 'good'") == [["yes"]]
    if pool.pooled:
        assert pool.broker_pid == pool.first_pid


@pytest.mark.parametrize("name", [*NOTHING_FOLLOWS, *CUT_OFF])
def test_nonsense_for_an_answer(name, pool, hostile):
    answer = {**NOTHING_FOLLOWS, **CUT_OFF}[name]
    with fakepg.FakePg({EVIL: answer}, hang_up_after=[EVIL] if name in CUT_OFF else ()) as fake:
        to_fake, to_real = hostile(fake)
        neighbour = to_real().login()
        neighbour.ask("begin")
        victim = to_fake().login()
        victim.send(pgwire.query(EVIL))
        if pool.pooled:
            heard = victim.until(b"Z")  # a whole answer or the end, before the socket's timeout
            if name in CUT_OFF and name != "answer-then-close":
                assert not heard or heard[-1][0] != b"Z", "nobody said that the query has ended"
        victim.sock.close()
        unharmed(pool, to_fake, to_real, neighbour)


def test_answer_cut_at_every_byte(pool, hostile):
    answers = {f"cut {n}": fakepg.ANSWER[:n] for n in range(len(fakepg.ANSWER))}
    with fakepg.FakePg(answers, hang_up_after=answers) as fake:
        to_fake, to_real = hostile(fake)
        neighbour = to_real().login()
        neighbour.ask("begin")
        for sql in answers:
            victim = to_fake().login()
            victim.send(pgwire.query(sql))
            letters = [letter for letter, _ in victim.until(b"Z")]
            assert b"Z" not in letters, "nobody said that the query has ended"
            victim.sock.close()
        unharmed(pool, to_fake, to_real, neighbour)


LOGINS = {
    "letters": b"Once upon a midnight dreary",
    "zeros": b"\0" * 100,
    "closes": b"",
    "error": msg(b"E", b"SFATAL\0C3D000\0Mdatabase \"app\" does not exist\0\0"),
    "error-without-sqlstate": msg(b"E", b"SFATAL\0Moops\0\0"),
    "error-in-old-words": b"Eoops, no fork\n\0",
    "unknown-authentication": msg(b"R", struct.pack("!i", 99)),
    "no-settings": msg(b"R", struct.pack("!i", 0)) + fakepg.READY,
    "ready-in-a-transaction": fakepg.LOGGED_IN[:-1] + b"T",
    "half": fakepg.LOGGED_IN[:50],
    "huge-setting": msg(b"R", struct.pack("!i", 0)) + msg(b"S", pgwire.text("x", "y" * 100000)) + fakepg.READY,
}


@pytest.mark.pooled
@pytest.mark.parametrize("name", LOGINS)
def test_nonsense_at_login(name, pool, hostile):
    with fakepg.FakePg(login=LOGINS[name]) as fake:
        to_fake, to_real = hostile(fake)
        neighbour = to_real().login()
        neighbour.ask("begin")
        victim = to_fake()
        victim.send(pgwire.startup())
        heard = victim.until(b"Z", b"E")
        if heard and heard[-1][0] == b"E":
            error = pgwire.fields(heard[-1][1])
            assert error["S"] == "FATAL" and len(error["C"]) == 5, error
            if name == "error":
                assert (error["C"], error["M"]) == ("3D000", 'database "app" does not exist')
        victim.sock.close()
        unharmed(pool, None, to_real, neighbour)


@pytest.mark.pooled
@pytest.mark.parametrize("key", [b"", msg(b"K", bytes(8))], ids=["no-key", "pid-0"])
def test_a_session_to_itself_of_a_server_that_tells_no_pid(key, pool, hostile):
    login = fakepg.LOGGED_IN.replace(msg(b"K", struct.pack("!ii", 4711, 815)), key)
    with fakepg.FakePg(login=login) as fake:
        to_fake, to_real = hostile(fake, MODE="session")
        neighbour = to_real().login()
        neighbour.ask("begin")
        for _ in range(5):
            wire = to_fake().login()
            assert wire.ask("select 'good'") == [["yes"]]
            wire.bye()
        unharmed(pool, to_fake, to_real, neighbour)


@pytest.mark.pooled
def test_login_cut_at_every_byte(pool, hostile):
    """The server dies in its own greeting; libpq must not hang and every client must hear something."""
    with fakepg.FakePg() as fake:
        to_fake, to_real = hostile(fake)
        neighbour = to_real().login()
        neighbour.ask("begin")
        for size in range(0, len(fakepg.LOGGED_IN), 3):
            fake.login = fakepg.LOGGED_IN[:size]
            victim = to_fake()
            victim.send(pgwire.startup())
            assert victim.until(b"Z", b"E")[-1:] != [(b"Z", b"I")], size
            victim.sock.close()
        fake.login = fakepg.LOGGED_IN
        unharmed(pool, to_fake, to_real, neighbour)


@pytest.mark.pooled
def test_a_server_that_never_answers_a_login_holds_up_nobody_else(pool, hostile):
    """More hanging logins than the broker has workers for; another destination is not their business."""
    with fakepg.FakePg(login=None) as fake:
        to_fake, to_real = hostile(fake, MAX_SERVERS=20)
        victims = [to_fake() for _ in range(10)]
        for victim in victims:
            victim.send(pgwire.startup())
        assert to_real().login().ask("select 1") == [["1"]]  # whose WAIT_TIMEOUT of 3 s ends no later than that of the others
        for victim in victims:
            heard = victim.until(b"Z", b"E")
            assert not heard or heard[-1][0] == b"E"


@pytest.mark.pooled
def test_a_server_that_falls_silent_after_the_login_is_said_to_have_taken_too_long(pool, hostile):
    with fakepg.FakePg() as fake:
        fake.answer = lambda conn, sql: conn.recv(1)
        to_fake, _ = hostile(fake)
        to_fake().send(pgwire.startup())
        wait.until(lambda: "podpool: timeout expired" in pool.stderr_text(), "the log says so")


@pytest.mark.pooled
def test_idle_server_that_starts_to_talk_is_thrown_away(pool, hostile):
    with fakepg.FakePg() as fake:
        to_fake, to_real = hostile(fake)
        to_fake().login().ask("select 'good'")
        pool.until_status(lambda s: s["totals"]["idle"] >= 1, "the fake's server is idle")
        for conn in fake.connections:
            try:
                conn.sendall(fakepg.ROW)
            except OSError:
                pass
        pool.until_status(lambda s: s["totals"]["idle"] == 0, "it is closed")
        assert to_fake().login().ask("select 'good'") == [["yes"]]
        assert to_real().login().ask("select 1") == [["1"]]


def test_unasked_for_notices_and_settings_reach_the_client(pool, hostile):
    with fakepg.FakePg({EVIL: msg(b"N", b"SNOTICE\0C00000\0Mhello\0\0") + msg(b"S", pgwire.text("TimeZone", "CET")) +
                        msg(b"A", b"\0\0\0\7" + pgwire.text("channel", "payload")) + fakepg.ANSWER}) as fake:
        to_fake, _ = hostile(fake)
        wire = to_fake().login()
        wire.send(pgwire.query(EVIL))
        assert [letter for letter, _ in wire.until(b"Z")] == [b"N", b"S", b"A", b"T", b"D", b"C", b"Z"]


def test_remarks_at_login_that_find_no_room_are_lost_and_the_login_is_not(pool, hostile):
    remark = pgwire.msg(b"N", b"SNOTICE\0VNOTICE\0C00000\0M" + b"x" * 900 + b"\0\0")
    with fakepg.FakePg(login=fakepg.LOGGED_IN.replace(fakepg.READY, remark * 10 + fakepg.READY)) as fake:
        connect, _ = hostile(fake)
        wire = connect()
        wire.send(pgwire.startup())
        heard = wire.until(b"Z")
        assert 1 <= sum(letter == b"N" for letter, _ in heard) < 10
        assert wire.ask("select 'good'") == [["yes"]]
