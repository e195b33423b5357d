/** Writes ASN.1 DER (ITU-T X.690), limited to what an X.509 certificate needs. Every function returns one encoded element. */

const tlv = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
};

function length(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes]);
  const hex = bytes.toString(16);
  const digits = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return Buffer.concat([Buffer.from([0x80 | digits.length]), digits]);
}

export const sequence = (...parts: readonly Uint8Array[]) => tlv(0x30, ...parts);
export const set = (...parts: readonly Uint8Array[]) => tlv(0x31, ...parts);
export const boolean = (value: boolean) => tlv(0x01, Buffer.from([value ? 0xff : 0]));
/** A positive INTEGER. The highest bit of the input must not be set. */
export const integer = (bigEndian: Uint8Array) => tlv(0x02, bigEndian);
export const octets = (content: Uint8Array) => tlv(0x04, content);
export const text = (value: string) => tlv(0x0c, Buffer.from(value));
/** `unused` is the number of bits in the last byte that do not belong to the string. */
export const bits = (content: Uint8Array, unused = 0) => tlv(0x03, Buffer.from([unused]), content);
/** UTCTime, for years up to 2049 (RFC 5280, 4.1.2.5). */
export const time = (at: Date) => tlv(0x17, Buffer.from(at.toISOString().replace(/^..|[-:T]|\.\d+/g, "")));
/** A context-specific element: `constructed` if it contains other elements, otherwise plain content. */
export const tagged = (tag: number, constructed: boolean, ...content: readonly Uint8Array[]) =>
  tlv((constructed ? 0xa0 : 0x80) | tag, ...content);

/** OBJECT IDENTIFIER, from its dotted notation. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return tlv(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(arc: number): number[] {
  const low = arc & 0x7f;
  const digits = [low];
  for (let left = arc >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}
