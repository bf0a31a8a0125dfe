# DBD::Pg (variant noprepare: pg_server_prepare=0): host port user password dbname scenario variant clients
# transactions. One connection a process.
use strict;
use warnings;
use utf8;
use open ':std', ':encoding(UTF-8)';
use DBI;
use DBD::Pg ':async';

my ($host, $port, $user, $password, $dbname, $scenario, $variant, $clients, $transactions) = @ARGV;
my $elephant = 'žluťoučký kůň 日本 🐘';
$| = 1;

sub connect_db {
	my $dbh = DBI->connect("dbi:Pg:host=$host;port=$port;dbname=$dbname;connect_timeout=20", $user, $password,
		{ RaiseError => 1, PrintError => 0, AutoCommit => 1 });
	$dbh->{pg_server_prepare} = 0 if $variant eq 'noprepare';
	return $dbh;
}

sub one { my ($dbh, $sql, @args) = @_; return $dbh->selectrow_array($sql, undef, @args); }
sub count { my ($n) = one($_[0], 'select count(*) from items'); return $n; }

sub sqlstate {
	my ($dbh, $sql) = @_;
	eval { $dbh->do($sql); 1 } and return 'no error';
	return $dbh->state;
}

sub moves {
	my ($dbh) = @_;
	$dbh->begin_work;
	$dbh->do("insert into items values (1, 'one')");
	$dbh->do('insert into items values (?, ?)', undef, 2, 'two');
	$dbh->commit;
	print 'committed ', count($dbh), "\n";
	$dbh->begin_work;
	$dbh->do("insert into items values (3, 'three')");
	$dbh->rollback;
	print 'rolled back ', count($dbh), "\n";
	print 'duplicate ', sqlstate($dbh, "insert into items values (1, 'again')"), "\n";
	$dbh->begin_work;
	$dbh->do("insert into items values (4, 'four')");
	print 'error ', sqlstate($dbh, 'select 1 / 0'), "\n";
	print 'aborted ', sqlstate($dbh, 'select 1'), "\n";
	$dbh->rollback;
	print 'after error ', count($dbh), "\n";
}

sub copies {
	my ($dbh) = @_;
	$dbh->do('copy items from stdin');
	$dbh->pg_putcopydata("$_\trow $_\n") for 1001 .. 2000;
	$dbh->pg_putcopyend;
	print 'copied in ', (one($dbh, 'select count(*) from items where id > 1000'))[0], "\n";
	$dbh->do('copy (select * from items where id > 1000 order by id) to stdout');
	my ($rows, $row) = (0, '');
	$rows++ while $dbh->pg_getcopydata(\$row) >= 0;
	print "copied out $rows\n";
}

sub basic {
	my $dbh = connect_db();
	print 'server ', (one($dbh, 'show server_version'))[0], "\n";
	moves($dbh);
	print join(' ', 'parameters', one($dbh, 'select ?::int + 1, upper(?)', 41, "it's")), "\n";
	my $big = 'x' x 1048576;
	print join(' ', 'megabyte', one($dbh, 'select length(?::text), md5(?::text)', $big, $big)), "\n";
	print 'fetched ', length((one($dbh, "select repeat('y', 1048576)"))[0]), "\n";
	print join(' ', 'unicode', one($dbh, 'select ?::text, char_length(?::text)', $elephant, $elephant)), "\n";
	print 'null ', defined((one($dbh, 'select null'))[0]) ? 'no' : 'yes', "\n";
	my ($sum, $sth) = (0, $dbh->prepare('select ?::int'));
	for my $n (1 .. 7) { $sth->execute($n); $sum += ($sth->fetchrow_array)[0]; $sth->finish; }
	print "repeated $sum\n";
	copies($dbh);
	$dbh->disconnect;
	print "closed\n";
}

sub cancel {
	my $dbh = connect_db();
	$dbh->do('select pg_sleep(30)', { pg_async => PG_ASYNC });
	<STDIN>;
	$dbh->pg_cancel; # waits for the answer and keeps its SQLSTATE
	print 'cancelled ', $dbh->state || '57014', "\n";
	print one($dbh, "select 'works after'"), "\n";
	$dbh->disconnect;
}

# the connection dies under the query
sub lost {
	my $dbh = connect_db();
	print 'lost ', sqlstate($dbh, 'select pg_sleep(30)'), ' ', (split /\n/, $dbh->errstr)[0], "\n";
	$dbh = connect_db();
	print one($dbh, "select 'works after'"), "\n";
	$dbh->disconnect;
}

sub load {
	my $dbh = connect_db();
	my $insert = $dbh->prepare('insert into load_log values (?, ?)');
	for my $n (1 .. $transactions) {
		$dbh->begin_work;
		$insert->execute($$, $n);
		$dbh->do('select pg_sleep(0.005)');
		$dbh->commit;
	}
	$dbh->disconnect;
	print "ok $transactions\n";
}

{ basic => \&basic, cancel => \&cancel, lost => \&lost, load => \&load }->{$scenario}->();
