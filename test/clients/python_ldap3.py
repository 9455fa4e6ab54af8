"""Drives a server with Python's ldap3 and prints what it saw: one JSON object a line, a name and a value each."""

import json
import os
import ssl
import sys

import ldap3
from ldap3.core.exceptions import LDAPException
from ldap3.core.tls import Tls

URL = os.environ["LDAP_URL"]
LDAPS_PORT = int(os.environ["LDAPS_PORT"])
PASSWORD = os.environ["LDAP_PASSWORD"]
CA_FILE = os.environ["LDAP_CA_FILE"]
PORT = int(URL.rsplit(":", 1)[1])
ADMIN = "uid=admin"
MAIL_SERVERS = "cn=Mail Servers,cn=config"
MAIL_SERVER = "cn=ldap3," + MAIL_SERVERS
PEOPLE = "ou=People,dc=example,dc=com"


def say(name, value):
    print(json.dumps({"name": name, "value": value}, default=str), flush=True)


def server(**options):
    return ldap3.Server("localhost", port=PORT, get_info=ldap3.ALL, **options)


def outcome(connection):
    result = connection.result
    return [result["result"], result["description"], result["message"]]


def binds(verified):
    refused = ldap3.Connection(server(), ADMIN, "wrong")
    say("bind with a wrong password", [refused.bind(), refused.result["result"]])
    simple = ldap3.Connection(server(), ADMIN, PASSWORD, auto_bind=True)
    say("who am I", simple.extend.standard.who_am_i())
    simple.unbind()
    plain = ldap3.Connection(
        server(tls=verified), authentication=ldap3.SASL, sasl_mechanism=ldap3.PLAIN,
        sasl_credentials=(None, "admin", PASSWORD), auto_bind=ldap3.AUTO_BIND_TLS_BEFORE_BIND)
    say("who am I by SASL PLAIN over StartTLS", plain.extend.standard.who_am_i())
    plain.unbind()
    anonymous = ldap3.Connection(server(), auto_bind=True)
    say("who am I without a name", anonymous.extend.standard.who_am_i())
    anonymous.unbind()
    secure = ldap3.Connection(
        ldap3.Server("localhost", port=LDAPS_PORT, use_ssl=True, tls=verified), ADMIN, PASSWORD, auto_bind=True)
    say("who am I by ldaps", secure.extend.standard.who_am_i())
    secure.unbind()
    upgraded = ldap3.Connection(server(tls=verified), ADMIN, PASSWORD)
    upgraded.open()
    say("StartTLS", [upgraded.start_tls(), upgraded.bind(), upgraded.tls_started])
    upgraded.unbind()


def reads_schema(connection):
    info = connection.server.info
    schema = connection.server.schema
    say("root DSE", {
        "naming contexts": list(info.naming_contexts),
        "versions": [str(one) for one in info.supported_ldap_versions],
        "vendor": list(info.vendor_name),
    })
    attribute_types = {name.lower() for one in schema.attribute_types.values() for name in [one.oid, *(one.name or [])]}
    classes = {name.lower() for one in schema.object_classes.values() for name in [one.oid, *(one.name or [])]}
    syntaxes = set(schema.ldap_syntaxes)
    rules = {name.lower() for one in schema.matching_rules.values() for name in [one.oid, *(one.name or [])]}
    undefined = []

    def require(names, known, of):
        for name in names if isinstance(names, (list, tuple)) else [names]:
            if name and name.lower() not in known:
                undefined.append(f"{of}: {name}")

    for one in schema.attribute_types.values():
        of = one.name[0] if one.name else one.oid
        require(one.superior or [], attribute_types, of)
        require([one.syntax] if one.syntax else [], syntaxes, of)
        for kind in (one.equality, one.ordering, one.substring):
            require(kind or [], rules, of)
    for one in schema.object_classes.values():
        of = one.name[0] if one.name else one.oid
        require(one.superior or [], classes, of)
        require([*(one.must_contain or []), *(one.may_contain or [])], attribute_types, of)
    for one in schema.matching_rules.values():
        require([one.syntax], syntaxes, one.oid)
    used = 0
    for base in ["", *info.naming_contexts]:
        scope = ldap3.BASE if base == "" else ldap3.SUBTREE
        connection.search(base, "(objectClass=*)", scope, attributes=["*", "+"])
        for entry in connection.response:
            if entry["type"] != "searchResEntry":
                continue
            used += 1
            of = entry["dn"]
            require([name.split(";")[0] for name in entry["raw_attributes"]], attribute_types, of)
            require([value.decode() for value in entry["raw_attributes"]["objectClass"]], classes, of)
    say("schema", {
        "attribute types": len(schema.attribute_types), "object classes": len(schema.object_classes),
        "syntaxes": len(syntaxes), "matching rules": len(rules), "entries": used, "undefined": undefined,
    })


