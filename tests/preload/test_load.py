"""dlopen(), the order of preloads, threads that are cancelled, and libpq's own hooks."""
import os
import shutil
import socket

import pytest

from conftest import CLEAN_ENV, run, victim

ALLOW, PREFER, REQUIRE = 2, 3, 4
BOUND = 1 << 27


@pytest.mark.parametrize("mode", ["runpath", "deepbind"])
def test_dlopen_uses_the_runpath_of_its_caller(mode, no_broker):
    assert run([victim("load"), mode], no_broker.env()) == (1, "loaded\n", "")


def test_a_library_loaded_with_deepbind_is_pooled(install, listener):
    code, out, _ = run([victim("load"), "deepbind", listener.port], install.env(listener.port))
    assert code == 0 and "greeting=pooled" in out


def test_off_leaves_deepbind_alone(install, listener):
    out = run([victim("load"), "deepbind", listener.port], install.env(listener.port, PODPOOL="off"))[1]
    assert "greeting=direct" in out


def test_a_failing_dlopen_says_the_same(no_broker):
    args = ["/usr/bin/python3", "-Sc", "import ctypes; ctypes.CDLL('libnot_there.so.9')"]
    assert run(args, no_broker.env()) == run(args, CLEAN_ENV)


def test_a_thread_cancelled_in_connect_runs_its_cleanup(no_broker):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        kept = [socket.create_connection(("127.0.0.1", port))]  # fills the backlog of 0 (one fits)
        args = [victim("cancel"), "127.0.0.1", port]
        plain = run(args, CLEAN_ENV)
        assert plain == (0, "connect=77 cancelled=1 cleaned=1\n", "")
        assert run(args, no_broker.env(port)) == plain
        kept[0].close()


@pytest.mark.parametrize("order", ["before", "after"])
def test_another_preload_is_passed_on_either_side(order, install, listener):
    pair = [install.shim, victim("lib/libother.so")]
    env = install.env(listener.port, LD_PRELOAD=":".join(pair if order == "before" else reversed(pair)))
    _, out, err = run([victim("connect"), "once", "127.0.0.1", listener.port], env)
    assert "greeting=pooled" in out and err == "passed\n"


PG_PROGRAMS = {
    "psql": ["psql", "-X", "CONNINFO", "-c", ""],
    "psycopg2": ["/usr/bin/python3", "-c", "import psycopg2, sys; psycopg2.connect(sys.argv[1])", "CONNINFO"],
    "ruby-pg": ["ruby", "-rpg", "-e", "PG.connect(ARGV[0])", "CONNINFO"],
    "perl DBD::Pg": ["perl", "-MDBI", "-e", "$_ = $ARGV[0]; s/ /;/g; DBI->connect(qq(dbi:Pg:$_))", "CONNINFO"],
    "php pgsql": ["php", "-r", "pg_connect($argv[1]);", "CONNINFO"],
    "php PDO": ["php", "-r", "try { new PDO('pgsql:' . strtr($argv[1], ' ', ';')); } catch (Exception $e) {}", "CONNINFO"],
}


def connect_pg(name, conninfo, env):
    args = [conninfo if arg == "CONNINFO" else arg for arg in PG_PROGRAMS[name]]
    if not shutil.which(args[0], path=CLEAN_ENV["PATH"]):
        pytest.skip(f"no {args[0]} here")
    return run(args, env)


def marks(questions):
    """sslmode and the rest of each mark (shim/ipc/mark.h)."""
    assert all(q["flags"] >> 28 == 4 for q in questions)
    return {q["flags"] for q in questions}


@pytest.mark.parametrize("name", PG_PROGRAMS)
def test_libpq_programs_say_their_wish_before_they_connect(name, install, closed_port):
    conninfo = f"host=localhost port={closed_port} dbname=d user=u sslmode=allow connect_timeout=5"
    connect_pg(name, conninfo, install.env(closed_port))
    wishes, routes = install.asked("wish"), install.asked("route")
    assert wishes and routes and [q["op"] for q in install.asked() if q["op"] in ("wish", "route")][0] == "wish"
    assert marks(wishes) == marks(routes) and {w["flags"] >> 24 & 7 for w in wishes} == {ALLOW}
    pairs = wishes[0]["text"].split("\0")
    assert pairs[:2] == ["host", "localhost"] and "/nonexistent/.postgresql/root.crt" in pairs[pairs.index("sslrootcert") + 1]


@pytest.mark.parametrize("name", PG_PROGRAMS)
def test_libpq_programs_without_broker_fail_as_before(name, no_broker, closed_port):
    conninfo = f"host=127.0.0.1 port={closed_port} dbname=d user=u"
    assert connect_pg(name, conninfo, no_broker.env(closed_port)) == connect_pg(name, conninfo, CLEAN_ENV)


@pytest.mark.parametrize("more", ["sslmode=disable", "gssencmode=require", "service=nowhere", "tcp_user_timeout=5",
                                  "host=127.0.0.1,/tmp sslmode=require", "sslmode=require sslrootcert=system"])
