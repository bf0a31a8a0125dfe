import java.io.ByteArrayOutputStream;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.postgresql.PGConnection;

/**
 * pgjdbc: host port user password dbname scenario variant clients transactions. Variant plain: nothing is SET after
 * connect (assumeMinServerVersion) and no statement gets a name (prepareThreshold=0).
 */
public class JdbcDriver {
	static final String ELEPHANT = "žluťoučký kůň 日本 🐘";
	static String[] args;

	static Connection connect() throws SQLException {
		Properties p = new Properties();
		p.setProperty("user", args[2]);
		p.setProperty("password", args[3]);
		p.setProperty("connectTimeout", "20");
		if (args[6].equals("plain")) {
			p.setProperty("assumeMinServerVersion", "15");
			p.setProperty("prepareThreshold", "0");
		}
		return DriverManager.getConnection("jdbc:postgresql://" + args[0] + ":" + args[1] + "/" + args[4], p);
	}

	static String one(Connection c, String sql, Object... values) throws SQLException {
		try (PreparedStatement s = c.prepareStatement(sql)) {
			for (int i = 0; i < values.length; i++)
				s.setObject(i + 1, values[i]);
			ResultSet r = s.executeQuery();
			r.next();
			StringBuilder line = new StringBuilder();
			for (int i = 1; i <= r.getMetaData().getColumnCount(); i++)
				line.append(i > 1 ? " " : "").append(r.getString(i));
			return line.toString();
		}
	}

	static String count(Connection c) throws SQLException {
		return one(c, "select count(*) from items");
	}

	static String sqlstate(Connection c, String sql) {
		try (Statement s = c.createStatement()) {
			s.execute(sql);
			return "no error";
		} catch (SQLException e) {
			return e.getSQLState();
		}
	}

	static void run(Connection c, String sql) throws SQLException {
		try (Statement s = c.createStatement()) {
			s.execute(sql);
		}
	}

	static void moves(Connection c) throws SQLException {
		c.setAutoCommit(false);
		run(c, "insert into items values (1, 'one')");
		try (PreparedStatement s = c.prepareStatement("insert into items values (?, ?)")) {
			s.setInt(1, 2);
			s.setString(2, "two");
			s.executeUpdate();
		}
		c.commit();
		System.out.println("committed " + count(c));
		run(c, "insert into items values (3, 'three')");
		c.rollback();
		System.out.println("rolled back " + count(c));
		c.commit();
		System.out.println("duplicate " + sqlstate(c, "insert into items values (1, 'again')"));
		c.rollback();
		run(c, "insert into items values (4, 'four')");
		System.out.println("error " + sqlstate(c, "select 1 / 0"));
		System.out.println("aborted " + sqlstate(c, "select 1"));
		c.rollback();
		System.out.println("after error " + count(c));
		c.commit();
		c.setAutoCommit(true);
	}

	static void basic() throws Exception {
		Connection c = connect();
		System.out.println("server " + one(c, "show server_version"));
		moves(c);
		System.out.println("parameters " + one(c, "select ?::int + 1, upper(?)", 41, "it's"));
		String big = "x".repeat(1048576);
		System.out.println("megabyte " + one(c, "select length(?::text), md5(?::text)", big, big));
		System.out.println("fetched " + one(c, "select repeat('y', 1048576)").length());
		System.out.println("unicode " + one(c, "select ?::text, char_length(?::text)", ELEPHANT, ELEPHANT));
		System.out.println("null " + (one(c, "select null").equals("null") ? "yes" : "no"));
		int sum = 0;
		try (PreparedStatement s = c.prepareStatement("select ?::int")) {
			for (int n = 1; n <= 7; n++) {
				s.setInt(1, n);
				ResultSet r = s.executeQuery();
				r.next();
				sum += r.getInt(1);
			}
		}
		System.out.println("repeated " + sum);
		StringBuilder rows = new StringBuilder();
		for (int n = 1001; n <= 2000; n++)
			rows.append(n).append("\trow ").append(n).append('\n');
		var copy = c.unwrap(PGConnection.class).getCopyAPI();
		copy.copyIn("copy items from stdin", new StringReader(rows.toString()));
		System.out.println("copied in " + one(c, "select count(*) from items where id > 1000"));
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		copy.copyOut("copy (select * from items where id > 1000 order by id) to stdout", out);
		System.out.println("copied out " + out.toString().lines().count());
		c.close();
		System.out.println("closed");
	}

	static void cancel() throws Exception {
		Connection c = connect();
		Statement sleeper = c.createStatement();
		new Thread(() -> {
			try {
				System.in.read();
				sleeper.cancel();
			} catch (Exception e) {
				System.out.println("cancel failed: " + e);
			}
		}).start();
		String state = "no error";
		try {
			sleeper.execute("select pg_sleep(30)");
		} catch (SQLException e) {
			state = e.getSQLState();
		}
		System.out.println("cancelled " + state);
		System.out.println(one(c, "select 'works after'"));
		c.close();
	}

	/** The connection dies under the query. */
	static void lost() throws Exception {
		Connection c = connect();
		try {
			run(c, "select pg_sleep(30)");
		} catch (SQLException e) {
			System.out.println("lost " + e.getSQLState() + " " + e.getMessage() + " " + c.isClosed());
		}
		try (Connection next = connect()) {
			System.out.println(one(next, "select 'works after'"));
		}
	}

	static int work(Connection c, int number, int transactions) throws SQLException {
		c.setAutoCommit(false);
		try (PreparedStatement s = c.prepareStatement("insert into load_log values (?, ?)")) {
			for (int n = 0; n < transactions; n++) {
				s.setInt(1, number);
				s.setInt(2, n);
				s.executeUpdate();
				run(c, "select pg_sleep(0.005)");
				c.commit();
			}
		}
		return transactions;
	}

	static void load() throws Exception {
		int clients = Integer.parseInt(args[7]), transactions = Integer.parseInt(args[8]), done = 0;
		List<Connection> all = new ArrayList<>();
		for (int n = 0; n < clients; n++)
			all.add(connect());
		ExecutorService threads = Executors.newFixedThreadPool(clients);
		List<Callable<Integer>> jobs = new ArrayList<>();
		for (int n = 0; n < clients; n++) {
			int number = n;
			jobs.add(() -> work(all.get(number), number, transactions));
		}
		for (Future<Integer> f : threads.invokeAll(jobs))
			done += f.get();
		threads.shutdown();
		for (Connection c : all)
			c.close();
		System.out.println("ok " + done);
	}

	public static void main(String[] argv) throws Exception {
		args = argv;
		System.setOut(new java.io.PrintStream(System.out, true, "UTF-8"));
		switch (args[5]) {
		case "basic" -> basic();
		case "cancel" -> cancel();
		case "lost" -> lost();
		default -> load();
		}
	}
}
