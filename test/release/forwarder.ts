/**
 * Creates a library for 64-bit Windows with one function that forwards to another library: `LIBRARY.FUNCTION`. It contains no code, only
 * the names (PE format, "The .edata Section").
 */
export function forwarder(library: string, { name, to }: { readonly name: string; readonly to: string }): Buffer {
  const strings = [library, name, to].map((text) => Buffer.from(`${text}\0`, "latin1"));
  const [libraryAt = 0, nameAt = 0, toAt = 0] = strings.map(
    (_, index) => section + directory + 12 + strings.slice(0, index).reduce((sum, { length }) => sum + length, 0),
  );
  const [functions, names, ordinals] = [section + directory, section + directory + 4, section + directory + 8];
  const exports = Buffer.concat([u32(0, 0, 0, libraryAt, 1, 1, 1, functions, names, ordinals), u32(toAt, nameAt, 0), ...strings]);
  return Buffer.concat([padded(headers(exports.length)), padded(exports)]);
}

/** The address of the only section after loading, and the size of an export directory table. */
const section = 0x1000;
const directory = 40;

/** The alignment of everything in the file. */
const unit = 0x200;

function headers(size: number): Buffer {
  const dos = Buffer.alloc(0x40);
  dos.write("MZ", "latin1");
  dos.writeUInt32LE(dos.length, 0x3c);
  // For x64, one section. A library that can be loaded at any address.
  const file = Buffer.concat([u16(0x8664, 1), u32(0, 0, 0), u16(240, 0x2022)]);
  const optional = Buffer.concat([
    u16(0x20b, 0),
    u32(0, unit, 0, 0, section),
    u64(0x1_8000_0000n),
    u32(section, unit),
    u16(6, 0, 0, 0, 6, 0),
    u32(0, 2 * section, unit, 0),
    u16(3, 0x160),
    u64(0x10_0000n, 0x1000n, 0x10_0000n, 0x1000n),
    // The first of sixteen data directories is that of the exports.
    u32(0, 16, section, size),
    Buffer.alloc(15 * 8),
  ]);
  const row = Buffer.concat([Buffer.from(".edata\0\0", "latin1"), u32(size, section, unit, unit, 0, 0, 0, 0x4000_0040)]);
  return Buffer.concat([dos, Buffer.from("PE\0\0", "latin1"), file, optional, row]);
}

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(unit - (bytes.length % unit))]);

const u16 = (...numbers: number[]): Buffer => written(numbers, 2, (to, number, at) => to.writeUInt16LE(number, at));
const u32 = (...numbers: number[]): Buffer => written(numbers, 4, (to, number, at) => to.writeUInt32LE(number, at));
const u64 = (...numbers: bigint[]): Buffer => written(numbers, 8, (to, number, at) => to.writeBigUInt64LE(number, at));

function written<T>(numbers: readonly T[], size: number, write: (to: Buffer, number: T, at: number) => void): Buffer {
  const bytes = Buffer.alloc(size * numbers.length);
  for (const [index, number] of numbers.entries()) write(bytes, number, size * index);
  return bytes;
}