def changes_mail_server(connection):
    attributes = {
        "ds-cfg-enabled": True,
        "ds-cfg-smtp-server": "mail.example.com:587",
        "ds-cfg-smtp-property": "mail.smtp.timeout=5000",
    }
    say("add", [connection.add(MAIL_SERVER, ["top", "ds-cfg-mail-server"], attributes), outcome(connection)[0]])
    say("compare", [connection.compare(MAIL_SERVER, "cn", "LDAP3"), connection.compare(MAIL_SERVER, "cn", "x")])
    connection.modify(MAIL_SERVER, {
        "ds-cfg-enabled": [(ldap3.MODIFY_REPLACE, [False])],
        "ds-cfg-smtp-property": [(ldap3.MODIFY_ADD, ["mail.smtp.from=a@example.com"]),
                                 (ldap3.MODIFY_DELETE, ["mail.smtp.timeout=5000"])],
    })
    connection.search(MAIL_SERVER, "(objectClass=*)", ldap3.BASE, attributes=["ds-cfg-enabled", "ds-cfg-smtp-property"])
    entry = connection.entries[0]
    say("modified", [entry["ds-cfg-enabled"].value, entry["ds-cfg-smtp-property"].value])
    connection.modify(MAIL_SERVER, {"ds-cfg-smtp-server": [(ldap3.MODIFY_REPLACE, ["mail.example.com:70000"])]})
    say("refused value", outcome(connection))
    connection.modify(MAIL_SERVER, {"ds-cfg-enabled": [(ldap3.MODIFY_REPLACE, ["maybe"])]})
    say("refused syntax", outcome(connection))
    connection.modify_dn(MAIL_SERVER, "description=other")
    say("refused rename", outcome(connection))
    say("delete", [connection.delete(MAIL_SERVER), connection.delete(MAIL_SERVER), outcome(connection)[0]])


def edits_as_objects(connection):
    """The abstraction layer: classes come from the schema, entries are objects, changes are what was assigned."""
    definition = ldap3.ObjectDef(["inetOrgPerson"], connection)
    writer = ldap3.Writer(connection, definition)
    person = writer.new("uid=alan," + PEOPLE)
    person.cn = "Alan Turing"
    person.sn = "Turing"
    person.mail = ["alan@example.com", "turing@example.com"]
    say("object made", writer.commit())
    reader = ldap3.Reader(connection, definition, PEOPLE, "uid: alan")
    found = reader.search()
    say("object found", [found[0].entry_dn, sorted(found[0].mail.values)])
    writable = found[0].entry_writable()
    writable.mail -= "turing@example.com"
    writable.description = "computable"
    say("object changed", [writable.entry_commit_changes(), writable.mail.value, writable.description.value])
    writable.entry_delete()
    say("object deleted", writable.entry_commit_changes())


