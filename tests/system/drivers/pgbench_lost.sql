select pg_sleep(30);
