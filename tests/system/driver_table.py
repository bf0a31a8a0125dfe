"""Every driver with a name of its own for each way of using it that a pooler can tell apart."""
import dataclasses
import pathlib
import sys

DRIVERS = pathlib.Path(__file__).parent / "drivers"
USER, PASSWORD, DATABASE = "app", "app-secret", "app"
TABLES = """
drop table if exists items, load_log, pgbench_accounts, pgbench_branches, pgbench_history, pgbench_tellers;
create table items (id int primary key, name text not null);
create table load_log (client int, n int);
alter table items owner to app;
alter table load_log owner to app;
"""
BASIC = """server {version}
committed 2
rolled back 2
duplicate 23505
error 22012
aborted 25P02
after error 2
parameters 42 IT'S
megabyte 1048576 b561f87202d04959e37588ee05cf5b10
fetched 1048576
unicode žluťoučký kůň 日本 🐘 18
null yes
repeated 28
copied in 1000
copied out 1000
closed
"""


@dataclasses.dataclass(frozen=True)
class Driver:
    name: str
    command: tuple  # before the arguments; {java} is the folder of compiled classes
    variant: str = "-"
    cancel: str = "stdin"  # how the test says "cancel now": stdin, sigint, file; "" = this driver cannot
    one_process: bool = True  # load: all clients in one process
    copies: bool = True
    fpm: bool = False

    def arguments(self, postgres, scenario, clients=1, transactions=1):
        return [postgres.host, str(postgres.port), USER, PASSWORD, DATABASE, scenario, self.variant, str(clients),
                str(transactions)]


PYTHON, PHP = (sys.executable,), ("php",)
NODE, RUBY, PERL = ("node",), ("ruby",), ("perl",)
JAVA = ("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m", "-cp",
        "{java}:/usr/share/java/postgresql.jar", "JdbcDriver")


def script(command, name):
    return (*command, str(DRIVERS / name))


ALL = [
    Driver("psql", ("sh", str(DRIVERS / "psql.sh")), cancel="sigint", one_process=False),
    Driver("pgbench-simple", ("sh", str(DRIVERS / "pgbench.sh")), "simple", cancel=""),
    Driver("pgbench-extended", ("sh", str(DRIVERS / "pgbench.sh")), "extended", cancel=""),
    Driver("pgbench-prepared", ("sh", str(DRIVERS / "pgbench.sh")), "prepared", cancel=""),
    Driver("php-pgsql", script(PHP, "php_pgsql.php"), one_process=False),
    Driver("php-pdo-emulated", script(PHP, "php_pdo.php"), "emulated", cancel="", one_process=False),
    Driver("php-pdo-unnamed", script(PHP, "php_pdo.php"), "unnamed", cancel="", one_process=False),
    Driver("php-pdo-native", script(PHP, "php_pdo.php"), "native", cancel="", one_process=False),
    Driver("php-fpm-pgsql", (str(DRIVERS / "php_pgsql.php"),), cancel="file", one_process=False, fpm=True),
    Driver("php-fpm-pdo", (str(DRIVERS / "php_pdo.php"),), "emulated", cancel="", one_process=False, fpm=True),
    Driver("psycopg2", script(PYTHON, "psycopg2_driver.py")),
    Driver("psycopg3-noprepare", script(PYTHON, "psycopg3_driver.py"), "noprepare"),
    Driver("psycopg3", script(PYTHON, "psycopg3_driver.py")),
    Driver("asyncpg", script(PYTHON, "asyncpg_driver.py")),
    Driver("asyncpg-nocache", script(PYTHON, "asyncpg_driver.py"), "nocache"),
    Driver("node-pg", script(NODE, "node_pg.js"), copies=False),
    Driver("node-pg-named", script(NODE, "node_pg.js"), "named", copies=False),
    Driver("ruby-pg", script(RUBY, "ruby_pg.rb")),
    Driver("dbd-pg", script(PERL, "dbd_pg.pl"), one_process=False),
    Driver("dbd-pg-noprepare", script(PERL, "dbd_pg.pl"), "noprepare", one_process=False),
    Driver("pgjdbc", JAVA),
    Driver("pgjdbc-plain", JAVA, "plain"),
]


def expected_basic(driver, postgres):
    text = BASIC.format(version=postgres.psql("show server_version"))
    return text if driver.copies else text.replace("copied in 1000\ncopied out 1000\n", "")

