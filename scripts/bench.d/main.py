#!/usr/bin/python3
"""Compares direct connections, pgbouncer and podpool on a throwaway PostgreSQL, interleaved in one run."""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests/support"))

import cgroup  # noqa: E402
import load  # noqa: E402
import pg  # noqa: E402
import poolers  # noqa: E402
import report  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="interleaved runs of everything (default 5)")
    parser.add_argument("--seconds", type=int, default=3, help="measured seconds per run (default 3)")
    parser.add_argument("--only", default="", help="only scenarios matching this regular expression (idle: the memory)")
    parser.add_argument("--ways", default="", help="only ways matching this regular expression")
    parser.add_argument("--one-cpu", action="store_true", help="everything on one processor: where the scheduler puts whom"
                        " makes more difference than there is between two poolers")
    parser.add_argument("--servers", type=int, default=16, help="pool size of both poolers (default 16)")
    parser.add_argument("--idle-clients", type=int, default=1000)
    parser.add_argument("--json", default=str(TOP / "build/bench.json"), help="where samples and medians are written")
    parser.add_argument("--build", default="build", help="podpool's build directory")
    parser.add_argument("--against", metavar="DIR", help="another build of podpool, as a way of its own: podpool before")
    parser.add_argument("--strict", action="store_true", help="exit 1 unless podpool wins (report.verdict)")
    return parser.parse_args()


def open_ways(options, postgres, groups):
    pgbouncer = poolers.PgBouncer(postgres, options.servers)
    groups["pooler"].move(pgbouncer.pid)
    ways = [poolers.Direct(postgres), pgbouncer, pgbouncer.unix()]
    for name, build in (("podpool", options.build), (report.BEFORE, options.against)):
        missing = poolers.Podpool.missing(build) if build else ""
        if missing:
            print(f"bench: without {name}: {missing}", file=sys.stderr)
        elif build:
            ways.append(open_podpool(name, build, options, postgres, groups))
    return ways


def open_podpool(name, build, options, postgres, groups):
    """With enough memory for the governor to leave the pool at the size that is compared."""
    podpool = poolers.Podpool(postgres, build, MAX_SERVERS=options.servers, MEMORY_LIMIT="8Gi", LOG="warning")
    podpool.name = name
    groups["pooler"].move(podpool.start_broker().pid)
    return podpool


def measure(options, ways, scenarios, groups, tools):
    samples = {scenario.name: {way.name: [] for way in ways} for scenario in scenarios}
    for run in range(options.runs):
        turn = ways[run % len(ways):] + ways[:run % len(ways)]  # nobody always comes first
        for scenario in scenarios:
            for way in turn:
                print(f"\rrun {run + 1}/{options.runs} {scenario.name} {way.name:16}", end="", file=sys.stderr)
                samples[scenario.name][way.name].append(load.run(scenario, way, tools, groups, options.seconds))
    print("", file=sys.stderr)
    return samples


def prepare(postgres, tools):
    postgres.init_pgbench(load.ROWS // 100000)
    (tools / "pgbench").symlink_to(postgres.bindir / "pgbench")
    load.build_forked(tools)


def main():
    options = arguments()
    chosen = re.compile(options.only)
    load.allow_many_descriptors()
    if options.one_cpu:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # all that is started from here on inherits it
    groups = cgroup.cpu_groups(load.ROLES)
    tools = pg.scratch("podpool-bench-")
    ways = []
    settings = {"max_connections": 500, "shared_buffers": "256MB", "log_connections": "off",
                "log_disconnections": "off"}
    try:
        with pg.Postgres.start(settings=settings) as postgres:
            groups["server"].move(postgres.pid)
            prepare(postgres, tools)
            ways = open_ways(options, postgres, groups)
            chosen_ways = [way for way in ways if re.search(options.ways, way.name)]
            result = {"cpus": os.cpu_count(), "cpu from": type(groups["client"]).__name__, "options": vars(options)}
            if chosen.search("idle"):  # first, while the poolers are fresh and reuse nothing
                result["idle client bytes"] = {way.name: load.idle_client_bytes(way, options.idle_clients)
                                               for way in chosen_ways if way.pid and "unix" not in way.name}
            scenarios = [scenario for scenario in load.SCENARIOS if chosen.search(scenario.name)]
            result["samples"] = measure(options, chosen_ways, scenarios, groups, tools)
            result["podpool cap"] = [way.status()["cap"] for way in ways if way.name == "podpool"]
            show(options, result)
            for way in reversed(ways):
                way.stop()
            ways = []
    finally:
        for way in reversed(ways):
            way.stop()
        subprocess.run(["rm", "-rf", tools], check=True)
        for group in groups.values():
            group.remove()


def show(options, result):
    result["medians"] = report.summary(result["samples"])
    print(f"medians of {options.runs} interleaved runs of {options.seconds} s; pool of {options.servers} servers; "
          f"{result['cpus']} CPUs; CPU times from {result['cpu from']}")
    print(report.table(result["medians"]))
    print("latency of reconnect: the transaction alone, as pgbench logs it; connecting shows in tps and CPU")
    for way, size in result.get("idle client bytes", {}).items():
        print(f"resident memory per idle client at {options.idle_clients}: {way}: {size:.0f} bytes (not the kernel's)")
    for cap in result["podpool cap"]:
        print(f"podpool's cap at the end: {cap['servers']} servers: {cap['reason']}")
    text, good = report.verdict(result["medians"])
    print(text)
    pathlib.Path(options.json).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(options.json).write_text(json.dumps(result, indent=1))
    print(f"written: {options.json}")
    if options.strict and not good:
        sys.exit(1)


main()
