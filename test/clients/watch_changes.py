"""Watches entries and prints each change it is told of: one JSON object a line. Ends when its input says so.

The first word says how: `persistent` (ldap3's persistent search) or `sync` (python-ldap's RFC 4533 consumer). A line
`break` on the standard input tears the connection down and comes again; `sync` then goes on from its cookie.
"""

import json
import os
import queue
import socket
import sys
import threading

import ldap
import ldap3
from ldap.ldapobject import LDAPObject
from ldap.syncrepl import SyncreplConsumer

PASSWORD = os.environ["LDAP_PASSWORD"]
MAIL_SERVERS = "cn=Mail Servers,cn=config"
COUNTED = "ds-cfg-smtp-property"


def say(**fields):
    print(json.dumps(fields), flush=True)


def commands():
    """Lines of the standard input, read in a thread so that nobody waits for them."""
    lines = queue.Queue()

    def read():
        for line in sys.stdin:
            lines.put(line.strip())
        lines.put("end")

    threading.Thread(target=read, daemon=True).start()
    return lines


def persistent(lines):
    server = ldap3.Server("127.0.0.1", port=int(os.environ["LDAP_PORT"]))
    connection = ldap3.Connection(server, "uid=admin", PASSWORD, auto_bind=True, client_strategy=ldap3.ASYNC_STREAM)

    def changed(event):
        if event["type"] != "searchResEntry":
            return
        number = int(event["changeNumber"])
        say(type=event["changeType"], dn=event["dn"], values=event["attributes"].get(COUNTED, []), number=number)

    search = connection.extend.standard.persistent_search(
        MAIL_SERVERS, "(objectClass=ds-cfg-mail-server)", ldap3.LEVEL,
        attributes=[COUNTED], changes_only=True, notifications=True, streaming=False, callback=changed)
    # What is answered after the search says that the server has begun to watch.
    connection.extend.standard.who_am_i()
    say(type="watching")
    while lines.get() != "end":
        pass
    search.stop()


class Consumer(LDAPObject, SyncreplConsumer):
    """Keeps the cookie and the names of the entries, as a client of RFC 4533 does."""

    def __init__(self, url, memory):
        super().__init__(url)
        self.memory = memory

    def syncrepl_get_cookie(self):
        return self.memory["cookie"]

    def syncrepl_set_cookie(self, cookie):
        self.memory["cookie"] = cookie

    def syncrepl_entry(self, dn, attributes, uuid):
        known = uuid in self.memory["names"]
        self.memory["names"][uuid] = dn
        values = [value.decode() for value in attributes.get(COUNTED, [])]
        say(type="modify" if known else "add", dn=dn, values=values)

    def syncrepl_delete(self, uuids):
        for uuid in uuids:
            say(type="delete", dn=self.memory["names"].pop(uuid), values=[])

    def syncrepl_present(self, uuids, refreshDeletes=False):
        # A present phase would tell of all there is again; a client whose cookie is good never has one after the first.
        if uuids is None and not refreshDeletes:
            say(type="present phase")

    def syncrepl_refreshdone(self):
        say(type="watching")


def sync(lines):
    memory = {"cookie": None, "names": {}}
    while True:
        consumer = Consumer(os.environ["LDAP_URL"], memory)
        consumer.simple_bind_s("uid=admin", PASSWORD)
        watch = consumer.syncrepl_search(
            MAIL_SERVERS, ldap.SCOPE_ONELEVEL, mode="refreshAndPersist",
            filterstr="(objectClass=ds-cfg-mail-server)", attrlist=[COUNTED])
        while True:
            try:
                consumer.syncrepl_poll(watch, timeout=0.05)
            except ldap.TIMEOUT:
                pass
            try:
                line = lines.get_nowait()
            except queue.Empty:
                continue
            if line == "end":
                return consumer.unbind_s()
            # No unbind, no abandon: whatever is on its way is lost.
            broken = socket.socket(fileno=consumer.fileno())
            broken.shutdown(socket.SHUT_RDWR)
            broken.detach()
            say(type="broken")
            break


if __name__ == "__main__":
    {"persistent": persistent, "sync": sync}[sys.argv[1]](commands())
