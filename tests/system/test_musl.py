"""The same libpodpool.so in a program that has musl for a libc."""
import os
import pathlib
import shutil
import subprocess

import pytest

from support.pool import direct_env

SOURCE = pathlib.Path(__file__).parent / "drivers/raw_client.c"


@pytest.fixture(scope="module")
def musl_client(tmp_path_factory):
    compiler = shutil.which("musl-gcc")
    if not compiler:
        pytest.skip("musl-gcc is not installed (package musl-tools)")
    program = tmp_path_factory.mktemp("musl") / "raw_client"
    subprocess.run([compiler, "-O1", "-Wall", "-Werror", "-o", program, SOURCE], check=True)
    interpreter = subprocess.run(["readelf", "-l", program], capture_output=True, text=True, check=True).stdout
    assert "ld-musl" in interpreter
    return program


def say(program, postgres, env, query):
    done = subprocess.run([program, str(postgres.port), query], env=env, capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout


def test_a_musl_program_runs_through_the_pool(musl_client, pool):
    query = "select 40 + 2"
    expected = say(musl_client, pool.postgres, direct_env(), query)
    assert expected == (0, "42\npeer 127.0.0.1:1\n")
    for _ in range(3):
        assert say(musl_client, pool.postgres, pool.env(MAX_SERVERS=1), query) == expected
    if os.environ.get("PP_DIRECT") != "1":
        assert pool.status()["totals"]["transactions"] == 3
