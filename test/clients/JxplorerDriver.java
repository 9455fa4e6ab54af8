// Drives JXplorer, a directory browser with windows: this program starts it inside itself, finds what is on the screen by
// what it says, and does with it what a person does. Prints what it saw: one JSON object a line. Waits for conditions only.

import java.awt.Component;
import java.awt.Container;
import java.awt.Rectangle;
import java.awt.Robot;
import java.awt.Toolkit;
import java.awt.Window;
import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Hashtable;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import javax.naming.Context;
import javax.naming.NameNotFoundException;
import javax.naming.directory.DirContext;
import javax.naming.directory.InitialDirContext;
import javax.swing.AbstractButton;
import javax.swing.JComboBox;
import javax.swing.JDialog;
import javax.swing.JFileChooser;
import javax.swing.JFrame;
import javax.swing.JLabel;
import javax.swing.JList;
import javax.swing.JMenu;
import javax.swing.JMenuItem;
import javax.swing.JPasswordField;
import javax.swing.JTabbedPane;
import javax.swing.JTable;
import javax.swing.JTextField;
import javax.swing.JTree;
import javax.swing.SwingUtilities;
import javax.swing.text.JTextComponent;
import javax.swing.tree.TreeNode;
import javax.swing.tree.TreePath;

public class JxplorerDriver {
  static final long WAIT_MS = 300_000;
  static final long LOOK_MS = 50;
  static final long SUBMIT_WAIT_MS = 10_000;
  static final int SUBMITS_MAX = 6;
  static final String ADMINISTRATOR = "cn=admin,cn=Root DNs,cn=config";
  static final List<String> PLACE = List.of("config", "Mail Servers");
  static final String SERVERS = "cn=Mail Servers,cn=config";
  static final String RELAY = "cn=relay," + SERVERS;
  static final List<String> PLACEHOLDERS = List.of("null", "", "no entries", "reading...");

  public static void main(String[] words) throws Exception {
    try {
      run();
      System.exit(0);
    } catch (Throwable error) {
      error.printStackTrace();
      takePicture("failed");
      System.exit(1);
    }
  }

  static void run() throws Exception {
    com.ca.directory.jxplorer.JXplorer.main(new String[0]);
    JFrame frame = await("the main window", () -> shown(JFrame.class, one -> one.isShowing() && one.getTitle().startsWith("JXplorer")));
    connect(frame);
    exploreSchema(frame);
    takePicture("schema");
    select(frame, "Explore");
    JTree tree = await("the tree", () -> find(frame, JTree.class, Component::isShowing));
    say("naming contexts", children(tree, await("the root", () -> opened(tree, List.of()))));
    TreePath servers = await("the mail servers", () -> opened(tree, PLACE));
    say("mail servers", children(tree, servers));
    takePicture("browsing");
    edit(frame, tree, "relay.example.com:2525", () -> stored(RELAY, "ds-cfg-smtp-server", "relay.example.com:2525"));
    takePicture("edited");
    JDialog refusal = edit(frame, tree, "relay.example.com:70000", JxplorerDriver::refusal);
    pressLater(button(refusal, "Details"));
    say("refused", await("the details", () -> text(refusal).contains("LDAP: error code") ? text(refusal) : null));
    takePicture("refused");
    pressLater(button(refusal, "OK"));
    await("the end of the refusal", () -> refusal.isShowing() ? null : refusal);
    pressLater(button(frame, "Reset"));
    await("the value that is stored", () -> valueShown(frame, "ds-cfg-smtp-server", "relay.example.com:2525"));
    rename(frame, tree, "relay", "renamed");
    takePicture("renamed");
    add(frame, tree, "added");
    takePicture("added");
    export(frame, tree, new File(System.getenv("EXPORT_FILE")));
    delete(frame, tree, "added");
    takePicture("deleted");
  }

  /** File, Connect: the fields of the dialog in the order it has them. */
  static void connect(JFrame frame) throws Exception {
    pressLater(await("the menu", () -> menuItem(frame, "Connect")));
    JDialog dialog = await("the connection dialog", () -> shown(JDialog.class, one -> find(one, JPasswordField.class, field -> true) != null));
    onScreen(() -> {
      JComboBox<?> level = find(dialog, JComboBox.class, box -> "User + Password".equals(box.getItemAt(1)));
      level.setSelectedIndex(1);
      after(dialog, "Host:").setText("localhost");
      after(dialog, "Port:").setText(System.getenv("LDAP_PORT"));
      after(dialog, "User DN:").setText(ADMINISTRATOR);
      after(dialog, "Password:").setText(System.getenv("LDAP_PASSWORD"));
      return null;
    });
    pressLater(button(dialog, "OK"));
    await("the connection", () -> dialog.isShowing() ? null : dialog);
  }

