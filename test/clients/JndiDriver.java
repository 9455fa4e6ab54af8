// Drives a server with JNDI, the directory interface of Java's own library: what frameworks in Java speak LDAP with. Prints
// what it saw: one JSON object a line.

import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Hashtable;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.naming.Context;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.Attributes;
import javax.naming.directory.BasicAttribute;
import javax.naming.directory.BasicAttributes;
import javax.naming.directory.DirContext;
import javax.naming.directory.ModificationItem;
import javax.naming.directory.SearchControls;
import javax.naming.directory.SearchResult;
import javax.naming.event.EventContext;
import javax.naming.event.EventDirContext;
import javax.naming.event.NamespaceChangeListener;
import javax.naming.event.NamingEvent;
import javax.naming.event.NamingExceptionEvent;
import javax.naming.ldap.BasicControl;
import javax.naming.ldap.Control;
import javax.naming.ldap.InitialLdapContext;
import javax.naming.ldap.LdapContext;
import javax.naming.ldap.PagedResultsControl;
import javax.naming.ldap.PagedResultsResponseControl;
import javax.naming.ldap.SortControl;
import javax.naming.ldap.StartTlsRequest;
import javax.naming.ldap.StartTlsResponse;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

public class JndiDriver {
  static final String SERVERS = "cn=Mail Servers,cn=config";
  static final String PROVIDERS = "cn=Trust Manager Providers,cn=config";
  static final String RELAY = "cn=java relay," + SERVERS;
  static final String TRUST = "cn=java trust," + PROVIDERS;
  static final String BELIEVED = "cn=java believed," + PROVIDERS;
  static final String POLICY = "1.3.6.1.4.1.42.2.27.8.5.1";
  static final int PAGE = 3;
  static final long EVENT_WAIT_S = 300;

  public static void main(String[] words) throws Exception {
    LdapContext directory = connect();
    StartTlsResponse tls = (StartTlsResponse) directory.extendedOperation(new StartTlsRequest());
    tls.negotiate(trusting(System.getenv("LDAP_CA_FILE")).getSocketFactory());
    login(directory);
    readSchema(directory);
    say("pages", paged(directory));
    say("told at login", toldAtLogin("java long password"));
    say("told at a refused login", toldAtLogin("wrong"));
    sorted(directory);
    change(directory);
    tls.close();
    directory.close();
  }

  static LdapContext connect() throws NamingException {
    Hashtable<String, String> settings = new Hashtable<>();
    settings.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.ldap.LdapCtxFactory");
    settings.put(Context.PROVIDER_URL, "ldap://localhost:" + System.getenv("LDAP_PORT"));
    settings.put("java.naming.ldap.version", "3");
    return new InitialLdapContext(settings, null);
  }

  /** Controls of the answer to a login with a password that expires soon, as "OID value"; or why it is refused. */
  static Object toldAtLogin(String password) throws NamingException {
    Hashtable<String, String> settings = new Hashtable<>();
    settings.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.ldap.LdapCtxFactory");
    settings.put(Context.PROVIDER_URL, "ldap://localhost:" + System.getenv("LDAP_PORT"));
    settings.put(Context.SECURITY_AUTHENTICATION, "simple");
    settings.put(Context.SECURITY_PRINCIPAL, "cn=java login,cn=Root DNs,cn=config");
    settings.put(Context.SECURITY_CREDENTIALS, password);
    try {
      LdapContext own = new InitialLdapContext(settings, new Control[] {new BasicControl(POLICY)});
      List<String> told = new ArrayList<>();
      for (Control control : own.getResponseControls())
        told.add(control.getID().equals(POLICY) ? POLICY : control.getID() + " " + new String(control.getEncodedValue()));
      own.close();
      return told;
    } catch (NamingException refusal) {
      return refusal.getMessage();
    }
  }

  static void login(LdapContext directory) throws NamingException {
    directory.addToEnvironment(Context.SECURITY_AUTHENTICATION, "simple");
    directory.addToEnvironment(Context.SECURITY_PRINCIPAL, "uid=admin");
    directory.addToEnvironment(Context.SECURITY_CREDENTIALS, System.getenv("LDAP_PASSWORD"));
    directory.reconnect(null);
  }

