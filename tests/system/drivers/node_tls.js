// node-pg and TLS: host port user password database ssl (JSON: false, true, an object, or the parameters of a URI)
'use strict';
const { Client } = require('pg');
const [host, port, user, password, database, ssl] = process.argv.slice(2);
const encrypted = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';

async function main() {
	const wish = JSON.parse(ssl);
	const uri = `postgresql://${user}:${password}@${host}:${port}/${database}?${wish}`;
	const client = new Client(typeof wish === 'string' ? uri : { host, port: Number(port), user, password, database, ssl: wish });
	client.on('error', (e) => console.log('lost:', e.message));
	await client.connect();
	console.log('encrypted to the server', (await client.query(encrypted)).rows[0].ssl);
	console.log('a large result', (await client.query("select repeat('x', 3000000) as x")).rows[0].x.length);
	await client.query('select 1 / 0').catch((e) => console.log('error', e.code));
	await client.end();
}

main().catch((e) => console.log('no connection:', e.code, e.message));
