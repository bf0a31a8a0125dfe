"""What a libpq program wants of TLS is the broker's business: the same success, the same words of failure, and nothing
shows in what libpq tells about the connection."""
import os
import pwd
import shutil
import signal
import socket
import subprocess

import pytest

from databases import database
from shell import psql, said
from support import pg, wait
from support.pgwire import Wire
from support.pool import direct_env

ENCRYPTED = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
CA = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
HBA = """local all all trust
hostssl all certified 127.0.0.1/32 cert
hostnossl all only_tls 127.0.0.1/32 reject
hostssl all only_plain 127.0.0.1/32 reject
host all md5er 127.0.0.1/32 md5
host all passworder 127.0.0.1/32 password
host all truster 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
"""
ROLES = """create role certified login; create role only_tls login password 'app-secret';
create role only_plain login password 'app-secret'; create role truster login;
create role passworder login password 'app-secret';
set password_encryption = md5; create role md5er login password 'app-secret';"""


class Certificates:
    """The server's root, a stranger's root, and a client certificate for `certified`."""

    def __init__(self, folder, postgres):
        self.root = postgres.root_cert
        self.stranger, self.cert, self.key = folder / "stranger.crt", folder / "client.crt", folder / "client.key"
        self.stranger_key = folder / "x.key"
        subprocess.run([*CA, "-subj", "/CN=stranger", "-keyout", self.stranger_key, "-out", self.stranger], check=True,
                       stderr=subprocess.DEVNULL)
        subprocess.run([*CA, "-subj", "/CN=certified", "-keyout", self.key, "-out", self.cert], check=True,
                       stderr=subprocess.DEVNULL)
        self.locked = folder / "locked.key"
        subprocess.run(["openssl", "rsa", "-aes128", "-passout", "pass:open", "-in", self.key, "-out", self.locked],
                       check=True, stderr=subprocess.DEVNULL)
        self.locked.chmod(0o600)
        self._make_lists(folder, postgres.workdir / "server.key")

    def _make_lists(self, folder, root_key):
        """Of the revoked: nobody, and the server."""
        self.empty, self.revoked, self.revoked_folder = folder / "empty.crl", folder / "revoked.crl", folder / "crls"
        conf = folder / "ca.conf"
        conf.write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/index\ndefault_md=sha256\ndefault_crl_days=2\n")
        (folder / "index").touch()
        ca = ["openssl", "ca", "-config", conf, "-cert", self.root, "-keyfile", root_key]
        for what in (["-gencrl", "-out", self.empty], ["-revoke", self.root], ["-gencrl", "-out", self.revoked]):
            subprocess.run([*ca, *what], check=True, stderr=subprocess.DEVNULL)
        self.revoked_folder.mkdir()
        shutil.copy(self.revoked, self.revoked_folder)
        subprocess.run(["openssl", "rehash", self.revoked_folder], check=True)


@pytest.fixture(scope="module")
def server():
    with database("scram-sha-256", ssl=True) as postgres:
        postgres.psql(ROLES)
        folder = pg.scratch("podpool-certs-")
        postgres.certificates = Certificates(folder, postgres)
        shutil.copy(postgres.certificates.cert, postgres.workdir / "clients.crt")
        (postgres.datadir / "pg_hba.conf").write_text(HBA)
        postgres.psql(f"alter system set ssl_ca_file = '{postgres.workdir}/clients.crt'")
        postgres.psql("select pg_reload_conf()")
        wait.until(lambda: postgres.psql("show ssl_ca_file").endswith("clients.crt"), "the certificates are known")
        yield postgres
        shutil.rmtree(folder)


@pytest.fixture
def pool(make_pool, server):
    return make_pool(server)


def same(pool, words, sql="select current_user, 'works'", cwd="/", **env):
    """Direct and pooled, to the letter."""
    expected = said(psql(pool.postgres, direct_env(**env), sql, words, capture_output=True, cwd=cwd))
    assert said(psql(pool.postgres, pool.env() | env, sql, words, capture_output=True, cwd=cwd)) == expected
    return expected


