"""The settings by which the database notices a vanished pod (PODPOOL_GUARDS): set, never in the program's way, and never
the reason why a login fails. That they work is tests/pod/test_vanished.py."""
import pathlib
import subprocess
import time

import pytest

import fakepg
from shell import psql
from support import pgwire
from support.dialer import Dialer
from support.pgwire import Wire
from support.pool import direct_env

pytestmark = pytest.mark.pooled
GUARDS = {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3",
          "tcp_user_timeout": "60000", "client_connection_check_interval": "10000"}
STALL = 75  # seconds; tcp_user_timeout is 60
ASK = (r"select name, setting, source from pg_settings where name like 'tcp\_%' or"
       " name = 'client_connection_check_interval' order by name")


def guards(wire):
    return {name: (setting, source) for name, setting, source in wire.ask(ASK)}


def ours(**differently):
    return {name: (value, "client") for name, value in GUARDS.items()} | differently


def test_every_session_has_them_as_its_defaults(raw):
    wires = [raw().login() for _ in range(3)]
    for wire in wires:
        wire.ask("begin")  # three servers, the first login and two later ones
    for wire in wires:
        assert guards(wire) == ours()


@pytest.mark.parametrize("forget", ["discard all", "reset all", "reset tcp_user_timeout"])
def test_they_survive(forget, raw):
    wire = raw().login()
    wire.ask("set tcp_user_timeout = 5000")
    assert guards(wire)["tcp_user_timeout"] == ("5000", "session")
    wire.ask(forget)
    assert guards(wire) == ours()


def test_what_the_program_says_at_connect_wins(raw):
    wire = raw().login(options="-c tcp_user_timeout=7s --tcp-keepalives-idle=77", tcp_keepalives_count="7")
    assert guards(wire) == ours(tcp_user_timeout=("7000", "client"), tcp_keepalives_idle=("77", "client"),
                                tcp_keepalives_count=("7", "client"))


@pytest.mark.parametrize("limit", [-1, 1])
def test_what_role_and_database_set_wins(limit, raw, own_postgres, make_pool):
    """Also where a role has room for one session only: the second login waits for the first one's end."""
    own_postgres.psql(f"""alter role app connection limit {limit};
        alter role app set tcp_user_timeout = '71s';
        alter database app set tcp_keepalives_idle = 72;
        alter role app in database app set client_connection_check_interval = '73s';
        alter role other set tcp_keepalives_count = 7;
        alter database second set tcp_keepalives_interval = 7""")
    pool = make_pool(own_postgres)
    with pool.dialer() as dialer:
        wire = Wire(dialer.connect(own_postgres.host, own_postgres.port)).login()
        expected = ours(tcp_user_timeout=("71000", "user"), tcp_keepalives_idle=("72", "database"),
                        client_connection_check_interval=("73000", "database user"))
        assert guards(wire) == expected
        wire.ask("discard all")
        assert guards(wire) == expected
        if limit < 0:
            wires = [Wire(dialer.connect(own_postgres.host, own_postgres.port)).login() for _ in range(2)]
            for other in wires:
                other.ask("begin")
                assert guards(other) == expected
        wire.sock.close()


def test_off_is_off(raw, direct):
    assert guards(raw(GUARDS="off").login()) == guards(direct().login())


def test_a_wrong_password_is_tried_once(pool, make_pool, postgres_scram):
    before = len(postgres_scram.log_text())
    done = psql(postgres_scram, make_pool(postgres_scram).env() | {"PGPASSWORD": "wrong"})
    assert done.returncode == 2 and "password authentication failed" in done.stderr
    assert postgres_scram.log_text()[before:].count("password authentication failed") == 1


def test_an_unknown_setting_of_the_programs_own_is_tried_once(raw, postgres_trust):
    before = len(postgres_trust.log_text())
    with pytest.raises(ConnectionError, match='unrecognized configuration parameter "no_such_setting"'):
        raw().login(options="-c no_such_setting=1")
    assert postgres_trust.log_text()[before:].count("no_such_setting") == 1


# --- what they would do to a healthy connection

@pytest.mark.release  # 75 s of real time: not on a sanitized broker among a thousand other tests
@pytest.mark.parametrize("before", [0, 100_000_000], ids=["from-the-start", "after-a-while"])
def test_a_reader_that_stalls_longer_than_the_timeout_misses_nothing(before, raw, pool):
    """tcp_user_timeout also counts while the other side lives and does not read. Having read fast makes the kernel's
    buffers large, and then it is slow to announce room."""
    wire = raw(timeout=60).login()
    wire.send(pgwire.query("copy (select repeat('x', 1000) from generate_series(1, 300000)) to stdout"))
    total = 0
    while total < before:
        total += len(wire.sock.recv(1 << 18))
    time.sleep(STALL)
    end = b""
    while not end.endswith(b"Z\0\0\0\5I"):
        chunk = wire.sock.recv(1 << 18)
        assert chunk, f"closed after {total} bytes:\n{pool.stderr_text()[-1000:]}"
        total += len(chunk)
        end = (end + chunk)[-6:]
    assert total > 300_000_000


# --- servers that do not know them

def unknown_to(*names):
    """What an old server says at the first setting it does not know."""
    def refuse(startup):
        for name in names:
            if name.encode() in startup:
                return fakepg.LOGGED_IN[:9] + fakepg.fatal("42704", f'unrecognized configuration parameter "{name}"')
    return refuse


def any_options(answer):
    return lambda startup: answer if b"options\0-c tcp" in startup else None


