"""Within a host there is no congestion: whatever the node's default is, neither leg of the broker is paced."""
import re
import subprocess


def controls(pid):
    """The congestion control of each established TCP connection of a process."""
    said = subprocess.run(["ss", "-tinpHO", "state", "established"], capture_output=True, text=True, check=True).stdout
    return [re.search(r"\s(reno|cubic|bbr|dctcp|vegas)\s", line)[1] for line in said.splitlines() if f"pid={pid}," in line]


def test_connections_within_the_host_are_not_paced(raw, pool):
    wire = raw().login()
    wire.ask("select 1")
    if pool.pooled:
        assert controls(pool.broker_pid) == ["reno"] * 2
