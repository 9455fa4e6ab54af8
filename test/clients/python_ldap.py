"""Drives a server with python-ldap (libldap underneath) and prints what it saw: one JSON object a line."""

import json
import os

import ldap
import ldap.modlist
import ldap.resiter
import ldap.sasl
import ldap.schema
from ldap.controls import DecodeControlTuples, KNOWN_RESPONSE_CONTROLS
from ldap.controls.libldap import AssertionControl, MatchedValuesControl, SimplePagedResultsControl
from ldap.controls.ppolicy import PasswordPolicyControl
from ldap.controls.pwdpolicy import PasswordExpiredControl, PasswordExpiringControl
from ldap.controls.readentry import PostReadControl, PreReadControl
from ldap.controls.simple import ManageDSAITControl, ProxyAuthzControl, RelaxRulesControl
from ldap.controls.sss import SSSRequestControl
from ldap.controls.vlv import VLVRequestControl
from ldap.ldapobject import LDAPObject

URL = os.environ["LDAP_URL"].replace("127.0.0.1", "localhost")
LDAPS_URL = "ldaps://localhost:" + os.environ["LDAPS_PORT"]
LDAPI_URL = "ldapi://" + (os.environ["LDAP_FOLDER"] + "/ldapi").replace("/", "%2F")
PASSWORD = os.environ["LDAP_PASSWORD"]
CA_FILE = os.environ["LDAP_CA_FILE"]
ADMIN = "uid=admin"
MAIL_SERVERS = "cn=Mail Servers,cn=config"
MAIL_SERVER = "cn=python-ldap," + MAIL_SERVERS
PEOPLE = "ou=People,dc=example,dc=com"


class Directory(LDAPObject, ldap.resiter.ResultProcessor):
    """With the iteration over results that python-ldap has as a class to mix in."""


def say(name, value):
    print(json.dumps({"name": name, "value": value}), flush=True)


def text(values):
    return sorted(value.decode() for value in values)


def refusal(call, *arguments, **options):
    try:
        call(*arguments, **options)
    except ldap.LDAPError as error:
        told = error.args[0]
        return [type(error).__name__, told.get("result"), told.get("info", ""), told.get("matched", "")]
    return None


def connect(url=URL):
    connection = Directory(url)
    connection.set_option(ldap.OPT_X_TLS_CACERTFILE, CA_FILE)
    connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    connection.set_option(ldap.OPT_NETWORK_TIMEOUT, 20)
    return connection


def binds():
    connection = connect()
    say("bind with a wrong password", refusal(connection.simple_bind_s, ADMIN, "wrong")[:2])
    say("who am I without a name", connection.whoami_s())
    connection.simple_bind_s(ADMIN, PASSWORD)
    say("who am I", connection.whoami_s())
    connection.start_tls_s()
    say("who am I after StartTLS", connection.whoami_s())
    say("StartTLS again", refusal(connection.start_tls_s)[:1])
    plain = {ldap.sasl.CB_AUTHNAME: "admin", ldap.sasl.CB_PASS: PASSWORD, ldap.sasl.CB_USER: ""}
    for mechanism in ("PLAIN", "SCRAM-SHA-256"):
        connection.sasl_interactive_bind_s("", ldap.sasl.sasl(plain, mechanism))
        say("who am I by " + mechanism, connection.whoami_s())
    connection.unbind_s()
    for name, url in (("ldaps", LDAPS_URL), ("ldapi", LDAPI_URL)):
        connection = connect(url)
        connection.simple_bind_s(ADMIN, PASSWORD)
        say("who am I by " + name, connection.whoami_s())
        connection.unbind_s()


def reads_schema(connection):
    dn = connection.search_subschemasubentry_s(MAIL_SERVERS)
    schema = ldap.schema.SubSchema(connection.read_subschemasubentry_s(dn), 0)
    must, may = schema.attribute_types(["ds-cfg-mail-server"])
    names = {name for one in [*must.values(), *may.values()] for name in one.names}
    say("schema", [dn, "ds-cfg-smtp-server" in names, "cn" in names])
    say("tree of classes ends at the top", schema.tree(ldap.schema.ObjectClass)["2.5.6.0"] != [])
    attribute = schema.get_obj(ldap.schema.AttributeType, "ds-cfg-smtp-property")
    say("inherited syntax", [attribute.single_value, schema.get_inheritedattr(ldap.schema.AttributeType, "cn", "syntax")])


