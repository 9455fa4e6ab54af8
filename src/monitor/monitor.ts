// What is happening, as values: whoever has state or counters to show gives the Monitor a source. cn=monitor shows
// them as entries (monitor-backend.ts), the HTTP handler as metrics; neither is known here.
//
// To show something of your own: define its attributes and object class in schema/06-monitor.ldif, write a
// MonitorSource that reads your figures when it is asked, and `monitor.add` it where src/bin/ plugs things together.

/** Whole numbers, times and booleans become what LDAP makes of them; a secret must never be one. */
export type MonitorValue = string | number | boolean | Date;

/** By attribute name, as the schema spells it; undefined and empty lists are left out. */
export type MonitorFigures = Readonly<Record<string, MonitorValue | readonly MonitorValue[] | undefined>>;

/** What has figures of its own: one connection handler, one mail server. */
export interface MonitorItem {
  /** Becomes the cn of the entry; different for all items of a source. */
  readonly name: string;
  /** The structural class, a descendant of ds-monitor. */
  readonly objectClass: string;
  /** What is true now. Called for each request that looks at the entry: quick, and without waiting for anything. */
  figures(): MonitorFigures;
}

/** An entry directly below cn=monitor, and the entries below that. */
export interface MonitorSource extends MonitorItem {
  /** What is below it now. */
  items?(): Iterable<MonitorItem>;
}

export class Monitor {
  /** What cn=monitor itself shows: the server as a whole. */
  readonly server: MonitorItem;
  readonly #sources: MonitorSource[] = [];

  constructor(server: MonitorItem) {
    this.server = server;
  }

  /** From now on the source is shown; two must not have the same name. */
  add(source: MonitorSource): void {
    this.#sources.push(source);
  }

  get sources(): readonly MonitorSource[] {
    return this.#sources;
  }
}
