// node-pg: host port user password dbname scenario variant clients transactions
// variant named: queries carry a name, so that the driver prepares them
'use strict';
const { Client } = require('pg');
const [host, port, user, password, database, scenario, variant, clients, transactions] = process.argv.slice(2);
const elephant = 'žluťoučký kůň 日本 🐘';

async function connect() {
	const client = new Client({ host, port: Number(port), user, password, database, connectionTimeoutMillis: 20000 });
	await client.connect();
	return client;
}

async function one(client, text, values) {
	const query = { text, values, rowMode: 'array' };
	if (variant === 'named' && values) query.name = text.slice(0, 60);
	return (await client.query(query)).rows[0];
}

const count = async (client) => (await one(client, 'select count(*) from items'))[0];
const sqlstate = (client, text) => client.query(text).then(() => 'no error', (e) => e.code);

async function moves(client) {
	await client.query('begin');
	await client.query("insert into items values (1, 'one')");
	await client.query('insert into items values ($1, $2)', [2, 'two']);
	await client.query('commit');
	console.log('committed', await count(client));
	await client.query('begin');
	await client.query("insert into items values (3, 'three')");
	await client.query('rollback');
	console.log('rolled back', await count(client));
	console.log('duplicate', await sqlstate(client, "insert into items values (1, 'again')"));
	await client.query('begin');
	await client.query("insert into items values (4, 'four')");
	console.log('error', await sqlstate(client, 'select 1 / 0'));
	console.log('aborted', await sqlstate(client, 'select 1'));
	await client.query('rollback');
	console.log('after error', await count(client));
}

async function basic() {
	const client = await connect();
	console.log('server', (await one(client, 'show server_version'))[0]);
	await moves(client);
	console.log('parameters', ...(await one(client, 'select $1::int + 1, upper($2)', [41, "it's"])));
	console.log('megabyte', ...(await one(client, 'select length($1::text), md5($1::text)', ['x'.repeat(1048576)])));
	console.log('fetched', (await one(client, "select repeat('y', 1048576)"))[0].length);
	console.log('unicode', ...(await one(client, 'select $1::text, char_length($1::text)', [elephant])));
	console.log('null', (await one(client, 'select null'))[0] === null ? 'yes' : 'no');
	let sum = 0;
	for (let n = 1; n <= 7; n++) sum += (await one(client, 'select $1::int', [n]))[0];
	console.log('repeated', sum); // COPY needs a package that Debian does not have
	await client.end();
	console.log('closed');
}

async function cancel() {
	const client = await connect();
	const canceller = new Client({ host, port: Number(port), user, password, database });
	process.stdin.once('data', () => canceller.cancel(client, sleeper));
	const { Query } = require('pg');
	const sleeper = new Query('select pg_sleep(30)');
	const code = await new Promise((resolve) => {
		sleeper.on('error', (e) => resolve(e.code));
		sleeper.on('end', () => resolve('no error'));
		client.query(sleeper);
	});
	console.log('cancelled', code);
	console.log((await one(client, "select 'works after'"))[0]);
	await client.end();
	process.stdin.destroy();
}

// the connection dies under the query
async function lost() {
	const client = await connect();
	client.on('error', () => {});
	console.log('lost', await client.query('select pg_sleep(30)').then(() => 'no error', (e) => e.message));
	const next = await connect();
	console.log((await one(next, "select 'works after'"))[0]);
	await next.end();
}

async function load() {
	const all = await Promise.all(Array.from({ length: Number(clients) }, connect));
	let done = 0;
	await Promise.all(all.map(async (client, number) => {
		for (let n = 0; n < Number(transactions); n++) {
			await client.query('begin');
			await one(client, 'insert into load_log values ($1, $2)', [number, n]);
			await client.query('select pg_sleep(0.005)');
			await client.query('commit');
			done++;
		}
	}));
	await Promise.all(all.map((client) => client.end()));
	console.log('ok', done);
}

({ basic, cancel, lost, load })[scenario]();
