// OIDs of configuration attributes and classes. Definitions of OpenDJ keep OpenDJ's OIDs. All others are in one arc
// of this project, 2.25 and a UUID (ITU-T X.667 §8), never in an arc of somebody else. The declarations have the
// numbers; a published number is never reused.

/** Arc of UUID 44accf47-34fd-42ae-a98e-15ec2879e989. */
export const OWN_ARC = '2.25.91284782873429157759323361610399607177';

const OPENDJ = '1.3.6.1.4.1.26027.1';
const FORGEROCK = '1.3.6.1.4.1.36733.2.1';

/** Arc of PingDS's "value or expression" syntaxes. The last number is that of the base syntax. */
export const EXPRESSION_SYNTAX_ARC = `${FORGEROCK}.3.3`;

export const opendjAttribute = (number: number): string => `${OPENDJ}.1.${number}`;
export const opendjClass = (number: number): string => `${OPENDJ}.2.${number}`;
export const forgerockClass = (number: number): string => `${FORGEROCK}.2.${number}`;
export const forgerockAttribute = (number: number): string => `${FORGEROCK}.1.${number}`;
export const ownAttribute = (number: number): string => `${OWN_ARC}.1.${number}`;
/** Returns the OID of the name form of a class (RFC 4512 §4.1.7.2), derived from the OID of the class. */
export function nameFormOf(classOid: string): string {
  const arcs = [OWN_ARC, OPENDJ, FORGEROCK].map((arc) => `${arc}.2.`);
  const index = arcs.findIndex((arc) => classOid.startsWith(arc));
  return `${OWN_ARC}.3.${index + 1}.${classOid.slice(arcs[index]?.length ?? 0)}`;
}

export const ownClass = (number: number): string => `${OWN_ARC}.2.${number}`;
