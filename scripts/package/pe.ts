/** Offsets from the PE header's start (PE32+, Microsoft's PE Format). */
const at = { magic: 24, checksum: 24 + 64, certificates: 24 + 112 + 4 * 8 } as const;
const pe32Plus = 0x20b;

/**
 * A Windows program without its signature, which would not hold any more once something is put into it. Its checksum, that Windows
 * looks at for drivers alone, goes too.
 *
 * @throws Error for another kind of file, or if something stands behind the signature
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
