"""The demo: three acts, each without and with podpool, then a table of what was measured."""
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests/support"))

import acts  # noqa: E402
import cgroup  # noqa: E402
import pg  # noqa: E402
import poolers  # noqa: E402

SERVERS = 8  # PODPOOL_MAX_SERVERS of acts 1 and 3; in act 2 the governor decides alone
LIMIT = f"{acts.MEMORY // acts.MIB} MiB of memory"
rows, broken = [], []


def row(what, without, with_podpool):
    rows.append((what, without, with_podpool))


def claim(text, true, *evidence):
    """What the demo says must have been measured in this run; else it fails and shows what it saw."""
    if not true:
        broken.append(text)
        print(f"   NOT SHOWN: {text}")
        for result in evidence:
            print(f"      {result}")


def perform(act, postgres, directory, **settings):
    """(without, with): the same program, direct and then with LD_PRELOAD and nothing else."""
    results = []
    for way in (poolers.Direct(postgres), poolers.Podpool(postgres, **settings)):
        try:
            results.append(act(acts.Stage(postgres, way, directory)))
        finally:
            way.stop()
    return results


def act_connections(postgres, directory):
    print("1. 64 clients: how many connections does PostgreSQL see?", flush=True)
    a, b = perform(acts.prefork, postgres, directory, MAX_SERVERS=SERVERS)
    row("64 forked Python workers: server connections", a["peak"], b["peak"])
    row("   transactions committed in 4 s", a["committed"], b["committed"])
    claim("64 workers have 64 connections without podpool", a["peak"] == 64, a)
    claim(f"and 1 to {SERVERS} with it", 0 < b["peak"] <= SERVERS, b)
    for result in (a, b):
        claim("every worker ends well and every order is there",
              result["workers well"] and result["begun"] == result["committed"] > 0, result)
    postgres.init_pgbench(1)
    a, b = perform(acts.pgbench, postgres, directory, MAX_SERVERS=SERVERS)
    row("pgbench -N -c 64: server connections", a["peak"], b["peak"])
    row("   transactions per second", f"{a['tps']:.0f}", f"{b['tps']:.0f}")
    claim("pgbench has 64 connections without podpool", a["peak"] == 64 and a["status"] == 0, a)
    claim(f"and 1 to {SERVERS} with it", 0 < b["peak"] <= SERVERS and b["status"] == 0, b)


def act_memory(postgres, directory):
    print(f"2. 60 threads making reports of 4 MB within {LIMIT}", flush=True)
    missing = cgroup.why_no_memory_group()
    if missing:
        print(f"   not measured here: {missing}")
        row(f"{LIMIT}, 60 threads", "not measured", "not measured")
        return
    a, b = perform(acts.memory_limit, postgres, directory)
    row(f"{LIMIT}, 60 threads: the program", fate(a), fate(b))
    row("   reports made in 8 s", a["reports"], b["reports"])
    row("   most memory used", f"{a['peak MiB']:.0f} MiB", f"{b['peak MiB']:.0f} MiB")
    if b["podpool"]:
        cap = b["podpool"]["cap"]
        print(f"   podpool says: {cap['servers']} servers: {cap['reason']}")
    claim("without podpool the kernel kills the program", a["kills"] > 0 and a["status"] == -9, a)
    claim("with it the program survives and works", b["kills"] == 0 and b["status"] == 0 and b["reports"] > 0, b)


def fate(result):
    return "out of memory: killed" if result["kills"] else "survived" if result["status"] == 0 else "failed"


def act_sigterm(postgres, directory):
    print("3. SIGTERM in the middle of 16 workers' transactions", flush=True)
    a, b = perform(acts.sigterm, postgres, directory, MAX_SERVERS=SERVERS)
    row("SIGTERM: transactions begun and lost", a["lost"], b["lost"])
    row("   sessions cut off (PostgreSQL's log)", a["cut off"], b["cut off"])
    row("   sessions left after 1 s", a["left"], b["left"])
    row("   the program was gone after", f"{a['took']:.2f} s", f"{b['took']:.2f} s")
    claim("without podpool transactions are lost", a["lost"] > 0 and a["cut off"] > 0, a)
    claim("with it none is lost, no session cut off, none left",
          b["lost"] == b["cut off"] == b["left"] == 0 < b["begun"], b)
    claim("the workers die of SIGTERM in both", a["all by SIGTERM"] and b["all by SIGTERM"], a, b)


def main():
    missing = poolers.Podpool.missing()
    if missing:
        sys.exit(f"demo: {missing}")
    directory = pg.scratch("podpool-demo-")
    try:
        with pg.Postgres.start() as postgres:
            print(f"a throwaway PostgreSQL listens on {postgres.host}:{postgres.port}; the programs differ only in\n"
                  f"LD_PRELOAD (and PODPOOL_TARGETS, this port is not 5432; PODPOOL_MAX_SERVERS={SERVERS} in 1 and 3)")
            for act in (act_connections, act_memory, act_sigterm):
                act(postgres, directory)
    finally:
        subprocess.run(["rm", "-rf", directory], check=True)
    print(f"\n{'':48}{'without':>23}{'with podpool':>23}")
    for what, without, with_podpool in rows:
        print(f"{what:48}{without!s:>23}{with_podpool!s:>23}")
    print(f"\n{'all of this was measured just now' if not broken else f'{len(broken)} claims were not shown'}")
    sys.exit(1 if broken else 0)


main()
