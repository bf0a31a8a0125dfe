// leaver.js URL handler|plain: one idle connection, one open transaction with 0.7 s of work; see test_drain_matrix.py.
const { Client } = require("pg");
const [url, kind] = process.argv.slice(2);

async function main() {
  const idle = new Client(url), busy = new Client(url);
  await idle.connect();
  await idle.query("insert into t values (1)");
  await busy.connect();
  await busy.query("begin");
  await busy.query("insert into t values (2)");
  const work = busy.query("select pg_sleep(0.7)").then(() => busy.query("commit"));
  if (kind === "handler")
    process.on("SIGTERM", () => work.then(() => process.exit(7)));
  console.log("is busy");
  setTimeout(() => {}, 60000);
}
main();
