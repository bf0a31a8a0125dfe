import java.sql.Connection;
import java.sql.DriverManager;

/** Leaver URL hook|plain: one idle connection, one open transaction with 0.7 s of work; see test_drain_matrix.py. */
public class Leaver {
    static Connection connect(String url) throws Exception {
        return DriverManager.getConnection(url);
    }

    public static void main(String[] args) throws Exception {
        Connection idle = connect(args[0]);
        idle.createStatement().execute("insert into t values (1)");
        Connection busy = connect(args[0]);
        busy.setAutoCommit(false);
        busy.createStatement().execute("insert into t values (2)");
        Thread worker = new Thread(() -> {
            try {
                busy.createStatement().execute("select pg_sleep(0.7)");
                busy.commit();
            } catch (Exception e) {
                System.out.println(e);
            }
        });
        if (args[1].equals("hook"))
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                try {
                    worker.join();
                } catch (InterruptedException e) {
                    System.out.println(e);
                }
            }));
        worker.start();
        System.out.println("is busy");
        Thread.sleep(60_000);
    }
}
