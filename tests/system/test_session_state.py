"""What a session has set, prepared or locked is its own: only its owner sees it, on whichever server; what cannot be
carried from one to another keeps its server, and status says why."""
import pytest

from support import pgwire
from support.pgwire import SYNC, bind, execute, parse

RESTORED = {
    "set": "set work_mem = '7MB'",
    "set-in-a-transaction": "begin; set work_mem = '7MB'; commit",
    "set-after-a-comment": "/* hint */ -- and more\n set work_mem = '7MB'",
    "set-as-the-second-statement": "select 1; set work_mem to '7MB'",
    "set-session": "set session work_mem = '7MB'",
    "set-config": "select set_config('work_mem', '7MB', false)",
    "set-time-zone": "set time zone 'Europe/Prague'",
    "set-names": "set names 'LATIN1'",
    "set-session-characteristics": "set session characteristics as transaction read only",
    "search-path": "set search_path = pg_catalog",
    "own-setting": "set my.tenant = '7'",
    "own-setting-local": "begin; set local my.tenant = '7'; commit",
    "quoted-setting": "set \"my.tenant\" = 'it''s \\ \"7\"'",
    "long-setting": f"set my.tenant = '{'x' * 400}'",
    "role": "set role app",
    "do-block": "do $$ begin perform set_config('work_mem', '7MB', false); end $$",
    "sql-prepare": "prepare mine as select 1",
    "do-block-own-setting": "do $$ begin perform set_config('my.tenant', '7', false); end $$",
}
# name: (what the client says, words one of which status must give as reason)
PINNING = {
    "temp-table": ("create temp table mine (n int)", "temp"),
    "temporary-table-as": ("create temporary table mine as select 1 as n", "temp"),
    "select-into-temp": ("select 1 as n into temp mine", "temp"),
    "temp-view": ("create temp view mine as select 1 as n", "temp"),
    "temp-by-schema": ("create table pg_temp.mine (n int)", "temp"),
    "temp-in-a-do-block": ("do $$ begin create temp table mine (n int); end $$", "temp"),
    "listen": ("listen channel", "listen"),
    "advisory-lock": ("select pg_advisory_lock(7)", "advisory"),
    "shared-advisory-lock": ("select pg_advisory_lock_shared(7)", "advisory"),
    "tried-advisory-lock": ("select pg_try_advisory_lock(7)", "advisory"),
    "cursor-with-hold": ("begin; declare mine cursor with hold for select 1; commit", "hold"),
    "sql-prepare-among-others": ("prepare mine as select 1; select 1", "prepare"),
    "sql-prepare-under-a-local-setting": ("begin; set local work_mem = '7MB'; prepare mine as select 1; commit", "prepare"),
    "set-config-of-a-computed-name": ("select set_config('work' || '_mem', '7MB', false)", "opaque"),
    "seed": ("select setseed(0.5)", "seed"),
    "table-statistics": ("select count(*) from pg_stat_user_tables", "stats"),
    "last-value": ("select nextval('numbers'), lastval()", "sequence"),
    "current-value": ("select nextval('numbers'), currval('numbers')", "sequence"),
}
SAID = RESTORED | {name: said for name, (said, _) in PINNING.items()}
# name: (what pins, what ends it)
LIFTED = {
    "temp": ("create temp table mine (n int)", "drop table mine"),
    "temp-in-a-transaction": ("create temp table mine (n int)", "begin; drop table mine; commit"),
    "listen": ("listen channel", "unlisten *"),
    "advisory": ("select pg_advisory_lock(7)", "select pg_advisory_unlock(7)"),
    "advisory-all": ("select pg_advisory_lock(7), pg_advisory_lock(7)", "select pg_advisory_unlock_all()"),
    "hold": ("begin; declare mine cursor with hold for select 1; commit", "close mine"),
    "prepare": ("prepare mine as select 1; select 1", "deallocate mine"),
    "everything": ("create temp table mine (n int); listen channel; prepare mine as select 1", "discard all"),
}
# What a stranger asks on the same server, and what he must hear; the owner of the state hears the other thing.
PROOF = """select current_setting('work_mem'), current_setting('search_path'),
 current_setting('TimeZone') = 'Europe/Prague', current_setting('client_encoding'),
 current_setting('transaction_read_only'), current_setting('my.tenant', true),
 (select count(*) from pg_class where relname = 'mine' and relnamespace = pg_my_temp_schema()),
 (select count(*) from pg_listening_channels()),
 (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()),
 (select count(*) from pg_cursors where name = 'mine'),
 (select count(*) from pg_prepared_statements where name <> '')"""