  /**
   * The table editor: another server in the cell, and submit, until that has led to something. The browser may show the
   * entry anew at any time, and then what was typed is gone.
   */
  static <T> T edit(JFrame frame, JTree tree, String value, Callable<T> outcome) throws Exception {
    TreePath path = await("the mail server", () -> child(tree, opened(tree, PLACE), "relay"));
    onScreen(() -> { tree.setSelectionPath(path); return null; });
    select(frame, "Table Editor");
    for (int tried = 1; ; tried++) {
      JTable table = await("the entry", () -> find(frame, JTable.class, one -> one.isShowing() && row(one) >= 0));
      type(table, "ds-cfg-smtp-server", value);
      pressLater(await("the button", () -> button(frame, "Submit")));
      T found = await(outcome, SUBMIT_WAIT_MS);
      if (found != null) return found;
      if (tried == SUBMITS_MAX) throw new IllegalStateException("Submitted in vain: " + value);
    }
  }

  /** F2: the name of the node becomes a field. */
  static void rename(JFrame frame, JTree tree, String name, String newName) throws Exception {
    TreePath path = await("the mail server", () -> child(tree, opened(tree, PLACE), name));
    onScreen(() -> { tree.setSelectionPath(path); return null; });
    pressLater(await("the menu", () -> menuItem(frame, "Rename")));
    JDialog question = await("the question", () -> shown(JDialog.class, one -> text(one).contains("rename operation")));
    pressLater(button(question, "OK"));
    JTextField field = await("the name", () -> find(tree, JTextField.class, Component::isShowing));
    onScreen(() -> {
      field.setText(field.getText().replace(name, newName));
      field.postActionEvent();
      return null;
    });
    say("renamed", await("the new name", () -> stored("cn=" + newName + "," + SERVERS, "cn", newName)));
  }

  /** Edit, New: the name and the classes in a dialog, and what the classes demand in the table. */
  static void add(JFrame frame, JTree tree, String name) throws Exception {
    choose(tree, "Mail Servers", () -> opened(tree, PLACE));
    pressLater(await("the menu", () -> menuItem(frame, "New")));
    JDialog dialog = await("the dialog", () -> shown(JDialog.class, one -> text(one).contains("Enter RDN")));
    takePicture("new");
    onScreen(() -> {
      after(dialog, "Enter RDN:").setText("cn=" + name);
      return null;
    });
    say("classes", await("the classes", () -> selectedClasses(dialog)));
    pressLater(button(dialog, "OK"));
    await("the end of the dialog", () -> dialog.isShowing() ? null : dialog);
    select(frame, "Table Editor");
    JTable table = await("the form", () -> valueShown(frame, "cn", name));
    takePicture("form");
    type(table, "ds-cfg-enabled", "true");
    type(table, "ds-cfg-smtp-server", "added.example.com:587");
    pressLater(await("the button", () -> button(frame, "Submit")));
    String dn = "cn=" + name + "," + SERVERS;
    say("added", await("the new entry", () -> stored(dn, "ds-cfg-smtp-server", "added.example.com:587")));
  }

  /** The classes that the browser suggests: those of the neighbours. */
  static List<String> selectedClasses(JDialog dialog) {
    List<String> found = new ArrayList<>();
    for (Component one : all(dialog)) {
      if (!(one instanceof JList<?> list)) continue;
      found.clear();
      for (int index = 0; index < list.getModel().getSize(); index++) found.add(String.valueOf(list.getModel().getElementAt(index)));
    }
    return found.isEmpty() ? null : found;
  }

  /** LDIF, Export Subtree: the dialog has the name that is selected. */
  static void export(JFrame frame, JTree tree, File file) throws Exception {
    choose(tree, "Mail Servers", () -> opened(tree, PLACE));
    pressLater(await("the menu", () -> menuItem(frame, "Export Subtree")));
    JDialog dialog = await("the export", () -> shown(JDialog.class, one -> text(one).contains("Root DN")));
    takePicture("export");
    pressLater(button(dialog, "OK"));
    JFileChooser chooser = await("the files", () -> Arrays.stream(Window.getWindows()).filter(Window::isShowing)
      .map(one -> find(one, JFileChooser.class, Component::isShowing)).filter(one -> one != null).findFirst().orElse(null));
    onScreen(() -> { chooser.setSelectedFile(file); chooser.approveSelection(); return null; });
    say("exported", await("the file", () -> file.length() > 0 && !dialog.isShowing() ? "yes" : null));
  }

