/** Offsets of the header fields that are used here (ELF-64, elf(5)). */
const at = { segments: 0x20, sections: 0x28, segmentCount: 0x38, sectionCount: 0x3c, namesIndex: 0x3e } as const;
const segmentSize = 56;
const sectionSize = 64;
const allocated = 2n;
const noBits = 8;

/**
 * Removes what only a debugger reads from a Linux program: symbols and line numbers, which are after everything that is loaded. Loaded
 * bytes stay unchanged at their offsets. This function replaces binutils' strip, whose output differs between releases.
 *
 * @param program ELF, 64 bit, little-endian
 * @throws Error for a program with another layout
 */
export function withoutSymbols(program: Buffer): Buffer {
  if (program.toString("latin1", 0, 6) !== "\x7fELF\x02\x01") throw new Error("no ELF program of 64 bits, little-endian");
  const sections = sectionsOf(program);
  const names = sections[program.readUInt16LE(at.namesIndex)];
  const kept = sections.slice(0, sections.findLastIndex(({ flags }) => (flags & allocated) !== 0n) + 1);
  const end = Math.max(...segmentEnds(program), ...kept.map(({ offset, size, type }) => (type === noBits ? 0 : offset + size)));
  const dropped = sections.slice(kept.length);
  if (!names || dropped.some(({ offset }) => offset < end)) throw new Error("symbols stand between what is loaded");

  const loaded = padded(program.subarray(0, end));
  const words = padded(program.subarray(names.offset, names.offset + names.size));
  const header = Buffer.from(names.header);
  header.writeBigUInt64LE(BigInt(loaded.length), 24);
  const stripped = Buffer.concat([loaded, words, ...kept.map((section) => section.header), header]);
  stripped.writeBigUInt64LE(BigInt(loaded.length + words.length), at.sections);
  stripped.writeUInt16LE(kept.length + 1, at.sectionCount);
  stripped.writeUInt16LE(kept.length, at.namesIndex);
  return stripped;
}

function sectionsOf(program: Buffer) {
  const from = Number(program.readBigUInt64LE(at.sections));
  return Array.from({ length: program.readUInt16LE(at.sectionCount) }, (_, index) => {
    const header = program.subarray(from + index * sectionSize, from + (index + 1) * sectionSize);
    const [offset, size] = [Number(header.readBigUInt64LE(24)), Number(header.readBigUInt64LE(32))];
    return { header, type: header.readUInt32LE(4), flags: header.readBigUInt64LE(8), offset, size };
  });
}

/** Returns the end offset of each segment. Segments are the loaded parts. */
function segmentEnds(program: Buffer): number[] {
  const from = Number(program.readBigUInt64LE(at.segments));
  return Array.from({ length: program.readUInt16LE(at.segmentCount) }, (_, index) => {
    const header = from + index * segmentSize;
    return Number(program.readBigUInt64LE(header + 8) + program.readBigUInt64LE(header + 32));
  });
}

const padded = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
