// The types of alerts that this server raises. Types of OpenDJ and PingDS keep their names, so that existing
// handlers work; the others begin with the name of this program.

export const ALERT_TYPES = {
  'org.opends.server.DirectoryServerStarted': 'the server has started',
  'org.opends.server.DirectoryServerShutdown': 'the server stops',
  'org.opends.server.CannotWriteConfig': 'a change could not be written to disk',
  'org.opends.server.ManualConfigEditHandled': 'a file that was edited by hand was taken at the start',
  'org.opends.server.ManualConfigEditLost':
    'config.ldif was edited while the server runs, which has no effect',
  'confdit.StartRefused': 'the server refused to start earlier',
  'confdit.ReloadRefused': 'nothing was reloaded, because something does not resolve or does not fit',
  'confdit.ConfigurationChanged': 'the configuration was changed',
  'confdit.CertificateExpired': 'a certificate of a key manager or trust manager has expired',
  'confdit.CertificateExpiresSoon': 'a certificate of a key manager or trust manager expires soon',
  'confdit.NotInForce': 'a change of another server of the cluster is not all in force on this one',
  'confdit.ClusterFailed': 'the server does not reach its cluster, or follows it no further',
  'confdit.ServerAway': 'a server of the cluster is missed',
  'confdit.ServerBack': 'a server of the cluster is there again',
  'confdit.NotRunning': 'an enabled object of the configuration does not run',
  'confdit.ChangesStuck': 'a change waits too long for the disk, or for what it needs',
  'confdit.FileSystemStuck': 'the file system of a file that a value names does not answer',
  'confdit.LoginsRefused': 'too many logins have failed with a name or from an address',
  'confdit.AccountLocked': 'failed logins have locked an account',
  'confdit.SecretsExported': 'secrets were exported in clear text',
  'confdit.MailServerFailed': 'a mail server fails its checks',
  'confdit.MailGivenUp': 'a message could not be delivered',
  'confdit.SpoolRefused': 'a message could not be put into the spool',
  'confdit.FileDescriptorsLow': 'the process has no file descriptors left, or nearly none',
} as const;

export type AlertType = keyof typeof ALERT_TYPES;