  /** Edit, Delete, and yes. */
  static void delete(JFrame frame, JTree tree, String name) throws Exception {
    choose(tree, name, () -> child(tree, opened(tree, PLACE), name));
    pressLater(await("the menu", () -> menuItem(frame, "Delete")));
    JDialog question = await("the question", () -> shown(JDialog.class, one -> text(one).contains("delete operation")));
    takePicture("question");
    pressLater(await("yes", () -> button(question, "Yes") != null ? button(question, "Yes") : button(question, "OK")));
    await("the end of the entry", () -> stored("cn=" + name + "," + SERVERS, "cn", name) == null ? "gone" : null);
    say("deleted", await("the tree", () -> child(tree, opened(tree, PLACE), name) == null ? "gone" : null));
  }

  static void choose(JTree tree, String name, Callable<TreePath> look) throws Exception {
    TreePath path = await(name, look);
    onScreen(() -> { tree.setSelectionPath(path); return null; });
  }

  /** The value, when the server has it by now: asked on a connection of its own. */
  static String stored(String entry, String attribute, String value) throws Exception {
    Hashtable<String, String> settings = new Hashtable<>();
    settings.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.ldap.LdapCtxFactory");
    settings.put(Context.PROVIDER_URL, System.getenv("LDAP_URL"));
    settings.put(Context.SECURITY_PRINCIPAL, ADMINISTRATOR);
    settings.put(Context.SECURITY_CREDENTIALS, System.getenv("LDAP_PASSWORD"));
    DirContext directory = new InitialDirContext(settings);
    try {
      Object found = directory.getAttributes(entry).get(attribute).get();
      return value.equals(found) ? value : null;
    } catch (NameNotFoundException error) {
      return null;
    } finally {
      directory.close();
    }
  }

  static void select(JFrame frame, String tab) throws Exception {
    JTabbedPane tabs = await(tab, () -> find(frame, JTabbedPane.class, one -> one.indexOfTab(tab) >= 0));
    onScreen(() -> { tabs.setSelectedIndex(tabs.indexOfTab(tab)); return null; });
  }

  static void type(JTable table, String attribute, String value) throws Exception {
    onScreen(() -> {
      table.editCellAt(row(table, attribute), 1);
      ((JTextComponent) table.getEditorComponent()).setText(value);
      table.getCellEditor().stopCellEditing();
      return null;
    });
  }

  /** The table of an entry, when the attribute has this value in it. */
  static JTable valueShown(JFrame frame, String attribute, String value) {
    return find(frame, JTable.class, one -> one.isShowing() && row(one, attribute) >= 0
      && String.valueOf(one.getValueAt(row(one, attribute), 1)).contains(value));
  }

  static int row(JTable table) {
    return row(table, "ds-cfg-smtp-server");
  }

  static int row(JTable table, String attribute) {
    for (int row = 0; row < table.getRowCount(); row++) {
      if (String.valueOf(table.getValueAt(row, 0)).equals(attribute)) return row;
    }
    return -1;
  }

  /** The schema as the browser shows it: a tree of its own on another tab. */
  static void exploreSchema(JFrame frame) throws Exception {
    select(frame, "Schema");
    JTree tree = await("the schema", () -> find(frame, JTree.class, Component::isShowing));
    TreePath classes = await("the object classes", () -> opened(tree, List.of("schema", "objectClasses")));
    TreePath types = await("the attributes", () -> opened(tree, List.of("schema", "attributeTypes")));
    say("object classes", children(tree, classes));
    say("attributes", children(tree, types));
  }

  /** The path to a node, opened all the way; null as long as something on the way is not there yet. */
  static TreePath opened(JTree tree, List<String> names) {
    TreePath path = new TreePath(tree.getModel().getRoot());
    tree.expandPath(path);
    for (String name : names) {
      path = child(tree, path, name);
      if (path == null) return null;
      tree.expandPath(path);
    }
    List<String> found = children(tree, path);
    return found.isEmpty() ? null : path;
  }

  static TreePath child(JTree tree, TreePath parent, String name) {
    if (parent == null) return null;
    TreeNode node = (TreeNode) parent.getLastPathComponent();
    for (int index = 0; index < node.getChildCount(); index++) {
      if (label(node.getChildAt(index)).equals(name)) return parent.pathByAddingChild(node.getChildAt(index));
    }
    return null;
  }

