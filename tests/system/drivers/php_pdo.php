<?php // PDO, variants emulated, native (named statements) and unnamed (PGSQL_ATTR_DISABLE_PREPARES). It cannot cancel.
require __DIR__ . '/php_args.php';

function connect()
{
    global $a;
    $options = [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_EMULATE_PREPARES => $a['variant'] === 'emulated',
        PDO::PGSQL_ATTR_DISABLE_PREPARES => $a['variant'] === 'unnamed'];
    return new PDO("pgsql:host=$a[host];port=$a[port];dbname=$a[dbname]", $a['user'], $a['password'], $options);
}

function one($c, $sql, $values = [])
{
    $s = $c->prepare($sql);
    $s->execute($values);
    return $s->fetch(PDO::FETCH_NUM);
}

function sqlstate($c, $sql)
{
    try {
        $c->exec($sql);
        return 'no error';
    } catch (PDOException $e) {
        return $e->getCode();
    }
}

function items($c)
{
    return one($c, 'select count(*) from items')[0];
}

function moves($c)
{
    $c->beginTransaction();
    $c->exec("insert into items values (1, 'one')");
    $c->prepare('insert into items values (?, ?)')->execute([2, 'two']);
    $c->commit();
    say('committed', items($c));
    $c->beginTransaction();
    $c->exec("insert into items values (3, 'three')");
    $c->rollBack();
    say('rolled back', items($c));
    say('duplicate', sqlstate($c, "insert into items values (1, 'again')"));
    $c->beginTransaction();
    $c->exec("insert into items values (4, 'four')");
    say('error', sqlstate($c, 'select 1 / 0'));
    say('aborted', sqlstate($c, 'select 1'));
    $c->rollBack();
    say('after error', items($c));
}

function basic()
{
    $c = connect();
    say('server', $c->getAttribute(PDO::ATTR_SERVER_VERSION));
    moves($c);
    say('parameters', ...one($c, 'select ?::int + 1, upper(?)', [41, "it's"]));
    $big = str_repeat('x', 1048576);
    say('megabyte', ...one($c, 'select length(?::text), md5(?::text)', [$big, $big]));
    say('fetched', strlen(one($c, "select repeat('y', 1048576)")[0]));
    $elephant = 'žluťoučký kůň 日本 🐘';
    say('unicode', ...one($c, 'select ?::text, char_length(?::text)', [$elephant, $elephant]));
    say('null', one($c, 'select null')[0] === null ? 'yes' : 'no');
    $sum = 0;
    $s = $c->prepare('select ?::int');
    for ($n = 1; $n <= 7; $n++) {
        $s->execute([$n]);
        $sum += $s->fetchColumn();
    }
    say('repeated', $sum);
    $c->pgsqlCopyFromArray('items', array_map(fn($n) => "$n\trow $n\n", range(1001, 2000)));
    say('copied in', one($c, 'select count(*) from items where id > 1000')[0]);
    say('copied out', count($c->pgsqlCopyToArray('(select * from items where id > 1000 order by id)')));
    $c = $s = null;
    say('closed');
}

function lost() // the connection dies under the query
{
    say('lost', sqlstate($c = connect(), 'select pg_sleep(30)'), strtok($c->errorInfo()[2], "\n"));
    say(...one(connect(), "select 'works after'"));
}

function load()
{
    global $a;
    $c = connect();
    for ($n = 0; $n < $a['transactions']; $n++) {
        $c->beginTransaction();
        $c->prepare('insert into load_log values (?, ?)')->execute([getmypid(), $n]);
        $c->query('select pg_sleep(0.005)')->fetchAll();
        $c->commit();
    }
    say('ok', $n);
}

$a['scenario']();
