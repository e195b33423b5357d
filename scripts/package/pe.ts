/** Offsets from the PE header's start (PE32+, Microsoft's PE Format). */
const at = { magic: 24, checksum: 24 + 64, certificates: 24 + 112 + 4 * 8 } as const;
const pe32Plus = 0x20b;

/**
 * Returns a Windows program without its signature, which becomes invalid once data is added to the program. Also clears the checksum, which
 * Windows checks only for drivers.
 *
 * @throws Error for another file format, or if there is data after the signature
 */
export function withoutSignature(program: Buffer): Buffer {
  const header = program.readUInt32LE(0x3c);
  if (program.toString("latin1", header, header + 4) !== "PE\0\0" || program.readUInt16LE(header + at.magic) !== pe32Plus)
    throw new Error("no Windows program of 64 bits");
  const [from, size] = [program.readUInt32LE(header + at.certificates), program.readUInt32LE(header + at.certificates + 4)];
  if (from !== 0 && from + size !== program.length) throw new Error("something stands behind the signature");
  const bare = Buffer.from(program.subarray(0, from === 0 ? program.length : from));
  bare.fill(0, header + at.certificates, header + at.certificates + 8);
  bare.writeUInt32LE(0, header + at.checksum);
  return bare;
}
