// A search continuation (RFC 4511 §4.5.3): the entries are on another server.

export class Reference {
  readonly uris: readonly string[];

  constructor(uris: readonly string[]) {
    this.uris = uris;
  }
}