def changes_mail_server(connection):
    entry = {"objectClass": [b"top", b"ds-cfg-mail-server"], "ds-cfg-enabled": [b"true"],
             "ds-cfg-smtp-server": [b"mail.example.com:587"], "ds-cfg-smtp-property": [b"mail.smtp.timeout=5000"]}
    connection.add_s(MAIL_SERVER, ldap.modlist.addModlist(entry))
    say("compare", [connection.compare_s(MAIL_SERVER, "cn", b"PYTHON-ldap"), connection.compare_s(MAIL_SERVER, "cn", b"x")])
    changed = {**entry, "ds-cfg-enabled": [b"false"], "ds-cfg-smtp-property": []}
    connection.modify_s(MAIL_SERVER, ldap.modlist.modifyModlist(entry, changed))
    [(dn, found)] = connection.search_s(MAIL_SERVER, ldap.SCOPE_BASE, attrlist=["ds-cfg-enabled", "ds-cfg-smtp-property"])
    say("modified", [dn, text(found["ds-cfg-enabled"]), "ds-cfg-smtp-property" in found])
    wrong = [(ldap.MOD_REPLACE, "ds-cfg-smtp-server", b"mail.example.com:70000")]
    say("refused value", refusal(connection.modify_s, MAIL_SERVER, wrong))
    say("refused syntax", refusal(connection.modify_s, MAIL_SERVER, [(ldap.MOD_REPLACE, "ds-cfg-enabled", b"maybe")]))
    say("refused rename", refusal(connection.rename_s, MAIL_SERVER.split(",", 1)[1], "cn=other")[:2])
    connection.rename_s(MAIL_SERVER, "cn=Renamed")
    connection.delete_s("cn=Renamed," + MAIL_SERVER.split(",", 1)[1])
    say("deleted", refusal(connection.delete_s, MAIL_SERVER))


def searches(connection):
    for number in range(25):
        person = {"objectClass": b"person", "cn": f"p{24 - number:02}".encode(), "sn": f"s{number:02}".encode()}
        connection.add_s(f"cn=p{24 - number:02},{PEOPLE}", ldap.modlist.addModlist({k: [v] for k, v in person.items()}))
    paged = SimplePagedResultsControl(True, size=10, cookie="")
    pages = []
    while True:
        message = connection.search_ext(PEOPLE, ldap.SCOPE_SUBTREE, "(sn=s*)", serverctrls=[paged])
        _, found, _, controls = connection.result3(message)
        pages.append(len(found))
        paged.cookie = [one.cookie for one in controls if one.controlType == paged.controlType][0]
        if not paged.cookie:
            break
    say("pages", pages)

    def controlled(base, *controls):
        message = connection.search_ext(base, ldap.SCOPE_SUBTREE, "(sn=s*)", ["sn"], serverctrls=list(controls))
        _, found, _, answered = connection.result3(message)
        return [one[1]["sn"][0].decode() for one in found], answered

    found, [control] = controlled(PEOPLE, SSSRequestControl(True, ["-sn"]))
    say("sorted", [found[0], found[-1], control.sortResult])

    window = VLVRequestControl(True, before_count=1, after_count=2, offset=5, content_count=0)
    found, answered = controlled(PEOPLE, SSSRequestControl(True, ["sn:caseIgnoreOrderingMatch"]), window)
    view = [one for one in answered if hasattr(one, "targetPosition")][0]
    say("window", [found, view.targetPosition, view.contentCount, view.virtualListViewResult])
    message = connection.search(PEOPLE, ldap.SCOPE_SUBTREE, "(sn=s*)", ["sn"])
    say("one by one", sum(len(found) for _, found, _, _ in connection.allresults(message)))
    say("size limit", refusal(connection.search_ext_s, PEOPLE, ldap.SCOPE_SUBTREE, sizelimit=2)[:1])
    say("no such entry", refusal(connection.search_s, "ou=Nowhere,dc=example,dc=com", ldap.SCOPE_BASE)[0::3])
    connection.rename_s("cn=p00," + PEOPLE, "cn=q00", newsuperior="ou=Groups,dc=example,dc=com", delold=0)
    [(dn, entry)] = connection.search_s("ou=Groups,dc=example,dc=com", ldap.SCOPE_SUBTREE, "(cn=q00)")
    say("renamed", [dn, text(entry["cn"])])


