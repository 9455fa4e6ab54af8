// The text that an encrypted value in a file of the server begins with. No value that a client sends may begin with it.

export const ENCRYPTED_MARK = '{AES256-GCM}';