CLEAN = ["4MB", '"$user", public', "f", "UTF8", "off", None, "0", "0", "0", "0", "0"]
NOT_IN_PROOF = ("role", "seed", "table-statistics", "last-value", "current-value")


@pytest.fixture(autouse=True)
def numbers(postgres_trust):
    postgres_trust.psql("drop table if exists mine; drop sequence if exists numbers; create sequence numbers;"
                        " alter sequence numbers owner to app", db="app")


def settings_of(wire, said):
    wire.send(pgwire.query(said))
    assert wire.until(b"Z")[-1] == (b"Z", b"I")


@pytest.mark.parametrize("name", SAID)
def test_is_seen_by_its_owner_only(name, raw, pool):
    owner = raw(MAX_SERVERS=2).login()
    settings_of(owner, SAID[name])
    own = owner.ask(PROOF)[0]
    assert (own != CLEAN) == (name not in NOT_IN_PROOF)
    strangers = [raw().login() for _ in range(3)]
    for stranger in strangers * 2:
        assert stranger.ask(PROOF) == [CLEAN]
    assert owner.ask(PROOF)[0] == own
    if pool.pooled:
        status = pool.status()
        pinned = [c for c in status["clients"] if c["pins"]]
        assert len(pinned) == (name in PINNING), pinned
        if pinned:
            reason = PINNING[name][1]
            assert pinned[0]["pins"] == reason
            assert pinned[0]["pin_cause"] and pinned[0]["server_pid"]
            assert list(status["totals"]["pins"]) == [reason]
        assert status["totals"]["servers"] <= 2


@pytest.mark.parametrize("name", RESTORED)
def test_setting_comes_along_to_another_server(name, raw, pool):
    """The owner's first server is kept busy by somebody else."""
    owner = raw(MAX_SERVERS=2).login()
    settings_of(owner, RESTORED[name])
    own = owner.ask(f"{PROOF}, current_user, ({pgwire.PID})")[0]
    busy = raw().login()
    busy.ask("begin")
    assert owner.ask(f"{PROOF}, current_user, ({pgwire.PID})")[0][:-1] == own[:-1]
    busy.ask("rollback")


@pytest.mark.parametrize("name", LIFTED)
def test_pin_ends_when_the_server_says_the_state_is_gone(name, raw, pool):
    begins, ends = LIFTED[name]
    owner, other = raw(MAX_SERVERS=1, WAIT_TIMEOUT="3s").login(), raw().login()
    settings_of(owner, begins)
    settings_of(owner, ends)
    assert other.ask(PROOF) == [CLEAN]
    if pool.pooled:
        assert not any(c["pins"] for c in pool.status()["clients"])


def test_advisory_lock_taken_twice_is_released_twice(raw, pool):
    owner, other = raw(MAX_SERVERS=2).login(), raw().login()
    owner.ask("select pg_advisory_lock(7), pg_advisory_lock(7)")
    for last in (False, True):
        assert other.ask("select pg_try_advisory_xact_lock(7)") == [["f"]]
        assert owner.ask("select pg_advisory_unlock(7)") == [["t"]]
        if pool.pooled:
            assert any(c["pins"] for c in pool.status()["clients"]) != last
    assert other.ask("select pg_try_advisory_xact_lock(7)") == [["t"]]


UNDONE = {
    "rollback": "begin; set work_mem = '7MB'; rollback",
    "failed-transaction": "begin; set work_mem = '7MB'; select 1/0; commit",
    "failed-implicit-transaction": "set work_mem = '7MB'; select 1/0",
    "rollback-to-savepoint": "begin; savepoint a; set work_mem = '7MB'; rollback to a; commit",
    "reset": "set work_mem = '7MB'; reset work_mem",
    "reset-later": "set work_mem = '7MB'|reset work_mem",
    "reset-all": "set work_mem = '7MB'|reset all",
    "reset-role": "set role app|reset role",
    "discard-all": "set work_mem = '7MB'|discard all",
}


