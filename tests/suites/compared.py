"""A driver's tests run twice: every one that passes direct must pass pooled, but for those named with the reason why
they cannot."""
import collections
import copy
import json
import pathlib
import subprocess
import sys

import sources
from stage import Stage


RUN = "the run as a whole"  # a test like the others: a run that dies after three tests has not passed with three


def whole(status, good=(0,)):
    """Its row; good: what the runner ends with when it has run to its end."""
    return {RUN: ["ok" if status in good else "failed", f"it ended with {status}"]}


class Suite:
    """name; play(stage, options, top, said) -> {test: [result, why]}, which runs the tests of `top` against
    stage.postgres and lets them say what they say to the file `said`; server: the database's settings;
    cannot_pass {test: why}: in transaction mode."""

    def __init__(self, name, source, package, play, server, cannot_pass):
        self.name, self.source, self.package = name, source, package
        self.play, self.server, self.cannot_pass = play, server, cannot_pass

    def run(self, options):
        top = (options.source or sources.fetch(self.source, self.package)).resolve()
        sources.CACHE.mkdir(parents=True, exist_ok=True)
        directly = copy.copy(options)
        directly.direct = True
        direct = self._results(directly, top, sources.CACHE / f"{self.name}.direct")
        if direct[RUN][0] != "ok":
            print(f"  direct, {RUN}: {direct[RUN][1]}, see {sources.CACHE / self.name}.direct")
            return 1
        if options.direct:
            return 0
        pooled = self._results(options, top, sources.CACHE / f"{self.name}.pooled")
        wanted = [test for test, (result, _) in direct.items() if result == "ok"]
        cannot = {} if options.settings.get("MODE") == "session" else self.cannot_pass
        return 1 if self._judge(cannot, wanted, pooled) or wanted == [RUN] else 0

    def _results(self, options, top, out):
        with Stage(options, self.server) as stage, open(out, "w") as said:
            results = self.play(stage, options, top, said)
            words = stage.words()
        count = collections.Counter(result for result, _ in results.values())
        print(f"{self.name} {words}: {dict(count)}", flush=True)
        return results

    def _judge(self, cannot, wanted, pooled):
        """Words about what should have been otherwise."""
        said, passed, known = [], 0, 0
        with open(sources.CACHE / f"{self.name}.failures", "w") as failures:
            for test in wanted:
                result, why = pooled.get(test, ["never ran", ""])
                if result == "ok" and test in cannot:
                    said.append(f"passed, which was thought impossible: {test}: {cannot[test]}")
                elif result == "ok":
                    passed += 1
                elif test in cannot:
                    known += 1
                    print(f"  cannot pass: {test}: {cannot[test]}")
                else:
                    said.append(f"{result}: {test}: {(why.strip().splitlines() or [''])[-1]}")
                    failures.write(f"{result}: {test}\n{why}\n\n")
        print(*(f"  {line}" for line in said), f"{passed} passed, {len(said)} failed, {known} cannot pass", sep="\n")
        return said


def run_unittests(stage, tests, env, said):
    """The named ones of the `tests` package on the path, or all."""
    runner = pathlib.Path(__file__).with_name("unittest_runner.py").read_text()  # the stage's user may not enter the tree
    done = subprocess.run(stage.command(sys.executable, "-c", runner, *tests), env=env, cwd="/", text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, timeout=1500)
    return {row[0]: row[1:] for row in map(json.loads, done.stdout.splitlines())} | whole(done.returncode)
