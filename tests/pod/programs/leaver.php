<?php // one request: one idle connection, one transaction with 0.7 s of work; see test_drain_matrix.py
$idle = pg_connect($_GET["dsn"]);
pg_query($idle, "insert into t values (1)");
$busy = pg_connect($_GET["dsn"], PGSQL_CONNECT_FORCE_NEW);
pg_query($busy, "begin");
pg_query($busy, "insert into t values (2)");
file_put_contents("php://stderr", "is busy\n");
pg_query($busy, "select pg_sleep(0.7)");
pg_query($busy, "commit");
echo "committed";
