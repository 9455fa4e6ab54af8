// The settings of a mail server that this room uses, from its typed configuration.

import type { Secret } from '../config/secret.ts';
import type { HostPort } from '../config/types/host-port.ts';
import type { JavaMailSetting } from '../config/types/java-mail.ts';

export interface MailServerSettings {
  readonly smtpServer: HostPort;
  readonly authUsername: string | undefined;
  readonly authPassword: Secret | undefined;
  readonly useSsl: boolean;
  readonly useStartTls: boolean;
  /** JavaMail properties; they override the others. */
  readonly smtpProperty: readonly JavaMailSetting[];
  /** Priority; lower values are tried first. */
  readonly priority: number;
  readonly connectionPoolSize: number;
}
