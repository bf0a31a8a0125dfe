#!/bin/sh
# psql: host port user password dbname scenario variant clients transactions. One connection a process.
here=$(dirname "$0")
export PGHOST="$1" PGPORT="$2" PGUSER="$3" PGPASSWORD="$4" PGDATABASE="$5" PGCONNECT_TIMEOUT=20
case $6 in
basic) exec psql -XAtq -v VERBOSITY=sqlstate -f "$here/psql_basic.sql" ;;
cancel) # the test sends SIGINT, as a person at the keyboard would; from then on psql prints no rows
	trap : INT
	psql -XAtq -c 'select pg_sleep(30)' -c '\echo cancelled :LAST_ERROR_SQLSTATE' \
		-c "insert into items values (7, 'works after')"
	exec psql -XAtq -c 'select name from items where id = 7' ;;
lost) # the connection dies under the query
	psql -XAtq -c 'select pg_sleep(30)' 2>&1 | head -n 1
	exec psql -XAtq -c "select 'works after'" ;;
load)
	for n in $(seq "$9"); do
		echo "begin; insert into load_log values ($$, $n); select pg_sleep(0.005) \\g /dev/null"
		echo "commit;"
	done | psql -XAtq -v ON_ERROR_STOP=1 -f - && echo "ok $9" ;;
esac
