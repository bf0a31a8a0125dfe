"""PODPOOL_TARGETS with host names: the broker looks up whether an address is one of theirs."""
import concurrent.futures
import socket
import subprocess
import types

import pytest

pytestmark = pytest.mark.pooled


def psql(server, env):
    command = ["psql", "-XAtq", "-h", server.host, "-p", str(server.port), "-U", "app", "-d", "app", "-c", "select 'answer'"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", ["localhost", "LocalHost"])
def test_the_address_of_a_name_is_pooled(pool, postgres_trust, name):
    env = pool.env(TARGETS=f"*:1,{name}:{postgres_trust.port}", FAIL="closed")
    for _ in range(3):
        assert psql(postgres_trust, env) == (0, "answer\n", "")
    assert pool.status()["totals"]["transactions"] == 3


def test_many_who_ask_at_once_are_all_pooled(pool, postgres_trust):
    env = pool.env(TARGETS=f"localhost:{postgres_trust.port}")
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        said = list(threads.map(lambda _: psql(postgres_trust, env), range(16)))
    assert said == [(0, "answer\n", "")] * 16
    assert pool.status()["totals"]["transactions"] == 16


def test_another_address_is_left_alone(pool, postgres_trust):
    """The broker would ask for TLS first; the program alone has something to say of its own."""
    env = pool.env(TARGETS=f"localhost:{postgres_trust.port}", FAIL="closed")
    assert psql(postgres_trust, env)[0] == 0
    with socket.create_server(("127.0.0.3", postgres_trust.port)) as listener:
        other = types.SimpleNamespace(host="127.0.0.3", port=postgres_trust.port)
        with concurrent.futures.ThreadPoolExecutor(1) as threads:
            said = threads.submit(psql, other, env | {"PGSSLMODE": "disable", "PGGSSENCMODE": "disable"})
            listener.settimeout(20)
            connection, _ = listener.accept()
            with connection:
                assert b"user\0app\0" in connection.recv(1000)
            assert said.result()[0] == 2
    assert pool.status()["totals"]["transactions"] == 1


def test_a_name_without_an_address_leaves_programs_alone(pool, postgres_trust):
    env = pool.env(TARGETS=f"*:1,nobody.invalid:{postgres_trust.port}")
    for _ in range(2):
        assert psql(postgres_trust, env) == (0, "answer\n", "")
    assert pool.status()["totals"]["transactions"] == 0
