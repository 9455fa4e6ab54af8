// Controls (RFC 4511 §4.1.11). The value is the octets of the control's own encoding, carried as text
// (octets.ts); the codec reads and writes what is inside.

export interface Control {
  readonly oid: string;
  readonly criticality: boolean;
  readonly value: string | undefined;
}