  /** What is below a node, without what the browser shows while it reads. */
  static List<String> children(JTree tree, TreePath parent) {
    TreeNode node = (TreeNode) parent.getLastPathComponent();
    List<String> found = new ArrayList<>();
    for (int index = 0; index < node.getChildCount(); index++) {
      String label = label(node.getChildAt(index));
      if (!PLACEHOLDERS.contains(label)) found.add(label);
    }
    return found;
  }

  /** As the screen has it: the value of the RDN. */
  static String label(Object node) {
    String rdn = String.valueOf(node);
    return rdn.substring(rdn.indexOf('=') + 1);
  }

  /** The dialog about a refusal. */
  static JDialog refusal() {
    return shown(JDialog.class, one -> text(one).contains("Unable to perform Modify operation"));
  }

  static String text(Container container) {
    return all(container).stream()
      .map(one -> one instanceof JLabel label ? label.getText() : one instanceof JTextComponent field ? field.getText() : null)
      .filter(one -> one != null)
      .collect(Collectors.joining(" "));
  }

  static <T extends Window> T shown(Class<T> kind, Predicate<T> fits) {
    return Arrays.stream(Window.getWindows()).filter(kind::isInstance).map(kind::cast)
      .filter(Window::isShowing).filter(fits).findFirst().orElse(null);
  }

  static <T extends Component> T find(Container container, Class<T> kind, Predicate<T> fits) {
    return all(container).stream().filter(kind::isInstance).map(kind::cast).filter(fits).findFirst().orElse(null);
  }

  static AbstractButton button(Container container, String text) {
    return find(container, AbstractButton.class, one -> text.equals(one.getText()) && one.isShowing() && one.isEnabled());
  }

  static JMenuItem menuItem(JFrame frame, String text) {
    for (Component one : all(frame)) {
      if (!(one instanceof JMenu menu)) continue;
      for (Component item : menu.getMenuComponents()) {
        if (item instanceof JMenuItem found && text.equals(found.getText())) return found;
      }
    }
    return null;
  }

  /** The field that stands behind a label. */
  static JTextComponent after(Container container, String label) {
    boolean isNext = false;
    for (Component one : all(container)) {
      if (isNext && one instanceof JTextComponent field) return field;
      if (one instanceof JLabel found && found.getText() != null && found.getText().trim().equals(label)) isNext = true;
    }
    throw new IllegalStateException("There is no field behind " + label);
  }

  static List<Component> all(Container container) {
    List<Component> found = new ArrayList<>();
    for (Component one : container.getComponents()) {
      found.add(one);
      if (one instanceof Container inner) found.addAll(all(inner));
    }
    return found;
  }

  /** A press may open a window that has to be answered first: nobody waits for its end. */
  static void pressLater(AbstractButton button) {
    SwingUtilities.invokeLater(button::doClick);
  }

  static <T> T onScreen(Callable<T> action) throws Exception {
    FutureTask<T> task = new FutureTask<>(action);
    SwingUtilities.invokeLater(task);
    return task.get();
  }

  static <T> T await(String what, Callable<T> look) throws Exception {
    T found = await(look, WAIT_MS);
    if (found == null) throw new IllegalStateException("Waited in vain for " + what);
    return found;
  }

  /** What the look finds, or null when the time is over. */
  static <T> T await(Callable<T> look, long milliseconds) throws Exception {
    long end = System.currentTimeMillis() + milliseconds;
    while (true) {
      T found = onScreen(look);
      if (found != null || System.currentTimeMillis() > end) return found;
      Thread.sleep(LOOK_MS);
    }
  }

  static void say(String name, Object value) {
    System.out.println("{\"name\":" + json(name) + ",\"value\":" + json(value) + "}");
  }

  static String json(Object value) {
    if (value instanceof List<?> list) return list.stream().map(JxplorerDriver::json).collect(Collectors.joining(",", "[", "]"));
    String text = String.valueOf(value).replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("[\\x00-\\x1f]+", " ");
    return "\"" + text + "\"";
  }

  /** Only where somebody wants to look: TOOL_PICTURES names a folder. */
  static void takePicture(String name) throws Exception {
    String folder = System.getenv("TOOL_PICTURES");
    if (folder == null) return;
    onScreen(() -> null);
    Rectangle screen = new Rectangle(Toolkit.getDefaultToolkit().getScreenSize());
    ImageIO.write(new Robot().createScreenCapture(screen), "png", new File(folder, name + ".png"));
  }
}
