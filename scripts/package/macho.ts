import { createHash } from "node:crypto";

/** Load commands (mach-o/loader.h), and the size of the pages that a signature hashes. */
const command = { segment: 0x19, signature: 0x1d } as const;
const headerSize = 32;
const page = 4096;
const arm64 = 0x0100000c;
/** The size from the start of the code directory to the identifier (version 0x20400: up to execSegFlags). */
const directorySize = 88;
const superBlobSize = 20;

type Segment = { readonly at: number; readonly offset: number; readonly size: number };
type Layout = {
  readonly text: Segment;
  readonly linkEdit: Segment;
  /** The offset of the signature's load command, present or future, and the offset of its data if there is a signature. */
  readonly command: number;
  readonly signature: number | undefined;
};

/**
 * Returns a macOS program with an ad-hoc signature: hashes of all pages, without a signing identity (Apple's cs_blobs.h, as Go's linker
 * writes it). An Apple processor does not start a program without a signature. An existing signature is replaced.
 *
 * @param program a thin 64-bit Mach-O
 * @param identifier the name in the signature
 * @throws Error for another layout, or if there is no space for the load command
 */
export function signAdHoc(program: Buffer, identifier: string): Buffer {
  const layout = layoutOf(program);
  const end = layout.signature ?? layout.linkEdit.offset + layout.linkEdit.size;
  if (layout.signature === undefined && end !== program.length) throw new Error("something stands behind __LINKEDIT");
  const limit = roundUp(end, 16);
  const hashes = Math.ceil(limit / page);
  const name = Buffer.from(`${identifier}\0`);
  const blobSize = superBlobSize + directorySize + name.length + hashes * 32;
  const signed = Buffer.alloc(limit + roundUp(blobSize, 16));
  program.copy(signed, 0, 0, end);
  announce(signed, layout, limit);
  directory({ limit, hashes, name, text: layout.text }).copy(signed, limit);
  // Hashed last, because the first pages contain the load commands that were just written.
  for (let index = 0; index < hashes; index++) {
    const hash = createHash("sha256").update(signed.subarray(index * page, Math.min(limit, (index + 1) * page)));
    hash.digest().copy(signed, limit + blobSize - (hashes - index) * 32);
  }
  return signed;
}

function layoutOf(program: Buffer): Layout {
  if (program.readUInt32LE(0) !== 0xfeedfacf) throw new Error("no thin Mach-O of 64 bits");
  const commands = commandsOf(program);
  const text = segment(program, commands, "__TEXT");
  const linkEdit = segment(program, commands, "__LINKEDIT");
  const signature = commands.find(({ kind }) => kind === command.signature);
  if (signature) return { text, linkEdit, command: signature.at, signature: program.readUInt32LE(signature.at + 8) };
  const free = headerSize + program.readUInt32LE(20);
  // The load commands must end before the first section.
  if (!program.subarray(free, free + 16).equals(Buffer.alloc(16))) throw new Error("no room for another load command");
  return { text, linkEdit, command: free, signature: undefined };
}

function commandsOf(program: Buffer): { at: number; kind: number }[] {
  const found: { at: number; kind: number }[] = [];
  for (let at = headerSize; found.length < program.readUInt32LE(16); at += program.readUInt32LE(at + 4))
    found.push({ at, kind: program.readUInt32LE(at) });
  return found;
}

function segment(program: Buffer, commands: readonly { at: number; kind: number }[], name: string): Segment {
  const nameOf = (at: number) => program.toString("latin1", at + 8, at + 24).replace(/\0.*$/s, "");
  const found = commands.find(({ at, kind }) => kind === command.segment && nameOf(at) === name);
  if (!found) throw new Error(`no segment ${name}`);
  const number = (offset: number) => Number(program.readBigUInt64LE(found.at + offset));
  return { at: found.at, offset: number(40), size: number(48) };
}

/** Writes into the load commands that the signature spans from `limit` to the end of the file. */
function announce(signed: Buffer, layout: Layout, limit: number): void {
  if (layout.signature === undefined) {
    signed.writeUInt32LE(command.signature, layout.command);
    signed.writeUInt32LE(16, layout.command + 4);
    signed.writeUInt32LE(signed.readUInt32LE(16) + 1, 16);
    signed.writeUInt32LE(signed.readUInt32LE(20) + 16, 20);
  }
  signed.writeUInt32LE(limit, layout.command + 8);
  signed.writeUInt32LE(signed.length - limit, layout.command + 12);
  const size = signed.length - layout.linkEdit.offset;
  const memoryPage = signed.readUInt32LE(4) === arm64 ? 16384 : 4096;
  signed.writeBigUInt64LE(BigInt(roundUp(size, memoryPage)), layout.linkEdit.at + 32);
  signed.writeBigUInt64LE(BigInt(size), layout.linkEdit.at + 48);
}

/** Returns the signature without its hashes: a super blob with one code directory. Its numbers are big-endian. */
function directory({ limit, hashes, name, text }: { limit: number; hashes: number; name: Buffer; text: Segment }): Buffer {
  const hashesAt = directorySize + name.length;
  const size = hashesAt + hashes * 32;
  const adHoc = 2;
  const head = words(0xfade0cc0, superBlobSize + size, 1, 0, superBlobSize);
  const fields = words(0xfade0c02, size, 0x20400, adHoc, hashesAt, directorySize, 0, hashes, limit);
  // Hashes of 32 bytes, SHA-256, no platform, pages of 2^12. Then no scatter, no team, and no 64-bit limit.
  const kind = Buffer.from([32, 2, 0, Math.log2(page)]);
  const mainBinary = 1n;
  const executable = [0n, BigInt(text.offset), BigInt(text.size), mainBinary].map(longWord);
  return Buffer.concat([head, fields, kind, words(0, 0, 0, 0), ...executable, name]);
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

function longWord(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

const roundUp = (size: number, to: number) => Math.ceil(size / to) * to;