@pytest.mark.parametrize("name", UNDONE)
def test_undone_setting_leaves_nothing(name, raw, pool):
    owner, other = raw(MAX_SERVERS=2).login(), raw().login()
    for part in UNDONE[name].split("|"):
        owner.send(pgwire.query(part))
        owner.until(b"Z")
    assert owner.ask("rollback") == []
    other.ask("begin")
    for wire in (owner, other):
        assert wire.ask(PROOF) == [CLEAN]
        assert wire.ask("select current_user = session_user") == [["t"]]


def test_set_local_over_set_gives_way_to_it(raw):
    owner, other = raw(MAX_SERVERS=2).login(), raw().login()
    owner.ask("begin; set work_mem = '7MB'; set local work_mem = '9MB'; commit")
    other.ask("begin")
    assert owner.ask("show work_mem") == [["7MB"]]


def test_settings_follow_hundreds_of_transactions(raw, pool):
    """Three clients with settings of their own on two servers, in turns that never fit."""
    wires = [raw(MAX_SERVERS=2).login() for _ in range(3)]
    for n, wire in enumerate(wires):
        wire.ask(f"set my.tenant = '{n}'; set work_mem = '{n + 5}MB'")
    for turn in range(100):
        n = turn * 7 % 3
        assert wires[n].ask("select current_setting('my.tenant'), current_setting('work_mem')") == [[f"{n}", f"{n + 5}MB"]]
    if pool.pooled:
        assert pool.status()["totals"]["servers"] <= 2
        assert not pool.status()["totals"]["pins"]


def test_setting_that_no_server_takes_any_more_says_so(raw, pool, postgres_trust):
    """The role is dropped while its session rests: direct, the session would go on as nobody."""
    postgres_trust.psql("drop role if exists passing; create role passing; grant passing to app", db="app")
    owner, other = raw(MAX_SERVERS=1).login(), raw().login()
    owner.ask("set role passing")
    other.ask("select 1")
    postgres_trust.psql("drop role passing", db="app")
    if pool.pooled:
        with pytest.raises(pgwire.Refused) as refused:
            owner.ask("select 1")
        assert refused.value.args[0]["C"] == "08006"
    assert other.ask("select 1") == [["1"]]


@pytest.mark.parametrize("name", SAID)
def test_is_gone_with_its_owner(name, raw, pool):
    """One server only: the heir gets what the owner had, cleaned, or a new one."""
    owner = raw(MAX_SERVERS=1).login()
    settings_of(owner, SAID[name])
    owner.bye()
    assert raw().login().ask(PROOF) == [CLEAN]


@pytest.mark.parametrize("name", ["temp-table", "advisory-lock", "sql-prepare", "set", "listen"])
def test_is_gone_with_an_owner_who_vanishes(name, raw):
    owner = raw(MAX_SERVERS=1).login()
    settings_of(owner, SAID[name])
    owner.reset()
    assert raw().login().ask(PROOF) == [CLEAN]


PLAIN = {
    "set-local": "begin; set local work_mem = '7MB'; commit",
    "set-transaction": "begin; set transaction isolation level serializable; commit",
    "local-set-config": "begin; select set_config('work_mem', '7MB', true); commit",
    "transaction-lock": "begin; select pg_advisory_xact_lock(7); commit",
    "tried-transaction-lock": "select pg_try_advisory_xact_lock(7)",
    "cursor": "begin; declare mine cursor for select 1; fetch mine; commit",
    "savepoints": "begin; savepoint a; select 1; rollback to a; release a; commit",
    "deferred-constraints": "begin; set constraints all deferred; commit",
    "read-only": "begin read only; select 1; commit",
    "words-in-a-string": "select 'set work_mem = 1', $$listen channel$$, \"c\" from (select 1 as c) as \"temp\"",
    "words-in-a-comment": "select 1 -- create temp table mine (n int)",
    "notify": "notify channel, 'hello'",
    "nextval": "select nextval('numbers')",
    "table-made-and-dropped": "create table mine (n int); insert into mine values (1); drop table mine",
    "with": "with a as (select 1 as n) insert into t select n from a returning n",
    "explain": "explain select * from t",
    "show": "show work_mem",
    "values": "values (1), (2)",
    "truncate": "truncate t",
    "vacuum": "vacuum t",
    "error": "select 1/0",
    "syntax-error": "select from where",
    "empty": "",
}