def pooled_transactions(pool):
    return pool.status()["totals"]["transactions"] if pool.pooled else None


@pytest.mark.parametrize("words", [
    "sslmode=verify-full sslrootcert={c.stranger}", "sslmode=verify-ca sslrootcert={c.stranger}",
    "sslmode=require sslrootcert={c.stranger}", "sslmode=verify-full sslrootcert={c.root} host=not.the.name hostaddr=127.0.0.1",
    "sslmode=verify-full", "sslmode=verify-full sslrootcert=/nonexistent/root.crt",
    "sslmode=require sslcert={c.cert} sslkey=/nonexistent/key",
    "sslmode=require sslcert={c.cert} sslkey={c.locked} sslpassword=wrong",
    "sslmode=require ssl_max_protocol_version=TLSv1.1 ssl_min_protocol_version=TLSv1",
], ids=["full-stranger", "ca-stranger", "require-stranger", "other-name", "no-root", "missing-root", "missing-key",
        "wrong-key-password", "old-tls"])
def test_what_fails_direct_fails_pooled_with_the_same_words(words, pool, server):
    words = "password=app-secret " + words.format(c=server.certificates)
    status, out, err = same(pool, words, HOME="/nonexistent")
    assert (status, out) == (2, "") and err


@pytest.mark.parametrize("words", [
    "sslmode=verify-full sslrootcert={c.root}", "sslmode=verify-full sslrootcert={c.root} host=localhost hostaddr=127.0.0.1",
    "sslmode=verify-ca sslrootcert={c.root} host=not.the.name hostaddr=127.0.0.1",
    "sslmode=require channel_binding=require", "sslmode=prefer channel_binding=require", "sslmode=require sslsni=0",
    "sslmode=require ssl_min_protocol_version=TLSv1.3", "sslmode=require ssl_max_protocol_version=TLSv1.2",
    "user=certified sslmode=require sslcert={c.cert} sslkey={c.key}", "user=certified sslcert={c.cert} sslkey={c.key}",
    "user=certified sslmode=require sslcert={c.cert} sslkey={c.locked} sslpassword=open",
    "user=md5er sslmode=require", "user=passworder sslmode=require", "user=truster sslmode=require",
    "user=only_tls", "user=only_plain", "user=only_plain sslmode=disable", "user=only_plain sslmode=allow",
    "user=only_tls sslmode=allow",
])
def test_what_works_direct_works_pooled(words, pool, server):
    status, out, _ = same(pool, "password=app-secret " + words.format(c=server.certificates))
    assert status == 0 and out.endswith("|works\n")
    if pool.pooled:
        assert pooled_transactions(pool) == 1


@pytest.mark.parametrize("words", ["user=only_tls sslmode=disable", "user=only_plain sslmode=require",
                                   "user=certified sslmode=require", "user=certified sslmode=disable",
                                   "user=truster sslmode=require channel_binding=require",
                                   "user=md5er sslmode=require channel_binding=require",
                                   "user=md5er password=wrong sslmode=require", "user=passworder password=wrong",
                                   "user=passworder password=wrong sslmode=disable", "user=md5er password=wrong sslmode=disable",
                                   "user=certified sslmode=require sslcert={c.stranger} sslkey={c.stranger_key}"])
def test_the_servers_refusals_are_its_own(words, pool, server):
    """Where libpq tries with TLS and without, both get the same refusal: direct it is said twice, pooled once."""
    words = "password=app-secret " + words.format(c=server.certificates)
    direct = psql(server, direct_env(HOME="/nonexistent"), words=words)
    pooled = psql(server, pool.env() | {"HOME": "/nonexistent"}, words=words)
    assert (pooled.returncode, pooled.stdout) == (direct.returncode, direct.stdout) == (2, "")
    assert set(pooled.stderr.replace("psql: error: ", "").splitlines()) == set(
        direct.stderr.replace("psql: error: ", "").splitlines())


