"""Looks at PostgreSQL while something else runs: sessions of others, sampled."""
import threading

import psycopg2

OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> 'watch'"


class Watch:
    """with Watch(postgres) as watch: ...; then watch.peak"""

    def __init__(self, postgres):
        self.conn = psycopg2.connect(host=str(postgres.workdir), port=postgres.port, user="postgres", dbname="postgres",
                                     application_name="watch")
        self.conn.autocommit = True
        self.peak, self.ended = 0, threading.Event()
        self.thread = threading.Thread(target=self._run)

    def sessions(self):
        with self.conn.cursor() as cursor:
            cursor.execute(OTHERS)
            return cursor.fetchone()[0]

    def _run(self):
        while not self.ended.wait(0.05):
            self.peak = max(self.peak, self.sessions())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
        self.conn.close()