@pytest.mark.parametrize("name", PLAIN)
def test_ordinary_statement_gives_the_server_back(name, raw, pool, table):
    """One server for two clients: the second would wait in vain if the first kept it."""
    first, second = raw(MAX_SERVERS=1, WAIT_TIMEOUT="3s").login(), raw().login()
    first.send(pgwire.query(PLAIN[name]))
    assert first.until(b"Z")[-1] == (b"Z", b"I")
    assert second.ask(PROOF) == [CLEAN]
    assert first.ask(PROOF) == [CLEAN]
    if pool.pooled:
        assert not any(c["pins"] for c in pool.status()["clients"])


def test_unnamed_batch_gives_the_server_back(raw):
    first, second = raw(MAX_SERVERS=1, WAIT_TIMEOUT="3s").login(), raw().login()
    for wire in (first, second, first):
        wire.send(parse("select $1::int"), bind("5"), execute(), SYNC)
        assert wire.rows() == [["5"]]


def test_named_statements_of_two_clients_do_not_mix(raw, pool):
    one, two = raw(MAX_SERVERS=2).login(), raw().login()
    one.send(parse("select 'one'", "s"), SYNC)
    two.send(parse("select 'two'", "s"), SYNC)
    assert one.until(b"Z")[0][0] == two.until(b"Z")[0][0] == b"1"
    for wire, word in ((one, "one"), (two, "two")) * 3:
        wire.send(bind(name="s"), execute(), SYNC)
        assert wire.rows() == [[word]]
    if pool.pooled:
        assert not pool.status()["totals"]["pins"]


def test_unnamed_statement_lives_until_the_next(raw):
    """Parse, Sync; much later Bind: legal, and what some drivers do."""
    one, two = raw(MAX_SERVERS=2).login(), raw().login()
    one.send(parse("select 'kept'"), SYNC)
    one.until(b"Z")
    two.send(parse("select 'other'"), bind(), execute(), SYNC)
    assert two.rows() == [["other"]]
    one.send(bind(), execute(), SYNC)
    assert one.rows() == [["kept"]]


def test_state_hidden_in_a_function_does_not_leak(raw, postgres_trust):
    postgres_trust.psql("create or replace function hidden() returns void language plpgsql as"
                        " $$ begin perform set_config('work_mem', '7MB', false); end $$", db="app")
    owner = raw(MAX_SERVERS=2).login()
    owner.ask("select hidden()")
    assert [raw().login().ask(PROOF) for _ in range(3)] == [[CLEAN]] * 3
    assert owner.ask("show work_mem") == [["7MB"]]


def test_listener_hears_a_notification_while_idle(raw):
    listener, speaker = raw(MAX_SERVERS=2).login(), raw().login()
    listener.ask("listen channel")
    speaker.ask("notify channel, 'hello'")
    letter, payload = listener.recv()
    assert letter == b"A" and payload[4:] == pgwire.text("channel", "hello")


def test_no_notification_is_lost(raw):
    """Three speakers, each in its order, to a listener that is idle, in a query, in a transaction, by turns."""
    listener, *speakers = [raw(MAX_SERVERS=3).login() for _ in range(4)]
    listener.ask("listen channel")
    heard = []

    def take(messages):
        heard.extend(p[4:] for letter, p in messages if letter == b"A")
    for n in range(100):
        for who, speaker in enumerate(speakers):
            speaker.ask(f"begin; notify channel, '{who} {n} {'x' * (7000 if n % 10 == 0 else 0)}'; commit")
        if n % 3:
            listener.send(pgwire.query("select 1" if n % 3 == 1 else "begin; select 1; commit"))
            take(listener.until(b"Z"))
    while len(heard) < 300:
        take([listener.recv()])
    words = [p.split(b"\0")[1].split() for p in heard]
    for who in range(3):
        assert [int(w[1]) for w in words if int(w[0]) == who] == list(range(100))


def test_session_mode_keeps_everything(raw, pool):
    one, two = raw(MODE="session", MAX_SERVERS=3).login(), raw().login()
    one.ask("set work_mem = '7MB'")
    pid = one.ask(pgwire.PID)
    assert two.ask(PROOF) == [CLEAN]
    assert one.ask("show work_mem") == [["7MB"]]
    assert one.ask(pgwire.PID) == pid
    if pool.pooled:
        assert all("session-mode" in c["pins"] for c in pool.status()["clients"])
