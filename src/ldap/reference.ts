// A search continuation (RFC 4511 §4.5.3): what is here lies elsewhere.

export class Reference {
  readonly uris: readonly string[];

  constructor(uris: readonly string[]) {
    this.uris = uris;
  }
}
