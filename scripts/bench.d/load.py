"""One measured run of one scenario over one way to the database."""
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

ROWS = 5 * 100000  # pgbench scale 5
PROGRESS = re.compile(r"^progress: ([\d.]+) s, ([\d.]+) tps")
ROLES = ("client", "pooler", "server")


class Scenario:
    def __init__(self, name, clients, options=None, sampling=0.1):
        self.name, self.clients, self.options, self.sampling = name, clients, options, sampling

    def command(self, tools, way, seconds, log):
        if self.options is None:
            conninfo = f"host={way.host} port={way.port} user=postgres dbname=postgres"
            return [tools / "forked", str(self.clients), str(seconds), str(ROWS), log, conninfo]
        return [tools / "pgbench", "-h", way.host, "-p", str(way.port), "-U", "postgres", "-n", "-S", *self.options,
                "-c", str(self.clients), "-j", str(min(2, self.clients)), "-T", str(seconds), "-P", "1", "-l",
                "--log-prefix", log, "--sampling-rate", str(self.sampling), "postgres"]


SCENARIOS = [
    *[Scenario(f"{mode}:{n}", n, ["-M", mode]) for mode in ("simple", "extended") for n in (1, 8, 64, 400)],
    *[Scenario(f"reconnect:{n}", n, ["-C"], sampling=1) for n in (8, 64)],
    Scenario("forked:64", 64),
]


def build_forked(directory):
    flags = subprocess.check_output(["pkg-config", "--cflags", "--libs", "libpq"], text=True).split()
    source = pathlib.Path(__file__).parent / "forked.c"
    subprocess.run(["gcc", "-O2", "-D_GNU_SOURCE", "-o", directory / "forked", source, *flags], check=True)


def run(scenario, way, tools, groups, seconds):
    """The figures of one run; again when a machine too busy kept pgbench from reporting twice."""
    for patience in (2, 6, 12):
        marks, latencies, status, said = once(scenario, way, tools, groups, seconds, patience)
        if status:
            break
        if len(marks) >= 2:
            return figures(marks, latencies)
    sys.exit(f"\nbench: {scenario.name} over {way.name}: status {status}, {len(marks)} reports of progress\n{said}")


def once(scenario, way, tools, groups, seconds, patience):
    """The first second (connecting, warming up) and the end are not measured: CPU and transactions are those between
    the first report of progress and the one `seconds` later, while everything is still running."""
    with tempfile.TemporaryDirectory(prefix="podpool-bench-log-") as directory:
        process = subprocess.Popen(scenario.command(tools, way, seconds + patience, f"{directory}/log"), env=way.env,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   preexec_fn=groups["client"].enter)
        groups["client"].move(process.pid)
        marks, other = read_progress(process, groups, seconds)
        status = process.wait()
        latencies = sorted(latency for file in pathlib.Path(directory).iterdir() for latency in read_log(file))
    return marks, latencies, status, "".join(other)[-2000:]


def read_progress(process, groups, seconds):
    marks, other = [], []
    for line in process.stderr:
        found = PROGRESS.match(line)
        if not found:
            other.append(line)
        elif not marks or marks[-1][0] < marks[0][0] + seconds - 0.1:  # a busy pgbench leaves reports out
            marks.append((float(found[1]), float(found[2]), [groups[role].seconds() for role in ROLES]))
    return marks, other


def read_log(file):
    with open(file) as lines:
        return [float(fields[2]) / 1000 for fields in map(str.split, lines) if len(fields) > 2]


def figures(marks, latencies):
    """tps; latencies in ms; CPU per role in microseconds per transaction."""
    (start, _, before), (end, _, after) = marks[0], marks[-1]
    transactions = sum(tps * (now - last) for (last, _, _), (now, tps, _) in zip(marks, marks[1:])) or 1
    tps = transactions / (end - start)
    cpu = {role: 1e6 * (b - a) / transactions for role, a, b in zip(ROLES, before, after)}
    return {"tps": tps, "p50": percentile(latencies, 50), "p99": percentile(latencies, 99), **cpu,
            "total": sum(cpu.values())}


def percentile(ordered, percent):
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else float("nan")


IDLE = """
import sys, psycopg2
all = [psycopg2.connect(sys.argv[1]) for _ in range(int(sys.argv[2]))]
for conn in all:
    conn.autocommit = True
    conn.cursor().execute('select 1')
print('ready', flush=True)
sys.stdin.read()
"""


def idle_client_bytes(way, clients):
    """Growth of the pooler's own resident memory per connected client that does nothing (RssAnon: pages of its
    program file that are touched for the first time are nobody's in particular)."""
    pid = way.pid  # once: it asks `podpool status`, whose text for 1000 clients is larger than they are
    before = resident_bytes(pid)
    conninfo = f"host={way.host} port={way.port} user=postgres dbname=postgres"
    process = subprocess.Popen(["/usr/bin/python3", "-c", IDLE, conninfo, str(clients)], env=way.env, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    if process.stdout.readline() != "ready\n":
        sys.exit(f"\nbench: {clients} idle clients over {way.name} failed")
    after = resident_bytes(pid)
    process.communicate()
    return (after - before) / clients


def resident_bytes(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"RssAnon:\s*(\d+)", text)[1]) * 1024


def allow_many_descriptors(wanted=8192):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