@pytest.fixture
def fake(pool):
    """fake(refuse) -> (the fake server, a function that opens raw connections to it)."""
    open_now = []

    def start(refuse):
        server = fakepg.FakePg(refuse=refuse)
        dialer = Dialer(pool.env(TARGETS=f"*:{pool.postgres.port},*:{server.port}", WAIT_TIMEOUT="5s"))
        open_now.extend([dialer, server])

        def connect():
            return Wire(dialer.connect(server.host, server.port)).login(user="app", database="app")
        return server, connect

    yield start
    for thing in open_now:
        thing.__exit__()


def asked_for(startup):
    return [name for name in GUARDS if name.encode() in startup]


@pytest.mark.parametrize("unknown", [1, 2, 5])
def test_an_old_server_gets_those_it_knows(unknown, fake):
    names = list(GUARDS)
    server, connect = fake(unknown_to(*reversed(names[5 - unknown:])))
    first, second = connect(), connect()
    for wire in (first, second):
        wire.send(pgwire.query("begin"), pgwire.query("select 'good'"))
    for wire in (first, second):
        assert [columns for columns in map(pgwire.columns, (p for l, p in wire.until(b"Z") + wire.until(b"Z")
                                                            if l == b"D"))] == [["yes"]]
    known = names[:5 - unknown]
    attempts = [asked_for(s) for s in server.startups]
    assert attempts[0] == names and attempts[-1] == known
    refused = [a for a in attempts if a != known]
    assert len(refused) == {1: 1, 2: 2, 5: 3}[unknown], attempts  # found out once, not at every login


@pytest.mark.parametrize("answer", [
    fakepg.fatal("08P01", "unsupported startup parameter: options"),
    fakepg.fatal("0A000", "Feature not supported: RDS Proxy currently doesn't support command-line options"),
    fakepg.fatal("XX000", "what?"),
    b"",
], ids=["pgbouncer", "rds-proxy", "anything", "hangs-up"])
def test_a_box_in_between_that_refuses_options_gets_none(answer, fake):
    server, connect = fake(any_options(answer))
    for wire in (connect(), connect()):
        assert wire.ask("select 'good'") == [["yes"]]
    assert [bool(asked_for(s)) for s in server.startups] in ([True, False], [True, False, False])


def test_a_refused_login_is_said_in_the_servers_words(fake):
    """The program's own mistake, behind a box that refuses the guards as well."""
    server, connect = fake(lambda startup: fakepg.fatal("08P01", "options!" if b"-c tcp" in startup else "not you"))
    with pytest.raises(ConnectionError, match="not you"):
        connect()


@pytest.fixture
def bouncer(postgres_trust, monkeypatch):
    monkeypatch.syspath_prepend(str(pathlib.Path(__file__).resolve().parents[1] / "support"))  # as the bench has it
    import poolers
    bouncer = poolers.PgBouncer(postgres_trust, 5)
    yield bouncer
    bouncer.stop()


def test_through_a_real_pgbouncer(pool, bouncer):
    with Dialer(pool.env(TARGETS=f"*:{pool.postgres.port},*:{bouncer.port}")) as dialer:
        for _ in range(2):
            wire = Wire(dialer.connect(bouncer.host, bouncer.port)).login(user="postgres", database="postgres")
            assert wire.ask("select 'good'") == [["good"]]
            wire.sock.close()


STARTUP = {"DateStyle": "ISO, DMY", "TimeZone": "Asia/Tokyo", "extra_float_digits": "2"}  # as pgjdbc sends them
SHOWN = "select current_setting('datestyle'), current_setting('timezone')"


def test_startup_settings_that_a_pgbouncer_takes_as_such_and_not_as_options(pool, bouncer):
    """Its programs go on as they would without the pool, from the first one on; those without settings are pooled."""
    with Dialer(pool.env(TARGETS=f"*:{pool.postgres.port},*:{bouncer.port}")) as dialer:
        def connect(**settings):
            wire = Wire(dialer.connect(bouncer.host, bouncer.port))
            return wire.login(user="postgres", database="postgres", **settings)
        wires = [connect(**STARTUP) for _ in range(3)]
        for wire in wires:
            assert wire.ask(SHOWN) == [["ISO, DMY", "Asia/Tokyo"]]
        wires.append(connect())
        assert wires[-1].ask("select 'pooled'") == [["pooled"]]
        states = [client["state"] for client in pool.status()["clients"]]
        assert sorted(states) == ["idle", "tunnel", "tunnel", "tunnel"]
        for wire in wires:
            wire.sock.close()


@pytest.mark.parametrize("settings", [{"PGREQUIREAUTH": "none"}, {"PGTZ": "Asia/Tokyo"}])
def test_libpq_programs_that_are_not_pooled_reach_a_pgbouncer(settings, pool, bouncer):
    """It knows no startup parameter `replication`, which our hook has added (shim/ipc/mark.h)."""
    dsn = f"host={bouncer.host} port={bouncer.port} user=postgres dbname=postgres"
    direct, pooled = [
        subprocess.run(["psql", "-XAtqw", "-d", dsn, "-c", "show timezone"], env=env | settings, text=True, capture_output=True)
        for env in (direct_env(), pool.env(TARGETS=f"*:{pool.postgres.port},*:{bouncer.port}"))]
    assert (pooled.stderr, pooled.stdout) == ("", direct.stdout) and settings.get("PGTZ", "") in direct.stdout.strip() != ""
