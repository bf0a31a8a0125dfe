"""asyncpg's own tests with the asyncpg that Debian installed, against a database that runs: what needs clusters that the
tests make and configure themselves (over unix sockets) they skip then."""
from compared import Suite, run_unittests

CANNOT_PASS = {}


def play(stage, options, top, said):
    """The tests alone are copied: beside them stands another asyncpg, which is not the one that is installed."""
    where, home = stage.postgres, stage.copy(top / "tests", "asyncpg")
    env = stage.env(PGHOST=where.host, PGPORT=where.port, PGUSER=where.user, PGDATABASE="postgres", PYTHONPATH=home, HOME=home)
    modules = sorted(f"tests.{path.stem}" for path in (top / "tests").glob("test_*.py"))
    return run_unittests(stage, options.tests or modules, env, said)


run = Suite("asyncpg", "asyncpg", "python3-asyncpg", play, {"max_prepared_transactions": 10, "jit": "off"},
            CANNOT_PASS).run
