// node-pg and TLS: host port user password database ssl (JSON: false, true or an object)
'use strict';
const { Client } = require('pg');
const [host, port, user, password, database, ssl] = process.argv.slice(2);
const encrypted = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';

async function main() {
	const client = new Client({ host, port: Number(port), user, password, database, ssl: JSON.parse(ssl) });
	client.on('error', (e) => console.log('lost:', e.message));
	await client.connect();
	console.log('encrypted to the server', (await client.query(encrypted)).rows[0].ssl);
	console.log('a large result', (await client.query("select repeat('x', 3000000) as x")).rows[0].x.length);
	await client.query('select 1 / 0').catch((e) => console.log('error', e.code));
	await client.end();
}

main().catch((e) => console.log('no connection:', e.code, e.message));
