/** Offsets of the header fields that are used here (ELF-64, elf(5)). */
const at = { segments: 0x20, sections: 0x28, segmentCount: 0x38, sectionCount: 0x3c, namesIndex: 0x3e } as const;
const segmentSize = 56;
const sectionSize = 64;
const allocated = 2n;
const noBits = 8;
const relocations = 4;
const dynamicSymbols = 11;
/** The size of a relocation, and of a symbol. */
const entrySize = 24;
/** `st_info` of a symbol: STB_GLOBAL, STT_FUNC. */
const globalFunction = 0x12;

/**
 * Removes what only a debugger reads from a Linux program: symbols and line numbers, which are after everything that is loaded. Also clears
 * the functions that Node exports to native addons: the plugin loads none, and their names are 0.8 MB of the archive. All other loaded bytes
 * stay unchanged, and each stays at its offset. This function replaces binutils' strip, whose output differs between releases.
 *
 * @param original ELF, 64 bit, little-endian
 * @throws Error for a program with another layout
 */
export function withoutSymbols(original: Buffer): Buffer {
  if (original.toString("latin1", 0, 6) !== "\x7fELF\x02\x01") throw new Error("no ELF program of 64 bits, little-endian");
  const program = withoutExports(original);
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

/** Clears the global functions that no relocation uses, except their types. */
function withoutExports(program: Buffer): Buffer {
  const sections = sectionsOf(program);
  const table = sections.find(({ type }) => type === dynamicSymbols);
  const names = table && sections[table.header.readUInt32LE(40)];
  if (!names) throw new Error("no dynamic symbols");
  const used = new Set(
    sections
      .filter(({ type }) => type === relocations)
      .flatMap(entriesOf)
      .map((entry) => program.readUInt32LE(entry + 12)),
  );
  const symbols = entriesOf(table).map((symbol, index) => {
    const name = names.offset + program.readUInt32LE(symbol);
    const isDefined = program.readUInt16LE(symbol + 6) !== 0;
    const isExport = program[symbol + 4] === globalFunction && isDefined && !used.has(index);
    return { symbol, isExport, name, nameEnd: program.indexOf(0, name) };
  });
  const cleared = Buffer.from(program);
  for (const { symbol, isExport, name, nameEnd } of symbols)
    if (isExport)
      cleared
        .fill(0, symbol, symbol + 4)
        .fill(0, symbol + 8, symbol + entrySize)
        .fill(0, name, nameEnd);
  // A linker stores a name that is the end of another one only once
  for (const { isExport, name, nameEnd } of symbols) if (!isExport) program.copy(cleared, name, name, nameEnd);
  return cleared;
}

/** Returns the offsets of the entries of a section. */
const entriesOf = ({ offset, size }: { readonly offset: number; readonly size: number }): number[] =>
  Array.from({ length: size / entrySize }, (_, index) => offset + index * entrySize);

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
