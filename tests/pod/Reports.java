import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * reports.c for a JVM whose heap fills most of its memory from the start: HOST PORT POOL SECONDS. Smaller results, and
 * they are garbage of a heap that never grows.
 */
public class Reports {
	static final int WORKERS = 60;
	static final int ROWS = 500;
	static final String QUERY = "SELECT n, repeat('x', 980) FROM generate_series(1, " + ROWS + ") n";
	static final AtomicLong done = new AtomicLong();

	static void report(Connection connection) throws Exception {
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery(QUERY)) {
			int n = 0;
			while (rows.next())
				n++;
			if (n != ROWS)
				throw new IllegalStateException(n + " rows");
			Thread.sleep(350 + ThreadLocalRandom.current().nextInt(200));
		}
		connection.commit();
	}

	static void work(BlockingQueue<Connection> pool) {
		try {
			while (true) {
				Connection connection = pool.take();
				report(connection);
				done.incrementAndGet();
				pool.add(connection);
			}
		} catch (Exception e) {
			System.out.println("failed: " + e);
			Runtime.getRuntime().halt(1);
		}
	}

	public static void main(String[] args) throws Exception {
		String url = "jdbc:postgresql://" + args[0] + ":" + args[1] + "/postgres?user=postgres&assumeMinServerVersion=15"
				+ "&prepareThreshold=0";
		BlockingQueue<Connection> pool = new ArrayBlockingQueue<>(WORKERS);
		for (int i = 0; i < Integer.parseInt(args[2]); i++) {
			Connection connection = DriverManager.getConnection(url);
			connection.setAutoCommit(false);
			pool.add(connection);
		}
		for (int i = 0; i < WORKERS; i++)
			new Thread(() -> work(pool)).start();
		Thread.sleep(Integer.parseInt(args[3]) * 1000L);
		System.out.println("reports " + done.get());
		System.out.flush();
		Runtime.getRuntime().halt(0);
	}
}
