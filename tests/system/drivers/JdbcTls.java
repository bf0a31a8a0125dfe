// pgjdbc and TLS: url
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

class JdbcTls {
	static final String ENCRYPTED = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";

	static String ask(Connection c, String sql) throws SQLException {
		try (Statement s = c.createStatement(); ResultSet r = s.executeQuery(sql)) {
			r.next();
			return r.getString(1);
		}
	}

	public static void main(String[] args) {
		try (Connection c = DriverManager.getConnection(args[0])) {
			System.out.println("encrypted to the server " + ask(c, ENCRYPTED));
			System.out.println("a large result " + ask(c, "select repeat('x', 3000000)").length());
			try {
				ask(c, "select 1 / 0");
			} catch (SQLException e) {
				System.out.println("error " + e.getSQLState());
			}
		} catch (SQLException e) {
			System.out.println("no connection: " + e.getSQLState() + " " + e.getMessage());
		}
	}
}