  static SSLContext trusting(String file) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    // Its key is in the file too.
    String text = Files.readString(Path.of(file));
    String certificate = text.substring(text.indexOf("-----BEGIN CERTIFICATE-----"));
    ByteArrayInputStream octets = new ByteArrayInputStream(certificate.getBytes());
    store.setCertificateEntry("server", CertificateFactory.getInstance("X.509").generateCertificate(octets));
    TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }

  /** The schema as JNDI makes a tree of it, and by the entry. */
  static void readSchema(LdapContext directory) throws NamingException {
    DirContext schema = directory.getSchema("");
    Attributes type = schema.getAttributes("AttributeDefinition/ds-cfg-use-start-tls");
    say("single-valued", type.get("SINGLE-VALUE").get());
    say("syntax", type.get("SYNTAX").get());
    Attributes mail = schema.getAttributes("ClassDefinition/ds-cfg-mail-server");
    say("must", values(mail.get("MUST")));
    say("rule", schema.getAttributes("MatchingRule/caseIgnoreMatch").get("SYNTAX").get());
    TreeSet<String> classes = new TreeSet<>();
    var found = directory.getSchemaClassDefinition(SERVERS).search("", null);
    while (found.hasMore()) classes.add(String.valueOf(found.next().getAttributes().get("NAME").get()));
    say("classes of an entry", List.copyOf(classes));
  }

  /** How many entries come in each page. */
  static List<Integer> paged(LdapContext directory) throws Exception {
    List<Integer> pages = new ArrayList<>();
    byte[] cookie = null;
    do {
      Control next = cookie == null
        ? new PagedResultsControl(PAGE, Control.CRITICAL) : new PagedResultsControl(PAGE, cookie, Control.CRITICAL);
      directory.setRequestControls(new Control[] { next });
      pages.add(names(directory, "cn=config", "(objectClass=ds-cfg-branch)").size());
      cookie = null;
      for (Control one : directory.getResponseControls()) {
        if (one instanceof PagedResultsResponseControl page) cookie = page.getCookie();
      }
    } while (cookie != null);
    directory.setRequestControls(null);
    return pages;
  }

  static void sorted(LdapContext directory) throws Exception {
    directory.setRequestControls(new Control[] { new SortControl("cn", Control.CRITICAL) });
    List<String> names = names(directory, "cn=config", "(objectClass=ds-cfg-branch)");
    directory.setRequestControls(null);
    List<String> ordered = new ArrayList<>(names);
    ordered.sort(String.CASE_INSENSITIVE_ORDER);
    say("sorted", String.valueOf(names.equals(ordered)));
  }

  static void change(LdapContext directory) throws Exception {
    LinkedBlockingQueue<String> events = watch(directory);
    directory.createSubcontext(TRUST, entry(
      "objectClass", "ds-cfg-trust-manager-provider", "objectClass", "ds-cfg-blind-trust-manager-provider", "ds-cfg-enabled", "true"));
    directory.createSubcontext(RELAY, entry(
      "objectClass", "ds-cfg-mail-server", "ds-cfg-enabled", "true", "ds-cfg-smtp-server", "mail.example.com:587",
      "ds-cfg-trust-manager-provider", TRUST));
    say("added", events.poll(EVENT_WAIT_S, TimeUnit.SECONDS));
    directory.modifyAttributes(RELAY, DirContext.REPLACE_ATTRIBUTE, entry("ds-cfg-smtp-server", "relay.example.com:2525"));
    say("stored", directory.getAttributes(RELAY).get("ds-cfg-smtp-server").get());
    try {
      directory.modifyAttributes(RELAY, new ModificationItem[] {
        new ModificationItem(DirContext.REPLACE_ATTRIBUTE, new BasicAttribute("ds-cfg-smtp-server", "relay.example.com:70000")) });
    } catch (NamingException error) {
      say("refused", error.getClass().getSimpleName() + ": " + error.getMessage());
    }
    directory.rename(TRUST, BELIEVED);
    say("reference", directory.getAttributes(RELAY).get("ds-cfg-trust-manager-provider").get());
    directory.destroySubcontext(RELAY);
    say("removed", events.poll(EVENT_WAIT_S, TimeUnit.SECONDS));
    directory.destroySubcontext(BELIEVED);
    say("left", names(directory, SERVERS, "(cn=java relay)"));
  }

  /** Listeners of JNDI use the control for a persistent search. */
  static LinkedBlockingQueue<String> watch(LdapContext directory) throws NamingException {
    LinkedBlockingQueue<String> events = new LinkedBlockingQueue<>();
    EventDirContext source = (EventDirContext) directory.lookup("");
    source.addNamingListener(SERVERS, EventContext.ONELEVEL_SCOPE, new NamespaceChangeListener() {
      public void objectAdded(NamingEvent event) { events.add("added " + event.getNewBinding().getName()); }
      public void objectRemoved(NamingEvent event) { events.add("removed " + event.getOldBinding().getName()); }
      public void objectRenamed(NamingEvent event) { events.add("renamed " + event.getNewBinding().getName()); }
      public void namingExceptionThrown(NamingExceptionEvent event) { events.add("failed: " + event.getException()); }
    });
    return events;
  }

  static List<String> names(DirContext directory, String base, String filter) throws NamingException {
    SearchControls controls = new SearchControls();
    controls.setSearchScope(SearchControls.SUBTREE_SCOPE);
    controls.setReturningAttributes(new String[] { "cn" });
    List<String> names = new ArrayList<>();
    var found = directory.search(base, filter, controls);
    while (found.hasMore()) names.add(String.valueOf(((SearchResult) found.next()).getAttributes().get("cn").get()));
    return names;
  }

  static Attributes entry(String... words) {
    Attributes entry = new BasicAttributes(true);
    for (int index = 0; index < words.length; index += 2) {
      Attribute known = entry.get(words[index]);
      if (known == null) entry.put(words[index], words[index + 1]);
      else known.add(words[index + 1]);
    }
    return entry;
  }

  static List<String> values(Attribute attribute) throws NamingException {
    return Collections.list(attribute.getAll()).stream().map(String::valueOf).collect(Collectors.toList());
  }

  static void say(String name, Object value) {
    System.out.println("{\"name\":" + json(name) + ",\"value\":" + json(value) + "}");
  }

  static String json(Object value) {
    if (value instanceof List<?> list) return list.stream().map(JndiDriver::json).collect(Collectors.joining(",", "[", "]"));
    if (value instanceof Integer) return value.toString();
    return "\"" + String.valueOf(value).replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }
}
