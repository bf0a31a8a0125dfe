#!/bin/sh
# pgbench: host port user password dbname scenario variant clients transactions; variant is the -M protocol.
export PGHOST="$1" PGPORT="$2" PGUSER="$3" PGPASSWORD="$4" PGDATABASE="$5" PGCONNECT_TIMEOUT=20
here=$(dirname "$0")
run() {
	pgbench -n -M "$1" -c "$2" -j 2 -t "$3" -f "$4" 2>&1 |
		grep -E 'processed|failed|aborted|error' | sed 's/actually //'
}
case $6 in
basic)
	pgbench -i -q -s 1 2>&1 | grep -cE 'error|ERROR' # tables, COPY in, indexes, vacuum
	run "$7" 1 20 "$here/pgbench_basic.sql"
	psql -XAtqc 'select count(*), sum(abalance) from pgbench_accounts' ;;
lost)
	pgbench -n -M "$7" -t 1 -f "$here/pgbench_lost.sql" 2>&1 | grep -E 'closed|aborted|processed' | sed 's/actually //'
	exec psql -XAtq -c "select 'works after'" ;;
load) run "$7" "$8" "$9" "$here/pgbench_load.sql" ;;
esac
