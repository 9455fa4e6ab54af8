// The entries that always exist: the root of the configuration and the containers. Clients for PingDS expect these
// names.

export const CONFIG_ROOT = 'cn=config';

export const Container = {
  connectionHandlers: 'cn=Connection Handlers,cn=config',
  backends: 'cn=Backends,cn=config',
  keyManagerProviders: 'cn=Key Manager Providers,cn=config',
  trustManagerProviders: 'cn=Trust Manager Providers,cn=config',
  mailServers: 'cn=Mail Servers,cn=config',
  alertHandlers: 'cn=Alert Handlers,cn=config',
  accountStatusNotificationHandlers: 'cn=Account Status Notification Handlers,cn=config',
  passwordPolicies: 'cn=Password Policies,cn=config',
  passwordValidators: 'cn=Password Validators,cn=config',
  rootDns: 'cn=Root DNs,cn=config',
  secretSources: 'cn=Secret Sources,cn=config',
  accessControlHandler: 'cn=Access Control Handler,cn=config',
} as const;
