// Monitoring data as values: every part with state or counters gives the Monitor a source. cn=monitor shows
// them as entries (monitor-backend.ts), the HTTP handler as metrics.
//
// To add your own: define its attributes and object class in schema/06-monitor.ldif, write a MonitorSource that
// reads your figures when asked, and `monitor.add` it in src/bin/.

/** Whole number, time, boolean or text, formatted for LDAP. Never a secret. */
export type MonitorValue = string | number | boolean | Date;

/** Figures by attribute name in the schema's spelling. Undefined and empty lists are left out. */
export type MonitorFigures = Readonly<Record<string, MonitorValue | readonly MonitorValue[] | undefined>>;

/** Something with figures of its own: one connection handler, one mail server. */
export interface MonitorItem {
  /** Value of cn of the entry; unique within a source. */
  readonly name: string;
  /** Structural object class, derived from ds-monitor. */
  readonly objectClass: string;
  /**
   * Returns the present figures. Called for each request that looks at the entry, so it must be quick and
   * synchronous.
   */
  figures(): MonitorFigures;
}

/** An entry directly below cn=monitor, and the entries below it. */
export interface MonitorSource extends MonitorItem {
  /** Returns the present items below it. */
  items?(): Iterable<MonitorItem>;
}

/** The monitoring sources of one server. */
export class Monitor {
  /** Figures of the entry cn=monitor itself, about the server as a whole. */
  readonly server: MonitorItem;
  readonly #sources: MonitorSource[] = [];

  constructor(server: MonitorItem) {
    this.server = server;
  }

  /** Adds a source. Names of sources must be unique. */
  add(source: MonitorSource): void {
    this.#sources.push(source);
  }

  get sources(): readonly MonitorSource[] {
    return this.#sources;
  }
}