def uses_controls(connection):
    dn = "uid=grace," + PEOPLE

    def modify(value, *controls):
        change = [(ldap.MOD_REPLACE, "description", value)]
        return connection.modify_ext_s(dn, change, serverctrls=list(controls))

    modify(b"first")
    _, _, _, answered = modify(b"second", PreReadControl(True, ["description"]), PostReadControl(True, ["description"]))
    say("read before and after", [text(one.entry["description"]) for one in answered])
    say("assertion", refusal(modify, b"x", AssertionControl(True, "(description=other)"))[:1])
    relax = RelaxRulesControl(True)
    relax.criticality = True  # The class forgets what it is told.
    say("relax", refusal(modify, b"x", relax)[:1])
    message = connection.search_ext(dn, ldap.SCOPE_BASE, serverctrls=[MatchedValuesControl(True, "((objectClass=inetOrgPerson))")])
    [(_, entry)] = connection.result3(message)[1]
    say("matched values", [text(entry["objectClass"]), len(entry)])
    say("as somebody else", refusal(modify, b"x", ProxyAuthzControl(True, f"dn:uid=ada,{PEOPLE}".encode()))[:1])
    connection.add_ext_s(
        "ou=Elsewhere,dc=example,dc=com",
        [("objectClass", [b"referral", b"extensibleObject"]), ("ou", b"Elsewhere"), ("ref", b"ldap://other.example.com/ou=Elsewhere")],
        serverctrls=[ManageDSAITControl(True)])
    connection.set_option(ldap.OPT_REFERRALS, 0)
    found = connection.search_s("dc=example,dc=com", ldap.SCOPE_ONELEVEL, "(ou=Elsewhere)")
    say("referral", found)
    connection.delete_ext_s("ou=Elsewhere,dc=example,dc=com", serverctrls=[ManageDSAITControl(True)])


def changes_password(connection):
    dn = "uid=grace," + PEOPLE
    connection.passwd_s(dn, None, "nanoseconds are long")
    own = connect()
    own.simple_bind_s(dn, "nanoseconds are long")
    say("bind with the new password", own.whoami_s())
    say("password changed by its owner", refusal(own.passwd_s, dn, "wrong", "x")[:1])
    own.passwd_s(dn, "nanoseconds are long", "and light is fast")
    own.simple_bind_s(dn, "and light is fast")
    own.unbind_s()


class Expired(PasswordExpiredControl):
    """Keeps the value: python-ldap compares octets with text, so that it never finds what it expects."""

    def decodeControlValue(self, encodedControlValue):
        self.value = encodedControlValue.decode()


KNOWN_RESPONSE_CONTROLS[Expired.controlType] = Expired


def binds_unasked(dn, password):
    """Binds without any control: the result code, the value of the expired control, the seconds of the expiring one."""
    connection = connect()
    try:
        code, controls = 0, connection.simple_bind_s(dn, password)[3]
    except ldap.LDAPError as error:
        told = error.args[0]
        code, controls = told["result"], DecodeControlTuples(told.get("ctrls", []))
    finally:
        connection.unbind_s()
    expired = [one.value for one in controls if isinstance(one, Expired)]
    expiring = [one.gracePeriod for one in controls if isinstance(one, PasswordExpiringControl)]
    return [code, expired, expiring]


def told_of_policy(controls):
    """What the password policy control says: error, seconds until the password expires, grace logins."""
    for control in controls:
        if isinstance(control, PasswordPolicyControl):
            return [control.error, control.timeBeforeExpiration, control.graceAuthNsRemaining]
    return None


def asked_with_policy(begin, *arguments):
    """Does an operation with the control; the result code, and what the control of the answer says."""
    connection = connect()
    try:
        message = begin(connection)(*arguments, serverctrls=[PasswordPolicyControl()])
        _, _, _, controls = connection.result3(message)
        return [0, told_of_policy(controls)]
    except ldap.LDAPError as error:
        told = error.args[0]
        return [told["result"], told_of_policy(DecodeControlTuples(told.get("ctrls", [])))]
    finally:
        connection.unbind_s()


