"""Samples -> medians, ratios, a table."""
from statistics import median

COLUMNS = ("tps", "p50", "p99", "client", "pooler", "server", "total")
RIVAL, OURS, BEFORE = "pgbouncer tcp", "podpool", "podpool before"
RATIOS = ("tps", "p50", "pooler", "total")


def summary(samples):
    """samples: {scenario: {way: [figures of a run]}} -> the same with medians, plus 'ratio' and 'ratio before': podpool to
    pgbouncer over TCP and to its other build, run by run, as median and spread."""
    result = {}
    for scenario, ways in samples.items():
        result[scenario] = {way: {c: median(run[c] for run in runs) for c in COLUMNS} for way, runs in ways.items()}
        for name, rival in (("ratio", RIVAL), ("ratio before", BEFORE)):
            if rival in ways and OURS in ways:
                result[scenario][name] = {c: spread(ways[OURS], ways[rival], c) for c in RATIOS}
    return result


def spread(ours, rival, column):
    ratios = [a[column] / b[column] for a, b in zip(ours, rival) if b[column]] or [float("nan")]
    return {"median": median(ratios), "min": min(ratios), "max": max(ratios)}


def table(medians):
    lines = [f"{'':14}{'':16}{'tps':>9}{'p50 ms':>9}{'p99 ms':>9}   {'CPU us per transaction':^36}",
             f"{'scenario':14}{'way':16}{'':27}{'client':>9}{'pooler':>9}{'server':>9}{'total':>9}"]
    for scenario, ways in medians.items():
        for way, row in ways.items():
            rival = {"ratio": RIVAL, "ratio before": BEFORE}.get(way)
            lines.append(f"{scenario:14}{'  ' + ratio_text(rival, row) if rival else way_text(way, row)}")
            scenario = ""
    return "\n".join(lines)


def way_text(way, row):
    return (f"{way:16}{row['tps']:9.0f}{row['p50']:9.2f}{row['p99']:9.2f}"
            + "".join(f"{row[role]:9.1f}" for role in COLUMNS[3:]))


def ratio_text(rival, row):
    ratios = [f"{c} {r['median']:.2f} ({r['min']:.2f}..{r['max']:.2f})" for c, r in row.items()]
    return f"{OURS}/{rival}: {'  '.join(ratios)}"


def verdict(medians):
    """Where podpool must not lose: pooler CPU below pgbouncer's, tps not below. (text, all good)"""
    ratios = {scenario: ways["ratio"] for scenario, ways in medians.items() if "ratio" in ways}
    if not ratios:
        return "no scenario has both podpool and pgbouncer", False
    cpu = [scenario for scenario, ratio in ratios.items() if not ratio["pooler"]["median"] < 1]
    tps = [scenario for scenario, ratio in ratios.items() if not ratio["tps"]["median"] >= 1]
    text = (f"podpool against pgbouncer over loopback TCP, {len(ratios)} scenarios: pooler CPU per transaction "
            f"not lower in {', '.join(cpu) or 'none'}; tps lower in {', '.join(tps) or 'none'}")
    return text, not cpu and not tps
