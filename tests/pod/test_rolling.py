"""A rolling update under load, again and again: no acknowledged commit is lost, no transaction that was begun fails.

Two replicas; each step starts a new one, waits for its first commit, and then ends the oldest as the kubelet does.
PP_ROLLS sets the number of steps: PP_ROLLS=200 scripts/test pod -- -k rolling -rP   (seven minutes; -rP: the numbers)
"""
import os
import pathlib
import signal
import time

import pytest

from box import Box

HERE = pathlib.Path(__file__).parent
ROLLS = int(os.environ.get("PP_ROLLS", "10"))
GRACE = 10
RUDE = "unexpected EOF on client connection"
KINDS = {"handler": ([], 0), "plain": (["/usr/bin/tini", "--"], 128 + signal.SIGTERM)}


class Replica:
    def __init__(self, postgres, installed, workdir, kind, number):
        init, self.status = KINDS[kind]
        self.report = workdir / f"{kind}{number}"
        dsn = f"host={postgres.host} port={postgres.port} user=postgres dbname=rolls_{kind}"
        env = {"LD_PRELOAD": str(installed / "lib/libpodpool.so"), "PODPOOL_TARGETS": f"*:{postgres.port}",
               "PODPOOL_GRACE_SECONDS": str(GRACE), "PODPOOL_MAX_SERVERS": "4", "PODPOOL_LOG": "debug"}
        if os.environ.get("PP_DIRECT") == "1":
            env = {}
        self.box = Box([*init, "/usr/bin/python3", "-u", HERE / "programs/loader.py", dsn, self.report, kind], env=env)
        self.box.__enter__()

    def said(self, word):
        lines = self.report.read_text().splitlines() if self.report.exists() else []
        return [line.split(" ", 1)[1] for line in lines if line.startswith(word + " ")]

    def until_working(self):
        deadline = time.monotonic() + 30
        while len(self.said("acked")) < 8:
            assert self.box.is_running() and time.monotonic() < deadline, self.box.output()
            time.sleep(0.02)

    def leave(self):
        """Returns what went wrong."""
        began = time.monotonic()
        self.box.signal(signal.SIGTERM)
        try:
            code = self.box.exit_code(GRACE)
        except TimeoutError:
            code = "none"
        wrong = [f"exit status {code} after {time.monotonic() - began:.1f} s:\n{self.box.output()[-3000:]}"] * (
            code != self.status)
        self.output = self.box.output()
        self.box.__exit__()
        return wrong + self.said("failed")


@pytest.mark.parametrize("kind", [
    "handler", pytest.param("plain", marks=pytest.mark.pooled)])  # direct, its transactions die with it
def test_rolling_update_under_load(kind, postgres, installed, tmp_path):
    postgres.psql(f"create database rolls_{kind}")
    postgres.psql("create table rolls (id text)", db=f"rolls_{kind}")
    log_from = len(postgres.log_text())
    replicas, acked, inserted, wrong, all_of_them = [], set(), set(), [], []
    try:
        for number in range(ROLLS + 2):
            replicas.append(Replica(postgres, installed, tmp_path, kind, number))
            all_of_them.append(replicas[-1])
            replicas[-1].until_working()
            if len(replicas) > 2:
                wrong += replicas.pop(0).leave()
            assert not wrong, f"step {number}: {wrong}"
        while replicas:
            wrong += replicas.pop(0).leave()
    finally:
        for replica in replicas:
            replica.box.__exit__()
    for replica in all_of_them:
        acked.update(replica.said("acked"))
        inserted.update(replica.said("inserted"))
    rows = postgres.psql("select id from rolls", db=f"rolls_{kind}").split()
    print(f"{kind}: {len(all_of_them)} replicas, {len(acked)} transactions")
    assert not wrong
    assert len(rows) == len(set(rows)), "written twice"
    assert acked <= set(rows), "an acknowledged commit is lost"
    lost = [(replica.said("inserted").index(name), len(replica.said("inserted")), replica.output[-6000:])
            for replica in all_of_them for name in set(replica.said("inserted")) - set(rows)]
    assert not lost, f"{len(lost)} transactions that were begun have failed:\n{lost[0]}"
    cut_off = [line for line in postgres.log_text()[log_from:].splitlines()
               if RUDE in line and f"@rolls_{kind}/" in line]
    assert os.environ.get("PP_DIRECT") == "1" or not cut_off, cut_off[:5]
