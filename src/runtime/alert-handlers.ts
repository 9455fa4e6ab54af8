// The alert handlers of the configuration, as subscribers of alerts.

import type { ConfigurationObject } from '../config/configuration-object.ts';
import type { AlertHandlerSettings } from '../mail/alert-handler.ts';
import type { Alerts } from '../mail/alerts.ts';
import type { Component, NewKeys, ObjectDifference, Prepared } from './component.ts';
import { type Digest, factsOf, type RunningPart } from './description.ts';
import { onCommit } from './renamed-keys.ts';

/** Component that runs the alert handlers. */
export class AlertHandlers implements Component {
  readonly kind = 'smtp-alert-handler';
  readonly #alerts: Alerts;
  readonly #changed: () => void;

  /** @param changed Called when alert handlers change or subscribe to other alerts. */
  constructor(alerts: Alerts, changed: () => void) {
    this.#alerts = alerts;
    this.#changed = changed;
  }

  renamed(keys: NewKeys): Prepared {
    return onCommit(() => this.#alerts.renameHandlers(keys));
  }

  prepare({ key, after, differsInNamesOnly }: ObjectDifference): Prepared {
    return onCommit(() => {
      // The running handler keeps the alerts that it has not sent yet.
      if (differsInNamesOnly === true) return;
      this.#alerts.setHandler(key, settingsOf(after));
      this.#changed();
    });
  }

  *describe(digest: Digest): Generator<RunningPart> {
    for (const [key, settings] of this.#alerts.handlers) yield { key, facts: factsOf(settings, digest) };
  }

  runs(key: string): boolean {
    return this.#alerts.handlers.has(key);
  }
}

function settingsOf(object: ConfigurationObject | undefined): AlertHandlerSettings | undefined {
  if (object?.kind !== 'smtp-alert-handler' || !object.enabled) return undefined;
  return {
    sender: object.senderAddress,
    recipients: object.recipientAddress,
    subject: object.messageSubject,
    body: object.messageBody,
    enabledTypes: keysOf(object.enabledAlertType),
    disabledTypes: keysOf(object.disabledAlertType),
  };
}

function keysOf(types: readonly string[]): ReadonlySet<string> {
  return new Set(types.map((type) => type.toLowerCase()));
}
