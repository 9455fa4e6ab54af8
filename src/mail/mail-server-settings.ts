// A mail server as it was configured: what of its typed configuration this room needs.

import type { Secret } from '../config/secret.ts';
import type { HostPort } from '../config/types/host-port.ts';
import type { JavaMailSetting } from '../config/types/java-mail.ts';

export interface MailServerSettings {
  readonly smtpServer: HostPort;
  readonly authUsername: string | undefined;
  readonly authPassword: Secret | undefined;
  readonly useSsl: boolean;
  readonly useStartTls: boolean;
  /** They come after the others and win over them. */
  readonly smtpProperty: readonly JavaMailSetting[];
  /** Lower comes first. */
  readonly priority: number;
  readonly connectionPoolSize: number;
}