def searches_people(connection):
    for number in range(25):
        connection.add(f"cn=p{24 - number:02},{PEOPLE}", "person", {"sn": f"s{number:02}"})
    search = connection.extend.standard.paged_search
    paged = search(PEOPLE, "(sn=s*)", attributes=["cn"], paged_size=10, generator=False)
    say("paged", [len(paged), len({one["dn"] for one in paged})])
    connection.search(PEOPLE, "(sn=s*)", paged_size=10)
    cookie = connection.result["controls"]["1.2.840.113556.1.4.319"]["value"]["cookie"]
    connection.search(PEOPLE, "(sn=s*)", paged_size=10, paged_cookie=cookie)
    say("second page", len(connection.response))
    connection.search(PEOPLE, "(&(sn=s*)(|(cn=p0*)(!(sn>=s20))))", attributes=["sn"])
    say("filtered", len(connection.response))
    connection.search(PEOPLE, "(sn=s*)", size_limit=3)
    say("size limit", outcome(connection)[0:2])
    connection.search("ou=Nowhere,dc=example,dc=com", "(sn=*)")
    say("no such entry", [outcome(connection)[0], connection.result["dn"]])
    modified = connection.modify_dn("cn=p00," + PEOPLE, "cn=q00", delete_old_dn=True,
                                    new_superior="ou=Groups,dc=example,dc=com")
    connection.search("ou=Groups,dc=example,dc=com", "(cn=q00)", attributes=["cn"])
    say("renamed", [modified, connection.response[0]["dn"], connection.response[0]["attributes"]["cn"]])


def changes_password(connection):
    name = "uid=grace," + PEOPLE
    connection.extend.standard.modify_password(name, new_password="nanoseconds are long")
    own = ldap3.Connection(server(), name, "nanoseconds are long", auto_bind=True)
    say("bind with the new password", own.extend.standard.who_am_i())
    own.unbind()
    made = connection.extend.standard.modify_password(name)
    say("generated password binds", [len(made) > 7, ldap3.Connection(server(), name, made).bind()])


def watches(connection):
    """ldap3's own persistent search; it reads in a thread, so it is asked until all has come."""
    watching = ldap3.Connection(server(), ADMIN, PASSWORD, auto_bind=True, client_strategy=ldap3.ASYNC_STREAM)
    search = watching.extend.standard.persistent_search(
        MAIL_SERVERS, "(objectClass=ds-cfg-mail-server)", ldap3.SUBTREE,
        attributes=["cn"], changes_only=True, notifications=True, streaming=False)
    # The server has begun to watch when it has answered what was asked after the search.
    watching.extend.standard.who_am_i()
    dn = "cn=watched," + MAIL_SERVERS
    connection.add(dn, "ds-cfg-mail-server", {"ds-cfg-enabled": True, "ds-cfg-smtp-server": "mail.example.com"})
    connection.modify(dn, {"ds-cfg-enabled": [(ldap3.MODIFY_REPLACE, [False])]})
    connection.delete(dn)
    seen = []
    while len(seen) < 3:
        event = search.next(block=True, timeout=20)
        if event is None:
            break
        if event["type"] == "searchResEntry":
            seen.append([event["changeType"], event["dn"]])
    search.stop()
    say("watched", seen)


def raises(connection):
    strict = ldap3.Connection(server(), ADMIN, PASSWORD, auto_bind=True, raise_exceptions=True)
    try:
        strict.add("cn=none," + MAIL_SERVERS, "ds-cfg-mail-server", {"ds-cfg-enabled": True})
    except LDAPException as error:
        say("raised", [type(error).__name__, error.message])
    try:
        strict.extended("1.2.3.4")
    except LDAPException as error:
        say("unknown extended operation", type(error).__name__)
    say("goes on", strict.extend.standard.who_am_i())
    strict.unbind()


def main():
    verified = Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=CA_FILE)
    binds(verified)
    connection = ldap3.Connection(server(), ADMIN, PASSWORD, auto_bind=True)
    for step in (reads_schema, changes_mail_server, edits_as_objects, searches_people, changes_password, watches, raises):
        step(connection)
    connection.unbind()


if __name__ == "__main__":
    sys.exit(main())
