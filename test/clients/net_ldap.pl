# Drives a server with Perl's Net::LDAP and prints what it saw: one JSON object a line.

use strict;
use warnings;

use Authen::SASL qw(Perl);
use JSON::PP;
use Net::LDAP;
use Net::LDAP::Constant qw(LDAP_CONTROL_PAGED LDAP_CONTROL_PREREAD LDAP_CONTROL_POSTREAD LDAP_CONTROL_SORTRESULT
  LDAP_CONTROL_VLVRESPONSE LDAP_CONTROL_SYNC_DONE LDAP_SYNC_REFRESH_ONLY);
use Net::LDAP::Control::Assertion;
use Net::LDAP::Control::DontUseCopy;
use Net::LDAP::Control::ManageDsaIT;
use Net::LDAP::Control::MatchedValues;
use Net::LDAP::Control::NoOp;
use Net::LDAP::Control::Paged;
use Net::LDAP::Control::PersistentSearch;
use Net::LDAP::Control::PostRead;
use Net::LDAP::Control::PreRead;
use Net::LDAP::Control::ProxyAuth;
use Net::LDAP::Control::Relax;
use Net::LDAP::Control::Sort;
use Net::LDAP::Control::SyncRequest;
use Net::LDAP::Control::TreeDelete;
use Net::LDAP::Control::VLV;
use Net::LDAP::Entry;
use Net::LDAP::Extension::Cancel;
use Net::LDAP::Extension::SetPassword;
use Net::LDAP::Extension::WhoAmI;
use Net::LDAP::LDIF;

my $PASSWORD     = $ENV{LDAP_PASSWORD};
my $PORT         = $ENV{LDAP_PORT};
my %TLS          = (verify => 'require', cafile => $ENV{LDAP_CA_FILE});
my $ADMIN        = 'uid=admin';
my $MAIL_SERVERS = 'cn=Mail Servers,cn=config';
my $MAIL_SERVER  = "cn=Net::LDAP,$MAIL_SERVERS";
my $PEOPLE       = 'ou=People,dc=example,dc=com';
my $GROUPS       = 'ou=Groups,dc=example,dc=com';

$| = 1;
my $json = JSON::PP->new->canonical->allow_nonref;

sub say_it {
  my ($name, $value) = @_;
  print $json->encode({ name => $name, value => $value }), "\n";
}

sub connect_to {
  my (%options) = @_;
  return Net::LDAP->new('localhost', port => $PORT, timeout => 20, %options) || die "no connection: $@";
}

sub bound {
  my $ldap = connect_to();
  must($ldap->bind($ADMIN, password => $PASSWORD));
  return $ldap;
}

sub must {
  my ($message) = @_;
  die $message->error_name . ': ' . $message->error if $message->code;
  return $message;
}

sub refusal {
  my ($message) = @_;
  return [$message->error_name, $message->code + 0, $message->error];
}

