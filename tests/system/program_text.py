"""What a program says that uses psycopg2: its text is the test's, after a few words that all of them need."""
import subprocess
import sys

WORDS = """
import sys, psycopg2
def connect(**words):
    connection = psycopg2.connect(host=sys.argv[1], port=sys.argv[2], **{**DEFAULTS, **words})
    connection.autocommit = True
    return connection
def rows(connection, sql):
    cursor = connection.cursor()
    try:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else "done"
    except psycopg2.Error as e:
        return e.pgcode, e.diag.message_detail
def ask(connection, sql):
    found = rows(connection, sql)
    return found[0][0] if type(found) is list else found[0] if type(found) is tuple else found
def refused(**words):
    try:
        connect(**words).close()
        return "in"
    except psycopg2.Error as e:
        return str(e).split("FATAL: ")[-1].strip()
"""


def said_by_program(pool, env, text, **defaults):
    """connect(), rows(), the first value of them by ask(), refused(); defaults are those of connect()."""
    done = subprocess.run([sys.executable, "-c", f"DEFAULTS = {defaults!r}{WORDS}{text}", pool.postgres.host,
                           str(pool.postgres.port)], env=env, text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout
