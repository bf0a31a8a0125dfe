"""What the database itself says about connections: exact, where sampling pg_stat_activity would miss a peak."""
import re

_AUTHORIZED = re.compile(r"\[(\d+)\] .*connection authorized: user=(?!postgres )\S+ database=(\w+)")
_GONE = re.compile(r"\[(\d+)\] .*disconnection: session time: \S+ user=(?!postgres )\S+ database=(\w+)")


class ServerLog:
    """Sessions of one database since this object was made, but for the superuser's, who only watches.
    Needs log_connections and log_disconnections."""

    def __init__(self, postgres, database="app"):
        self.postgres = postgres
        self.database = database
        self.start = len(postgres.log_text())

    def text(self):
        return self.postgres.log_text()[self.start:]

    def _walk(self):
        alive, peak, total, crowded = set(), 0, 0, 0
        for line in self.text().splitlines():
            if (m := _AUTHORIZED.search(line)) and m[2] == self.database:
                alive.add(m[1])
                total += 1
                crowded += len(alive) > 1
                peak = max(peak, len(alive))
            elif (m := _GONE.search(line)) and m[2] == self.database:
                alive.discard(m[1])
        return peak, total, crowded

    @property
    def peak(self):
        """Most sessions at one time."""
        return self._walk()[0]

    @property
    def total(self):
        """Logins."""
        return self._walk()[1]

    @property
    def crowded(self):
        """Logins while another session was there."""
        return self._walk()[2]
