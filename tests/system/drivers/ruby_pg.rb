# ruby-pg: host port user password dbname scenario variant clients transactions
require 'pg'

HOST, PORT, USER, PASSWORD, DBNAME, SCENARIO, VARIANT, CLIENTS, TRANSACTIONS = ARGV
ELEPHANT = 'žluťoučký kůň 日本 🐘'
$stdout.sync = true

def connect
  PG.connect(host: HOST, port: PORT, user: USER, password: PASSWORD, dbname: DBNAME, connect_timeout: 20)
end

def one(conn, sql, args = [])
  conn.exec_params(sql, args).values[0]
end

def count(conn)
  one(conn, 'select count(*) from items')[0]
end

def sqlstate(conn, sql)
  conn.exec(sql)
  'no error'
rescue PG::Error => e
  e.result.error_field(PG::PG_DIAG_SQLSTATE)
end

def moves(conn)
  conn.transaction do
    conn.exec("insert into items values (1, 'one')")
    conn.exec_params('insert into items values ($1, $2)', [2, 'two'])
  end
  puts "committed #{count(conn)}"
  conn.exec('begin')
  conn.exec("insert into items values (3, 'three')")
  conn.exec('rollback')
  puts "rolled back #{count(conn)}"
  puts "duplicate #{sqlstate(conn, "insert into items values (1, 'again')")}"
  conn.exec('begin')
  conn.exec("insert into items values (4, 'four')")
  puts "error #{sqlstate(conn, 'select 1 / 0')}"
  puts "aborted #{sqlstate(conn, 'select 1')}"
  conn.exec('rollback')
  puts "after error #{count(conn)}"
end

def copies(conn)
  conn.copy_data('copy items from stdin') do
    (1001..2000).each { |n| conn.put_copy_data("#{n}\trow #{n}\n") }
  end
  puts "copied in #{one(conn, 'select count(*) from items where id > 1000')[0]}"
  rows = 0
  conn.copy_data('copy (select * from items where id > 1000 order by id) to stdout') do
    rows += 1 while conn.get_copy_data
  end
  puts "copied out #{rows}"
end

def basic
  conn = connect
  puts "server #{conn.parameter_status('server_version')}"
  moves(conn)
  puts "parameters #{one(conn, 'select $1::int + 1, upper($2)', [41, "it's"]).join(' ')}"
  puts "megabyte #{one(conn, 'select length($1::text), md5($1::text)', ['x' * 1_048_576]).join(' ')}"
  puts "fetched #{one(conn, "select repeat('y', 1048576)")[0].length}"
  puts "unicode #{one(conn, 'select $1::text, char_length($1::text)', [ELEPHANT]).join(' ')}"
  puts "null #{one(conn, 'select null')[0].nil? ? 'yes' : 'no'}"
  puts "repeated #{(1..7).sum { |n| one(conn, 'select $1::int', [n])[0].to_i }}"
  copies(conn)
  conn.close
  puts 'closed'
end

def cancel
  conn = connect
  Thread.new { $stdin.gets && conn.cancel }
  puts "cancelled #{sqlstate(conn, 'select pg_sleep(30)')}"
  puts one(conn, "select 'works after'")
end

# the connection dies under the query
def lost
  conn = connect
  begin
    conn.exec('select pg_sleep(30)')
  rescue PG::Error => e
    puts "lost #{e.class} #{e.message.lines.first}"
  end
  puts one(connect, "select 'works after'")
end

def load_many
  connections = Array.new(CLIENTS.to_i) { connect }
  done = connections.each_with_index.map do |conn, number|
    Thread.new do
      TRANSACTIONS.to_i.times do |n|
        conn.transaction do
          conn.exec_params('insert into load_log values ($1, $2)', [number, n])
          conn.exec('select pg_sleep(0.005)')
        end
      end
      TRANSACTIONS.to_i
    end
  end.sum(&:value)
  connections.each(&:close)
  puts "ok #{done}"
end

{ 'basic' => method(:basic), 'cancel' => method(:cancel), 'lost' => method(:lost), 'load' => method(:load_many) }[SCENARIO].call
