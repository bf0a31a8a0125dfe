# What Rails' adapter says by itself: its settings at start, its questions about types, prepared statements a1, a2, ...
# host port user password dbname scenario variant clients transactions
require 'pg'

HOST, PORT, USER, PASSWORD, DBNAME, _SCENARIO, _VARIANT, CLIENTS, TRANSACTIONS = ARGV

class Adapter
  def initialize
    @conn = PG.connect(host: HOST, port: PORT, user: USER, password: PASSWORD, dbname: DBNAME, connect_timeout: 20)
    @statements = {}
    @conn.exec('SHOW max_identifier_length')
    @conn.set_client_encoding('UTF8')
    @conn.exec("SET client_min_messages TO 'warning'")
    @conn.exec('SET standard_conforming_strings = on')
    @conn.exec("SET intervalstyle = iso_8601; SET SESSION timezone TO 'UTC'")
    @conn.exec("SET SESSION statement_timeout TO '15s'")
    @conn.exec("SELECT t.oid, t.typname FROM pg_type as t WHERE t.typname IN ('int2', 'int4', 'json')")
  end

  def exec_cache(sql, args)
    name = @statements[sql] ||= "a#{@statements.size + 1}".tap { |new| @conn.prepare(new, sql) }
    @conn.exec_prepared(name, args).values
  end

  def transaction
    @conn.exec('BEGIN')
    yield
    @conn.exec('COMMIT')
  end

  def settings
    @conn.exec("SELECT current_setting('TimeZone'), current_setting('statement_timeout'), current_setting('IntervalStyle')").values
  end

  def active?
    @conn.query(';') && true
  end

  def disconnect!
    @conn.close
  end
end

adapters = Array.new(CLIENTS.to_i) { Adapter.new }
done = adapters.each_with_index.map do |adapter, number|
  Thread.new do
    TRANSACTIONS.to_i.times do |n|
      adapter.active?
      adapter.transaction do
        adapter.exec_cache('INSERT INTO load_log VALUES ($1, $2) RETURNING n', [number, n]) == [[n.to_s]] or raise 'rows'
        adapter.exec_cache('SELECT pg_sleep($1)', [0.005])
      end
      raise 'settings' unless adapter.settings == [%w[UTC 15s iso_8601]]
    end
    TRANSACTIONS.to_i
  end
end.sum(&:value)
adapters.each(&:disconnect!)
puts "ok #{done}"
