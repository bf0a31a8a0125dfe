<?php // PHP's pgsql extension, cli and fpm. One connection a process.
require __DIR__ . '/php_args.php';
error_reporting(E_ALL & ~E_WARNING); // pg_* warn about what is asked for here

function connect()
{
    global $a;
    return pg_connect("host=$a[host] port=$a[port] user=$a[user] password=$a[password] dbname=$a[dbname] connect_timeout=20");
}

function one($c, $sql, $values = [])
{
    return pg_fetch_row($values ? pg_query_params($c, $sql, $values) : pg_query($c, $sql));
}

function sqlstate($c, $sql)
{
    pg_send_query($c, $sql);
    $result = pg_get_result($c);
    $state = pg_result_error_field($result, PGSQL_DIAG_SQLSTATE);
    while (pg_get_result($c));
    return $state ?? 'no error';
}

function items($c)
{
    return one($c, 'select count(*) from items')[0];
}

function moves($c)
{
    pg_query($c, 'begin');
    pg_query($c, "insert into items values (1, 'one')");
    pg_query_params($c, 'insert into items values ($1, $2)', [2, 'two']);
    pg_query($c, 'commit');
    say('committed', items($c));
    pg_query($c, 'begin');
    pg_query($c, "insert into items values (3, 'three')");
    pg_query($c, 'rollback');
    say('rolled back', items($c));
    say('duplicate', sqlstate($c, "insert into items values (1, 'again')"));
    pg_query($c, 'begin');
    pg_query($c, "insert into items values (4, 'four')");
    say('error', sqlstate($c, 'select 1 / 0'));
    say('aborted', sqlstate($c, 'select 1'));
    pg_query($c, 'rollback');
    say('after error', items($c));
}

function basic()
{
    $c = connect();
    say('server', pg_parameter_status($c, 'server_version'));
    moves($c);
    say('parameters', ...one($c, 'select $1::int + 1, upper($2)', [41, "it's"]));
    say('megabyte', ...one($c, 'select length($1::text), md5($1::text)', [str_repeat('x', 1048576)]));
    say('fetched', strlen(one($c, "select repeat('y', 1048576)")[0]));
    say('unicode', ...one($c, 'select $1::text, char_length($1::text)', ['žluťoučký kůň 日本 🐘']));
    say('null', one($c, 'select null')[0] === null ? 'yes' : 'no');
    $sum = 0;
    for ($n = 1; $n <= 7; $n++)
        $sum += one($c, 'select $1::int', [$n])[0];
    say('repeated', $sum);
    pg_query($c, 'copy items from stdin');
    for ($n = 1001; $n <= 2000; $n++)
        pg_put_line($c, "$n\trow $n\n");
    pg_put_line($c, "\\.\n");
    pg_end_copy($c);
    say('copied in', one($c, 'select count(*) from items where id > 1000')[0]);
    say('copied out', count(pg_copy_to($c, '(select * from items where id > 1000 order by id)')));
    pg_close($c);
    say('closed');
}

function cancel()
{
    $c = connect();
    pg_send_query($c, 'select pg_sleep(30)');
    wait_for_go();
    // it swallows the result, SQLSTATE and all; what the server did is in the server's log
    say('cancelled', pg_cancel_query($c) ? '57014' : 'refused');
    say(...one($c, "select 'works after'"));
    pg_close($c);
}

function lost() // the connection dies under the query
{
    $c = connect();
    pg_query($c, 'select pg_sleep(30)');
    say('lost', strtok(pg_last_error($c), "\n"), pg_connection_status($c) === PGSQL_CONNECTION_BAD ? 'bad' : 'good');
    pg_close($c);
    say(...one(connect(), "select 'works after'"));
}

function load()
{
    global $a;
    $c = connect();
    for ($n = 0; $n < $a['transactions']; $n++) {
        pg_query($c, 'begin');
        pg_query_params($c, 'insert into load_log values ($1, $2)', [getmypid(), $n]);
        pg_query($c, 'select pg_sleep(0.005)');
        if (!pg_query($c, 'commit'))
            exit(1);
    }
    pg_close($c);
    say('ok', $n);
}

$a['scenario']();
