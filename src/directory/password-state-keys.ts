// The attributes that come with a password: the server sets them, in the change that sets the password, and they go with it
// wherever that goes.

/** Lower-case names. */
export const PASSWORD_STATE_KEYS: ReadonlySet<string> = new Set(['pwdchangedtime', 'pwdhistory', 'pwdreset']);