sub binds {
  my $ldap = connect_to();
  say_it('bind with a wrong password', refusal($ldap->bind($ADMIN, password => 'wrong')));
  say_it('who am I without a name', $ldap->who_am_i->response // '');
  must($ldap->bind($ADMIN, password => $PASSWORD));
  say_it('who am I', $ldap->who_am_i->response);
  must($ldap->start_tls(%TLS, checkcrl => 0));
  say_it('cipher after StartTLS', $ldap->cipher ? JSON::PP::true : JSON::PP::false);
  my $sasl = Authen::SASL->new(mechanism => 'PLAIN', callback => { user => 'admin', pass => $PASSWORD, authname => '' });
  must($ldap->bind('', sasl => $sasl));
  say_it('who am I by PLAIN', $ldap->who_am_i->response);
  $ldap->unbind;
  my $secure = Net::LDAP->new("ldaps://localhost:$ENV{LDAPS_PORT}", %TLS) || die "no ldaps: $@";
  must($secure->bind($ADMIN, password => $PASSWORD));
  say_it('who am I by ldaps', $secure->who_am_i->response);
  $secure->unbind;
  my $path = "$ENV{LDAP_FOLDER}/ldapi" =~ s{/}{%2F}gr;
  my $unix = Net::LDAP->new("ldapi://$path") || die "no ldapi: $@";
  must($unix->bind($ADMIN, password => $PASSWORD));
  say_it('who am I by ldapi', $unix->who_am_i->response);
  $unix->unbind;
}

sub reads_schema {
  my ($ldap) = @_;
  my $dse = $ldap->root_dse;
  say_it('root DSE', [
    map { $_ ? 1 : 0 } $dse->supported_version(3), $dse->supported_control(LDAP_CONTROL_PAGED),
    $dse->supported_extension('1.3.6.1.4.1.1466.20037'), $dse->supported_sasl_mechanism('PLAIN'),
  ]);
  my $schema = $ldap->schema;
  my @missing;
  for my $class ($schema->all_objectclasses) {
    for my $name (@{ $class->{sup} || [] }) {
      push @missing, "$class->{name}: $name" unless $schema->objectclass($name);
    }
    for my $attribute ($schema->must($class->{name}), $schema->may($class->{name})) {
      push @missing, "$class->{name}: $attribute" unless ref $attribute;
    }
  }
  for my $type ($schema->all_attributes) {
    push @missing, "$type->{name}: syntax" unless $schema->attribute_syntax($type->{name});
  }
  say_it('schema', {
    error => $schema->error // '',
    classes => scalar(my @classes = $schema->all_objectclasses),
    attributes => scalar(my @attributes = $schema->all_attributes),
    syntaxes => scalar(my @syntaxes = $schema->all_syntaxes),
    rules => scalar(my @rules = $schema->all_matchingrules),
    missing => \@missing,
    mail => [ sort grep { /smtp-server/ } map { $_->{name} } $schema->must('ds-cfg-mail-server') ],
  });
}

sub changes_mail_server {
  my ($ldap) = @_;
  my $entry = Net::LDAP::Entry->new($MAIL_SERVER,
    objectClass => ['top', 'ds-cfg-mail-server'], 'ds-cfg-enabled' => 'true',
    'ds-cfg-smtp-server' => 'mail.example.com:587', 'ds-cfg-smtp-property' => 'mail.smtp.timeout=5000');
  must($entry->update($ldap));
  say_it('compare', [map { $ldap->compare($MAIL_SERVER, attr => 'cn', value => $_)->code } 'net::ldap', 'x']);
  $entry->replace('ds-cfg-enabled' => 'false');
  $entry->add('ds-cfg-smtp-property' => ['mail.smtp.from=a@example.com']);
  $entry->delete('ds-cfg-smtp-property' => ['mail.smtp.timeout=5000']);
  must($entry->update($ldap));
  my ($found) = $ldap->search(base => $MAIL_SERVER, scope => 'base', filter => '(objectClass=*)')->entries;
  say_it('modified', [$found->dn, $found->get_value('ds-cfg-enabled'), $found->get_value('ds-cfg-smtp-property')]);
  say_it('refused value', refusal($ldap->modify($MAIL_SERVER, replace => { 'ds-cfg-smtp-server' => 'mail.example.com:70000' })));
  say_it('refused syntax', refusal($ldap->modify($MAIL_SERVER, replace => { 'ds-cfg-enabled' => 'maybe' })));
  say_it('refused rename', refusal($ldap->moddn($MAIL_SERVER, newrdn => 'description=other')));
  must($ldap->delete($MAIL_SERVER));
  my $gone = $ldap->delete($MAIL_SERVER);
  say_it('deleted', [$gone->code + 0, $gone->dn]);
}

sub searches {
  my ($ldap) = @_;
  for my $number (0 .. 24) {
    my $cn = sprintf 'p%02d', 24 - $number;
    must($ldap->add("cn=$cn,$PEOPLE", attrs => [objectClass => 'person', cn => $cn, sn => sprintf 's%02d', $number]));
  }
  my @search = (base => $PEOPLE, filter => '(sn=s*)', attrs => ['sn']);
  my ($page, @pages) = (Net::LDAP::Control::Paged->new(size => 10));
  while (1) {
    my $result = must($ldap->search(@search, control => [$page]));
    push @pages, $result->count;
    my ($answer) = $result->control(LDAP_CONTROL_PAGED) or last;
    last unless length($answer->cookie // '');
    $page->cookie($answer->cookie);
  }
  say_it('pages', \@pages);
  my $sort = Net::LDAP::Control::Sort->new(order => '-sn', critical => 1);
  my $result = must($ldap->search(@search, control => [$sort]));
  my ($sorted) = $result->control(LDAP_CONTROL_SORTRESULT);
  say_it('sorted', [$result->entry(0)->get_value('sn'), $result->entry(24)->get_value('sn'), $sorted->result + 0]);
  my $by_name = Net::LDAP::Control::Sort->new(order => 'sn');
  my $window = Net::LDAP::Control::VLV->new(before => 1, after => 2, offset => 5, content => 0);
  $result = must($ldap->search(@search, control => [$by_name, $window]));
  my ($view) = $result->control(LDAP_CONTROL_VLVRESPONSE);
  say_it('window', [[map { $_->get_value('sn') } $result->entries], map { $_ + 0 } $view->target, $view->content, $view->result]);
  say_it('size limit', refusal($ldap->search(@search, sizelimit => 2))->[0]);
  my $none = $ldap->search(base => 'ou=Nowhere,dc=example,dc=com', filter => '(sn=*)');
  say_it('no such entry', [$none->error_name, $none->dn]);
  my @filters = ('(&(sn=s0*)(!(cn=p24)))', '(|(sn=s01)(sn:caseExactMatch:=s02))', '(sn>=s20)', '(&)', '(sn~=s03)');
  say_it('filters', [map { $ldap->search(@search, filter => $_)->count } @filters]);
  must($ldap->moddn("cn=p00,$PEOPLE", newrdn => 'cn=q00', deleteoldrdn => 1, newsuperior => $GROUPS));
  my ($moved) = $ldap->search(base => $GROUPS, filter => '(cn=q00)')->entries;
  say_it('renamed', [$moved->dn, $moved->get_value('cn')]);
  my $written = '';
  open my $file, '>', \$written or die $!;
  my $ldif = Net::LDAP::LDIF->new($file, 'w', onerror => 'die');
  $ldif->write_entry($moved);
  $ldif->done;
  say_it('as LDIF', [grep { /^(dn|cn): / } split /\n/, $written]);
}

sub uses_controls {
  my ($ldap) = @_;
  my $dn = "uid=grace,$PEOPLE";
  my $modify = sub {
    my ($value, @controls) = @_;
    return $ldap->modify($dn, replace => { description => $value }, control => [@controls]);
  };
  must($modify->('first'));
  my $read = must($modify->('second', Net::LDAP::Control::PreRead->new(attrs => ['description']),
      Net::LDAP::Control::PostRead->new(attrs => ['description'])));
  say_it('read before and after', [
    map { ($read->control($_))[0]->entry->get_value('description') } LDAP_CONTROL_PREREAD, LDAP_CONTROL_POSTREAD]);
  my $assertion = Net::LDAP::Control::Assertion->new(assertion => '(description=other)', critical => 1);
  say_it('assertion', $modify->('x', $assertion)->error_name);
  my $proxied = Net::LDAP::Control::ProxyAuth->new(authzID => "dn:uid=ada,$PEOPLE");
  say_it('as somebody else', $modify->('x', $proxied)->error_name);
  say_it('relax', $modify->('x', Net::LDAP::Control::Relax->new(critical => 1))->error_name);
  say_it('no-op', $modify->('x', Net::LDAP::Control::NoOp->new(critical => 1))->code + 0);
  my $values = Net::LDAP::Control::MatchedValues->new(matchedValues => '((objectClass=inetOrgPerson))', critical => 1);
  my ($found) = must($ldap->search(base => $dn, scope => 'base', filter => '(objectClass=*)', control => [$values]))->entries;
  say_it('matched values', [map { $_, $found->get_value($_) } $found->attributes]);
  my $own = Net::LDAP::Control::DontUseCopy->new(critical => 1);
  say_it('do not use a copy', $ldap->search(base => $dn, scope => 'base', filter => '(uid=*)', control => [$own])->count);
  my $manage = Net::LDAP::Control::ManageDsaIT->new(critical => 1);
  my $elsewhere = 'ou=Elsewhere,dc=example,dc=com';
  must($ldap->add($elsewhere, control => [$manage], attrs => [
    objectClass => ['referral', 'extensibleObject'], ou => 'Elsewhere', ref => 'ldap://other.example.com/ou=Elsewhere']));
  say_it('referral', [$ldap->search(base => 'dc=example,dc=com', scope => 'one', filter => '(ou=Elsewhere)')->references]);
  say_it('change of a referral', [$ldap->modify("cn=x,$elsewhere", delete => ['sn'])->referrals]);
  must($ldap->delete($elsewhere, control => [$manage]));
  must($ldap->add('ou=Tree,dc=example,dc=com', attrs => [objectClass => 'organizationalUnit', ou => 'Tree']));
  must($ldap->add('ou=Leaf,ou=Tree,dc=example,dc=com', attrs => [objectClass => 'organizationalUnit', ou => 'Leaf']));
  say_it('not a leaf', $ldap->delete('ou=Tree,dc=example,dc=com')->error_name);
  my $whole = Net::LDAP::Control::TreeDelete->new(critical => 1);
  say_it('whole tree', $ldap->delete('ou=Tree,dc=example,dc=com', control => [$whole])->code + 0);
}

sub changes_password {
  my ($ldap) = @_;
  my $dn = "uid=grace,$PEOPLE";
  must($ldap->set_password(user => $dn, newpasswd => 'nanoseconds are long'));
  my $own = connect_to();
  must($own->bind($dn, password => 'nanoseconds are long'));
  say_it('bind with the new password', $own->who_am_i->response);
  my $made = must($own->set_password(user => $dn, oldpasswd => 'nanoseconds are long'))->gen_password;
  say_it('generated password binds', [length($made) > 7 ? 1 : 0, $own->bind($dn, password => $made)->code + 0]);
  $own->unbind;
}

sub watches {
  my ($writer) = @_;
  my $watching = Net::LDAP->new('localhost', port => $PORT, async => 1) || die "no connection: $@";
  must($watching->bind($ADMIN, password => $PASSWORD));
  my @seen;
  my $persist = Net::LDAP::Control::PersistentSearch->new(changeTypes => 15, changesOnly => 1, returnECs => 1);
  my $search = $watching->search(
    base => $MAIL_SERVERS, scope => 'one', filter => '(objectClass=*)', attrs => ['1.1'], control => [$persist],
    callback => sub {
      my ($message, $entry) = @_;
      return unless ref $entry and $entry->isa('Net::LDAP::Entry');
      my ($change) = $message->control('2.16.840.1.113730.3.4.7');
      push @seen, [$change->changeType + 0, $entry->dn];
      $message->pop_entry;
    });
  # The server watches when it has answered what was asked after the search.
  $watching->who_am_i->sync;
  my $dn = "cn=watched,$MAIL_SERVERS";
  must($writer->add($dn, attrs => [
    objectClass => 'ds-cfg-mail-server', 'ds-cfg-enabled' => 'true', 'ds-cfg-smtp-server' => 'mail.example.com']));
  must($writer->modify($dn, replace => { 'ds-cfg-enabled' => 'false' }));
  must($writer->delete($dn));
  while (@seen < 3) { $watching->process($search) and last; }
  say_it('watched', \@seen);
  my $canceled = $watching->cancel($search);
  $canceled->sync;
  $search->sync;
  say_it('canceled', [$canceled->code + 0, $search->code + 0]);
  my $sync = Net::LDAP::Control::SyncRequest->new(mode => LDAP_SYNC_REFRESH_ONLY, critical => 1);
  my $refresh = must($writer->search(base => $PEOPLE, scope => 'one', filter => '(uid=*)', control => [$sync]));
  my ($done) = $refresh->control(LDAP_CONTROL_SYNC_DONE);
  say_it('refreshed', [$refresh->count, length($done->cookie) > 0 ? 1 : 0]);
  $watching->unbind;
}

binds();
my $ldap = bound();
$_->($ldap) for \&reads_schema, \&changes_mail_server, \&searches, \&uses_controls, \&changes_password, \&watches;
$ldap->unbind;