def meets_password_policy(connection):
    policy = "cn=python-ldap,cn=Password Policies,cn=config"
    dn = "cn=python-ldap,cn=Root DNs,cn=config"
    connection.add_s(policy, [
        ("objectClass", [b"ds-cfg-password-policy"]),
        ("ds-cfg-password-validator", [b"cn=At least 8 characters,cn=Password Validators,cn=config"]),
        ("ds-cfg-max-password-age", [b"2 d"]),
        ("ds-cfg-password-expiration-warning-interval", [b"3 d"]),
        ("ds-cfg-lockout-failure-count", [b"1"]),
        ("ds-cfg-force-change-on-reset", [b"true"]),
    ])
    connection.add_s(dn, [
        ("objectClass", [b"person", b"ds-cfg-root-dn-user"]),
        ("sn", [b"python-ldap"]),
        ("userPassword", [b"first words of it"]),
        ("ds-pwp-password-policy-dn", [policy.encode()]),
    ])

    def binds_as(password):
        return asked_with_policy(lambda own: own.simple_bind, dn, password)

    code, told = binds_as("first words of it")
    say("policy warns", [code, told[0], 0 < told[1] <= 2 * 86400, told[2]])
    code, expired, [seconds] = binds_unasked(dn, "first words of it")
    say("expiring control", [code, expired, 0 < seconds <= told[1]])
    say("expired and expiring controls of a stranger", binds_unasked(dn, "wrong"))
    connection.modify_s(dn, [(ldap.MOD_DELETE, "pwdFailureTime", None)])

    def passwd_of(own):
        own.simple_bind_s(dn, "first words of it")
        return own.passwd

    say("policy on a short password", asked_with_policy(passwd_of, dn, "first words of it", "short"))
    connection.modify_s(dn, [(ldap.MOD_REPLACE, "userPassword", [b"second words of it"])])
    say("policy after a reset", binds_as("second words of it")[1][0])
    say("expired control after a reset", binds_unasked(dn, "second words of it"))
    say("policy on a wrong password", binds_as("wrong"))
    say("policy on a locked account", binds_as("second words of it"))
    say("state", sorted(set(connection.read_s(dn, attrlist=["pwdAccountLockedTime", "pwdReset"]))))
    connection.modify_s(dn, [(ldap.MOD_DELETE, "pwdAccountLockedTime", None)])
    say("policy when unlocked", binds_as("second words of it")[0])
    connection.modify_s(policy, [
        (ldap.MOD_REPLACE, "ds-cfg-force-change-on-reset", [b"false"]),
        (ldap.MOD_REPLACE, "ds-cfg-max-password-age", [b"1 s"]),
        (ldap.MOD_REPLACE, "ds-cfg-grace-login-count", [b"1"]),
    ])
    connection.modify_s(dn, [(ldap.MOD_REPLACE, "userPassword", [b"third words of it"])])
    while binds_unasked(dn, "third words of it")[1] == []:
        pass
    say("expired control when no grace login is left", binds_unasked(dn, "third words of it"))
    connection.delete_s(dn)
    connection.delete_s(policy)


def cancels(connection):
    """Several operations under way at once, one of them given up."""
    from ldap.controls.psearch import PersistentSearchControl
    watch = connection.search_ext(MAIL_SERVERS, ldap.SCOPE_SUBTREE, serverctrls=[PersistentSearchControl()])
    ids = [connection.search(PEOPLE, ldap.SCOPE_ONELEVEL, "(sn=s*)", ["1.1"]) for _ in range(20)]
    say("at once", {len(connection.result(one)[1]) for one in ids} == {24})
    connection.cancel(watch)
    say("canceled", refusal(connection.result, watch, timeout=20)[:1])
    watch = connection.search_ext(MAIL_SERVERS, ldap.SCOPE_SUBTREE, serverctrls=[PersistentSearchControl()])
    connection.abandon(watch)
    say("goes on", connection.whoami_s())


def main():
    binds()
    connection = connect()
    connection.simple_bind_s(ADMIN, PASSWORD)
    for step in (reads_schema, changes_mail_server, searches, uses_controls, changes_password, meets_password_policy, cancels):
        step(connection)
    connection.unbind_s()


if __name__ == "__main__":
    main()
