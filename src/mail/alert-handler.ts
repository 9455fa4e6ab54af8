// One handler that sends alerts by mail. A change of the configuration creates another one.

import type { RaisedAlert } from './alert.ts';
import { type AlertGrouping, GroupedAlerts } from './alert-group.ts';
import type { AlertMail } from './alert-message.ts';

export interface AlertHandlerSettings extends AlertMail {
  /** Types in lower case; if empty, all but the disabled ones. */
  readonly enabledTypes: ReadonlySet<string>;
  readonly disabledTypes: ReadonlySet<string>;
}

/** Sends the alerts of the types that it is subscribed to. */
export class AlertHandler {
  readonly settings: AlertHandlerSettings;
  readonly #grouping: AlertGrouping;
  readonly #groups = new Map<string, GroupedAlerts>();

  constructor(settings: AlertHandlerSettings, grouping: AlertGrouping) {
    this.settings = settings;
    this.#grouping = grouping;
  }

  /** Returns true if alerts of this type are sent. Disabled types win. */
  wants(type: string): boolean {
    const { enabledTypes, disabledTypes } = this.settings;
    const key = type.toLowerCase();
    return !disabledTypes.has(key) && (enabledTypes.size === 0 || enabledTypes.has(key));
  }

  hear(alert: RaisedAlert): void {
    if (!this.wants(alert.type)) return;
    const group = this.#groups.get(alert.type) ?? new GroupedAlerts(this.#grouping);
    this.#groups.set(alert.type, group);
    group.add(alert);
  }

  /** Sends the collected alerts. */
  close(): void {
    for (const group of this.#groups.values()) group.close();
  }
}