@pytest.mark.parametrize("env, works", [
    ({"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "{c.root}"}, True),
    ({"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "{c.stranger}"}, False),
    ({"PGUSER": "certified", "PGSSLMODE": "require", "PGSSLCERT": "{c.cert}", "PGSSLKEY": "{c.key}"}, True),
    ({"PGUSER": "certified", "PGSSLMODE": "require", "PGSSLCERT": "{c.cert}", "PGSSLKEY": "/nonexistent"}, False),
    ({"PGSSLMODE": "require", "PGCHANNELBINDING": "require"}, True),
    ({"PGSSLMODE": "require", "PGSSLMINPROTOCOLVERSION": "TLSv1.3", "PGSSLMAXPROTOCOLVERSION": "TLSv1.3"}, True),
    ({"PGSSLMODE": "verify-ca", "PGSSLROOTCERT": "{c.root}", "PGSSLCRL": "{c.empty}"}, True),
    ({"PGSSLMODE": "verify-ca", "PGSSLROOTCERT": "{c.root}", "PGSSLCRL": "{c.revoked}"}, False),
    ({"PGSSLMODE": "verify-ca", "PGSSLROOTCERT": "{c.root}", "PGSSLCRLDIR": "{c.revoked_folder}"}, False)],
    ids=lambda v: " ".join(f"{k[2:]}={v.partition('.')[2]}" for k, v in v.items()) if isinstance(v, dict) else "")
def test_the_environments_wishes_and_the_revoked(env, works, pool, server):
    env = {k: v.format(c=server.certificates) for k, v in env.items()}
    user = env.pop("PGUSER", "app")
    status, _, err = same(pool, f"user={user} password=app-secret", HOME="/nonexistent", **env)
    assert (status == 0) == works, err
    if pool.pooled:
        assert pooled_transactions(pool) == works


@pytest.mark.parametrize("files, words, works", [
    ({"root.crt": "root"}, "sslmode=verify-full", True), ({"root.crt": "stranger"}, "sslmode=verify-full", False),
    ({"root.crt": "stranger"}, "sslmode=require", False), ({"root.crt": "root", "root.crl": "revoked"}, "sslmode=require", False),
    ({"root.crt": "root", "root.crl": "empty"}, "sslmode=verify-ca", True),
    ({"postgresql.crt": "cert", "postgresql.key": "key"}, "user=certified sslmode=require", True),
    ({"postgresql.crt": "cert", "postgresql.key": "key"}, "user=certified", True),
    ({"postgresql.crt": "cert"}, "user=certified sslmode=require", False), ({}, "sslmode=verify-full", False)])
def test_the_files_libpq_looks_for_by_itself(files, words, works, pool, server, tmp_path):
    (tmp_path / ".postgresql").mkdir()
    for name, file in files.items():
        shutil.copy(getattr(server.certificates, file), tmp_path / ".postgresql" / name)
    status, _, err = same(pool, f"password=app-secret {words}", HOME=str(tmp_path))
    assert (status == 0) == works, err
    if pool.pooled:
        assert pooled_transactions(pool) == works


def test_uri_array_and_environment_say_the_same(pool, server):
    env = pool.env()
    uri = f"postgresql://app:app-secret@127.0.0.1:{server.port}/app?sslmode=verify-full&sslrootcert={server.root_cert}"
    for command, more in (
            (["psql", uri, "-XAtqc", ENCRYPTED], {}),
            (["psql", "-h", "127.0.0.1", "-p", str(server.port), "-U", "app", "-XAtqc", ENCRYPTED, "app"],
             {"PGPASSWORD": "app-secret", "PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(server.root_cert)})):
        done = subprocess.run(command, env=env | more, capture_output=True, text=True, timeout=30)
        assert said(done) == (0, "t\n", "")
    if pool.pooled:
        assert pooled_transactions(pool) == 2
        assert len(pool.status()["pools"]) == 1


@pytest.mark.pooled
def test_pools_with_different_wishes_never_mix(pool, server):
    wishes = ["sslmode=disable", "sslmode=prefer", "sslmode=require", "sslmode=verify-ca sslrootcert={c.root}",
              "sslmode=require channel_binding=require", "sslmode=require ssl_max_protocol_version=TLSv1.2"]
    for words in wishes * 2:
        assert psql(server, pool.env(), words="password=app-secret " + words.format(c=server.certificates)).returncode == 0
    assert len(pool.status()["pools"]) == len(wishes)


@pytest.mark.pooled
def test_a_stricter_wish_is_not_served_by_a_laxer_servers_connection(pool, server):
    assert psql(server, pool.env(), words="password=app-secret sslmode=prefer").returncode == 0
    words = f"password=app-secret sslmode=verify-full sslrootcert={server.certificates.stranger}"
    assert "certificate verify failed" in psql(server, pool.env(), words=words).stderr


def test_a_root_certificate_that_was_replaced_counts(pool, server, tmp_path):
    root = tmp_path / "root.crt"
    shutil.copy(server.root_cert, root)
    words = f"password=app-secret sslmode=verify-full sslrootcert={root}"
    assert psql(server, pool.env(), words=words).returncode == 0
    shutil.copy(server.certificates.stranger, tmp_path / "new")
    os.replace(tmp_path / "new", root)
    assert "certificate verify failed" in psql(server, pool.env(), words=words).stderr


@pytest.mark.parametrize("words", ["service=tls", "host=127.0.0.1,127.0.0.1 port={p},{p} sslmode=require",
                                   "requiressl=1", "sslmode=require sslrootcert=relative.crt"])
def test_what_only_libpq_can_read_still_works(words, pool, server, tmp_path):
    (tmp_path / "service").write_text("[tls]\nsslmode=require\n")
    status, out, _ = same(pool, "password=app-secret " + words.format(p=server.port), ENCRYPTED,
                          PGSERVICEFILE=str(tmp_path / "service"))
    assert (status, out) == (0, "t\n")


@pytest.mark.parametrize("mode", ["require", "verify-full"])
def test_what_is_too_long_to_be_pooled_is_encrypted_all_the_same(mode, pool, server):
    words = f"password=app-secret sslmode={mode} sslrootcert={server.root_cert}"
    for length in (2000, 4000, 5000):
        assert same(pool, words, ENCRYPTED, PGOPTIONS=f"-c my.padding={'x' * length}") == (0, "t\n", "")


SERVICES = """[verified]
host=127.0.0.1
port={p}
user=app
dbname=app
sslmode=verify-full
sslrootcert={root}
[deceived]
host=127.0.0.1
port={p}
sslmode=verify-full
sslrootcert={stranger}
[half]
sslmode=require
[broken]
host=127.0.0.1
port={p}
sslmode = require
"""


@pytest.mark.parametrize("words, status, pooled", [
    ("service=verified", 0, True), ("service=deceived user=app dbname=app", 2, False), ("service=nobody", 2, False),
    ("service=half host=127.0.0.1 port={p} user=app dbname=app", 0, True), ("service=broken user=app dbname=app", 2, False),
    ("service=verified sslmode=disable", 0, True), ("service=verified sslrootcert={stranger}", 2, False)])
@pytest.mark.parametrize("place", ["PGSERVICEFILE", "HOME", "PGSYSCONFDIR"])
def test_services(place, words, status, pooled, pool, server, tmp_path):
    names = {"p": server.port, "root": server.root_cert, "stranger": server.certificates.stranger}
    name = {"PGSERVICEFILE": "mine", "HOME": ".pg_service.conf", "PGSYSCONFDIR": "pg_service.conf"}[place]
    (tmp_path / name).write_text(SERVICES.format(**names))
    env = {"HOME": "/nonexistent", "PGPASSWORD": "app-secret", "PGSSLMODE": "prefer",
           place: str(tmp_path / name if place == "PGSERVICEFILE" else tmp_path)}
    answers = [said(subprocess.run(["psql", "-XAtqwc", ENCRYPTED, "-d", words.format(**names)], env=base | env, text=True,
                                   capture_output=True, timeout=30)) for base in (direct_env(), pool.env())]
    assert answers[1] == answers[0]
    assert answers[0][0] == status
    if pool.pooled:
        assert pooled_transactions(pool) == pooled


@pytest.mark.pooled
def test_a_libpq_that_does_not_read_home_is_pooled_where_home_is_the_passwds(pool, server, tmp_path):
    """Before 15. Elsewhere it must find its certificates by itself."""
    source, old = tmp_path / "old.c", tmp_path / "old.so"
    source.write_text("int PQlibVersion(void); int PQlibVersion(void) { return 140000; }")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", old, source], check=True)
    words = "password=app-secret sslmode=require"
    for home, pooled in (("/nonexistent", 0), (pwd.getpwuid(os.geteuid()).pw_dir, 1)):
        env = pool.env() | {"HOME": home}
        env["LD_PRELOAD"] += f":{old}"
        assert said(psql(server, env, ENCRYPTED, words)) == (0, "t\n", "")
        assert pooled_transactions(pool) == pooled


@pytest.mark.parametrize("words, works", [
    ("sslmode=verify-full sslrootcert=root.crt", True), ("sslmode=verify-full sslrootcert=./root.crt", True),
    ("sslmode=verify-full sslrootcert=../mine/root.crt", True), ("sslmode=verify-full sslrootcert=stranger.crt", False),
    ("sslmode=verify-full sslrootcert=missing.crt", False), ("sslmode=require sslcert=client.crt sslkey=missing.key", False),
    ("sslmode=require sslcert=root.crt sslkey=client.key", False),
    ("user=certified sslmode=require sslcert=client.crt sslkey=client.key", True)])
def test_relative_paths_begin_where_the_program_stands(words, works, pool, server, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    c = server.certificates
    for name, file in (("root.crt", c.root), ("stranger.crt", c.stranger), ("client.crt", c.cert), ("client.key", c.key)):
        shutil.copy(file, mine / name)
    status, _, err = same(pool, f"password=app-secret {words}", cwd=mine, HOME="/nonexistent")
    assert (status == 0) == works and str(mine) not in err
    if pool.pooled:
        assert pooled_transactions(pool) == works


def test_one_relative_path_in_two_places_is_two_wishes(pool, server, tmp_path):
    for name, file, status in (("one", server.certificates.root, 0), ("two", server.certificates.stranger, 2)):
        (tmp_path / name).mkdir()
        shutil.copy(file, tmp_path / name / "root.crt")
        assert same(pool, "password=app-secret sslmode=verify-ca sslrootcert=root.crt", cwd=tmp_path / name)[0] == status


@pytest.fixture
def closed():
    """A port nobody listens at."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        yield s.getsockname()[1]


@pytest.mark.parametrize("words, works", [
    ("host=not.the.name,localhost hostaddr=127.0.0.1,127.0.0.1 port={closed},{p}", True),
    ("host=localhost,not.the.name hostaddr=127.0.0.1,127.0.0.1 port={closed},{p}", False),
    ("host=not.the.name,localhost hostaddr=127.0.0.2,127.0.0.1 port={p}", True),
    ("host=localhost,not.the.name hostaddr=127.0.0.2,127.0.0.1 port={p},{p}", False),
    ("host=127.0.0.2,localhost port={p}", True), ("host=127.0.0.2,127.0.0.1 port={p},{p}", True),
    ("host=localhost,127.0.0.1 port={p},{p}", True), ("host=127.0.0.2,127.0.0.2 port={p},{closed}", False)])
@pytest.mark.parametrize("mode", ["require", "verify-full"])
def test_of_several_hosts_each_is_checked_by_its_own_name(mode, words, works, pool, server, closed):
    words = words.format(p=server.port, closed=closed)
    if pool.pooled:
        pool.env(TARGETS=f"*:{server.port},*:{closed}")
    expected = same(pool, f"password=app-secret sslmode={mode} sslrootcert={server.root_cert} {words}", ENCRYPTED)
    if mode == "verify-full" or "127.0.0.2,127.0.0.2" in words:
        assert expected[0] == (0 if works else 2)
    else:
        assert expected == (0, "t\n", "")
    if pool.pooled and expected[0] == 0:
        assert pooled_transactions(pool) == 1


def test_target_session_attrs_and_several_hosts(pool, server):
    words = f"password=app-secret host=127.0.0.1,127.0.0.1 port={server.port},{server.port}"
    for attrs, status in (("read-write", 0), ("any", 0), ("standby", 2), ("prefer-standby", 0)):
        for mode in ("disable", "prefer", f"verify-full sslrootcert={server.root_cert}"):
            assert same(pool, f"{words} target_session_attrs={attrs} sslmode={mode}")[0] == status


def test_pgpass_and_pgservice(pool, server, tmp_path):
    passfile, service = tmp_path / "pass", tmp_path / "service"
    passfile.write_text("127.0.0.1:*:app:app:app-secret\n")
    passfile.chmod(0o600)
    service.write_text(f"[mine]\nhost=127.0.0.1\nport={server.port}\nuser=app\ndbname=app\n")
    env = {"PGPASSFILE": str(passfile), "PGSERVICE": "mine", "PGSERVICEFILE": str(service)}
    command = ["psql", "-XAtqwc", "select current_user"]
    for base in (direct_env(), pool.env()):
        done = subprocess.run(command, env=base | env, capture_output=True, text=True, timeout=30)
        assert said(done) == (0, "app\n", "")
    assert same(pool, "sslmode=require", **{k: env[k] for k in ("PGPASSFILE",)})[0] == 0


REPORTED = ["application_name", "client_encoding", "DateStyle", "default_transaction_read_only", "in_hot_standby",
            "integer_datetimes", "IntervalStyle", "is_superuser", "server_encoding", "server_version",
            "session_authorization", "standard_conforming_strings", "TimeZone", "no_such_setting"]
FACTS = """
import json, sys, psycopg2
c = psycopg2.connect(sys.argv[1])
print(json.dumps([c.info.dsn_parameters, c.info.host, c.info.port, c.info.options, c.info.password, c.dsn,
                  c.info.parameter_status("replication"), c.info.user, c.info.dbname, c.info.server_version,
                  c.info.protocol_version, c.info.status, c.info.transaction_status, c.info.needs_password,
                  c.info.used_password, c.info.error_message, c.info.backend_pid > 0, c.encoding,
                  [c.info.parameter_status(name) for name in sys.argv[2:]]], sort_keys=True))
"""


@pytest.mark.parametrize("words", ["", "sslmode=disable", "sslmode=allow", "sslmode=require", "sslmode=verify-ca sslrootcert={c.root}",
                                   "sslmode=verify-full sslrootcert={c.root}", "channel_binding=require",
                                   "sslmode=verify-full channel_binding=require sslrootcert={c.root}"])
def test_libpq_tells_what_it_was_told(words, pool, server):
    conninfo = f"host=127.0.0.1 port={server.port} user=app dbname=app password=app-secret " + words.format(c=server.certificates)

    def facts(env):
        done = subprocess.run(["/usr/bin/python3", "-c", FACTS, conninfo, *REPORTED], env=env, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout
    assert facts(pool.env()) == facts(direct_env())
    if pool.pooled:
        pool.settle()


RESET = r"""
require 'pg'
require 'socket'
c = PG::Connection.new(ARGV[0])
puts c.exec("select ssl from pg_stat_ssl where pid = pg_backend_pid()").values.inspect
if ARGV[1]
  Process.kill(:KILL, ARGV[1].to_i)
  Thread.pass while (UNIXSocket.new(ARGV[2]).close; true) rescue nil # until nobody listens any more
end
c.reset
puts c.exec("select ssl from pg_stat_ssl where pid = pg_backend_pid()").values.inspect
puts c.conninfo_hash.reject { |_, v| v.nil? }.inspect
puts c.host, c.port
"""


@pytest.mark.parametrize("words", ["sslmode=prefer", "sslmode=verify-full sslrootcert={c.root} channel_binding=require"])
@pytest.mark.parametrize("broker", ["lives", "is killed"])
def test_reset_connects_as_the_first_time(words, broker, pool, server):
    """Also to a new broker, which has never heard of the wish."""
    conninfo = f"host=127.0.0.1 port={server.port} user=app dbname=app password=app-secret " + words.format(c=server.certificates)

    def reset(env, *more):
        done = subprocess.run(["ruby", "-e", RESET, conninfo, *more], env=env, capture_output=True, text=True, timeout=30)
        return said(done)
    expected = reset(direct_env())
    assert expected[0] == 0
    env = pool.env()
    victim = [str(pool.broker_pid), str(pool.dir / "sock")] if broker == "is killed" and pool.pooled else []
    if victim:
        os.utime(pool.dir / "lock", (0, 0))  # it had run for long
    assert reset(env, *victim) == expected
    if pool.pooled:
        wait.until(lambda: pool.status()["totals"]["clients"] == 0, "the program has left")
        assert pool.status()["totals"]["transactions"] == (1 if victim else 2)


def test_psql_reconnects_with_what_it_was_told(pool, server):
    script = "\\conninfo\n\\c\n\\conninfo\nselect current_user;\n"
    conninfo = f"host=127.0.0.1 port={server.port} user=app dbname=app password=app-secret sslmode=prefer"

    def talk(env):
        done = subprocess.run(["psql", "-XAtq", "-d", conninfo], input=script, env=env, capture_output=True, text=True, timeout=30)
        return done.returncode, [line for line in done.stdout.splitlines() if not line.startswith("SSL connection")], done.stderr
    assert talk(pool.env()) == talk(direct_env())


@pytest.mark.pooled
def test_nothing_that_must_be_encrypted_goes_elsewhere_in_clear_text(pool, server, tmp_path):
    """The broker is stopped and cannot be started again: a blocking connect goes by itself, encrypted."""
    env = pool.env()
    words = f"password=app-secret sslmode=verify-full sslrootcert={server.root_cert}"
    assert said(psql(server, env, ENCRYPTED, words)) == (0, "t\n", "")
    pid = pool.broker_pid
    os.kill(pid, signal.SIGKILL)
    wait.until(lambda: wait.gone(pid), "the broker is gone")
    pool.dir.chmod(0o777)  # nobody trusts it now
    assert said(psql(server, env, ENCRYPTED, words)) == (0, "t\n", "")
    pool.dir.chmod(0o700)


@pytest.mark.pooled
def test_a_certificate_in_the_brokers_home_is_not_for_others(pool, server, monkeypatch, tmp_path):
    """A program that does without TLS and libpq is asked for its password, as it would be directly."""
    home = tmp_path / "home"
    (home / ".postgresql").mkdir(parents=True)
    shutil.copy(server.certificates.cert, home / ".postgresql/postgresql.crt")
    shutil.copy(server.certificates.key, home / ".postgresql/postgresql.key")
    assert psql(server, direct_env(HOME=home), words="user=certified sslmode=require").returncode == 0
    monkeypatch.setenv("HOME", str(home))
    with pool.dialer() as dialer, dialer.connect(server.host, server.port) as sock:
        with pytest.raises(ConnectionError) as refused:
            Wire(sock).login(user="certified", password="wrong")
    assert refused.value.args[0]["C"] == "28P01"


@pytest.mark.pooled
@pytest.mark.parametrize("sslmode, works", [("require", True), ("verify-ca", False)])
def test_a_root_in_the_brokers_home_is_for_an_operator_who_wants_servers_verified(sslmode, works, pool, server,
                                                                                  monkeypatch, tmp_path):
    """It is not the server's."""
    home = tmp_path / "home"
    (home / ".postgresql").mkdir(parents=True)
    shutil.copy(server.certificates.stranger, home / ".postgresql/root.crt")
    monkeypatch.setenv("HOME", str(home))
    with pool.dialer(SERVER_SSLMODE=sslmode) as dialer, dialer.connect(server.host, server.port) as sock:
        if works:
            assert Wire(sock).login(password="app-secret").ask(ENCRYPTED) == [["t"]]
        else:
            with pytest.raises(ConnectionError):
                Wire(sock).login(password="app-secret")