def test_no_wish_where_there_is_nothing_to_say(more, install, closed_port):
    connect_pg("psql", f"host=127.0.0.1 port={closed_port} {more}", install.env(closed_port))
    assert install.asked("wish") == [] and {r["flags"] for r in install.asked("route")} <= {0}


def test_a_wish_says_which_targets_and_network_are_meant(install, closed_port):
    """And only the link with the same words says that there is nothing to wish for."""
    def ask(*before, link=None, **more):
        link and os.symlink(link, os.path.join(install.dir, "plain"))
        conninfo = f"host=127.0.0.1 port={closed_port}"
        args = ["psql", "-X", "-d", conninfo]
        known = len(install.asked("wish"))
        run([*before, *args], install.env(closed_port, **more))
        link and os.unlink(os.path.join(install.dir, "plain"))
        return {wish["cookie"] for wish in install.asked("wish")[known:]}
    targets = f"*:{closed_port}"
    (mine,) = ask()
    (other,) = ask(PODPOOL_TARGETS=targets + ",*:1")
    assert ask(PODPOOL_TARGETS=f" {targets} ") == {mine} and other != mine and mine != 0
    assert ask(link="%016x" % mine) == set()
    assert ask(link="%016x" % other) == ask(link="x" * 16) == ask(link="%016x0" % mine) == {mine}
    if os.geteuid() == 0:
        (there,) = ask("unshare", "-n")
        assert there not in (mine, other)


def test_a_declined_wish_changes_nothing(install, closed_port):
    conninfo = f"host=127.0.0.1 port={closed_port} sslmode=require"
    connect_pg("psql", conninfo, install.env(closed_port, PODPOOL_FAKE="no_wishes"))
    assert len(install.asked("wish")) == 1 and {r["flags"] for r in install.asked("route")} == {0}


@pytest.mark.parametrize("mood", ["direct", "garbage", "exit", "nowhere"])
@pytest.mark.parametrize("words", ["sslmode=require", "channel_binding=require"])
def test_what_must_be_encrypted_is_not_connected_elsewhere(words, mood, install, listener):
    """The broker takes the wish and then has no route: in clear text nothing may go to the server. Where there is no
    broker any more (exit), the program connects as it would have."""
    conninfo = f"host=127.0.0.1 port={listener.port} {words} connect_timeout=2"
    said = connect_pg("psql", conninfo, install.env(listener.port, PODPOOL_FAKE=mood))
    if mood == "exit":
        assert said == connect_pg("psql", conninfo, CLEAN_ENV) and "to SSL negotiation" in said[2]
    else:
        assert "Connection refused" in said[2]


@pytest.mark.parametrize("where", ["host=::1%1", "hostaddr=::1%1", "host=::1%1,127.0.0.1"])
def test_a_scoped_address_is_libpqs_own_business(where, install, listener):
    """The treaty has no room for a scope: such a connection goes by itself, so its TLS must not be moved."""
    conninfo = f"{where} port={listener.port} sslmode=require connect_timeout=2"
    said = connect_pg("psql", conninfo, install.env(listener.port))
    assert said == connect_pg("psql", conninfo, CLEAN_ENV) and "to SSL negotiation" in said[2]
    assert install.asked("wish") == []


MARKED = """import errno, socket, sys
address = socket.getaddrinfo(sys.argv[1], sys.argv[2])[0]
sock = socket.socket(address[0])
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(sys.argv[3]))
print(errno.errorcode.get(sock.connect_ex(address[4]), "connected"))
"""


@pytest.mark.parametrize("ip", ["::1%1", "127.66.9.9"])
def test_what_must_be_encrypted_is_not_connected_where_the_broker_is_never_asked(ip, install, listener):
    """A name's wish was moved (`*` has every name), and then it leads to such an address."""
    user_timeouts = {4 << 28 | REQUIRE << 24: "ECONNREFUSED", 4 << 28 | BOUND | PREFER << 24: "ECONNREFUSED",
                     4 << 28 | PREFER << 24: "connected", 30000: "connected", 0: "connected"}
    with socket.create_server(("127.66.9.9", listener.port)):
        for value, expected in user_timeouts.items():
            said = run(["/usr/bin/python3", "-Sc", MARKED, ip, listener.port, value], install.env(listener.port))
            assert said == (0, expected + "\n", ""), hex(value)
    assert install.asked() == []


@pytest.mark.parametrize("conninfo", ["host=/tmp port=PORT", "host=127.0.0.1 port=1"])
def test_no_broker_is_started_for_what_is_no_target(conninfo, install, closed_port):
    connect_pg("psql", conninfo.replace("PORT", str(closed_port)), install.env(closed_port))
    assert install.pids() == []


@pytest.mark.parametrize("conninfo", ["postgresql://u@127.0.0.1:PORT/d", "hostaddr=127.0.0.1 port=PORT"])
def test_default_sslmode_is_prefer_in_every_spelling(conninfo, install, closed_port):
    connect_pg("psql", conninfo.replace("PORT", str(closed_port)), install.env(closed_port))
    assert {w["flags"] >> 24 & 7 for w in install.asked("wish")} == {PREFER}
