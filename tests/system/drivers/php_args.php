<?php // the same words from the command line (cli) and from the query string (fpm)
$names = ['host', 'port', 'user', 'password', 'dbname', 'scenario', 'variant', 'clients', 'transactions'];
$a = PHP_SAPI === 'cli' ? array_combine($names, array_slice($argv, 1)) : $_GET;

function say(...$words)
{
    echo implode(' ', $words), "\n";
}

function wait_for_go()
{
    if (PHP_SAPI === 'cli') {
        fgets(STDIN);
        return;
    }
    while (!file_exists($_GET['go'])) { // a web request has no terminal
        usleep(20000);
        clearstatcache();
    }
}
