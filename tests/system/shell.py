"""psql as a test's unmodified program."""
import subprocess


def psql(postgres, env, sql="select 'answer'", words="", command=(), **how):
    """Runs one -c; `words` are added to the connection string. CompletedProcess with text."""
    conninfo = f"host={postgres.host} port={postgres.port} user=app dbname=app connect_timeout=20 {words}"
    return subprocess.run([*command, "psql", "-XAtq", "-w", "-d", conninfo, "-c", sql], env=env, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, **(how or {"capture_output": True}))


def said(done):
    """What a person sees: exit status, output, errors."""
    return done.returncode, done.stdout, done.stderr
