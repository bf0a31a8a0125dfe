"""psycopg2's own tests with the psycopg2 that Debian installed."""
from compared import Suite, run_unittests

# A pid is told at login, before anything is asked; in transaction mode no server is the client's by then, so none's pid
# is told: who would go by it could end a session that somebody else has by now. In session mode this passes.
CANNOT_PASS = {
    "tests.test_connection.TestConnectionInfo.test_backend_pid": "the pid told at login is not that of the server of the moment",
}


def play(stage, options, top, said):
    stage.postgres.psql("create database psycopg2_test;\n\n\\c psycopg2_test\ncreate extension hstore")
    where, home = stage.postgres, stage.copy(top / "tests", "psycopg2")
    env = stage.env(PSYCOPG2_TESTDB="psycopg2_test", PSYCOPG2_TESTDB_HOST=where.host,
                    PSYCOPG2_TESTDB_PORT=where.port, PSYCOPG2_TESTDB_USER=where.user, PYTHONPATH=home)
    return run_unittests(stage, options.tests, env, said)


run = Suite("psycopg2", "psycopg2", "python3-psycopg2", play,
            {"max_prepared_transactions": 10, "wal_level": "logical"}, CANNOT_PASS).run
