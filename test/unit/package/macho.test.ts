import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { signAdHoc } from "../../../scripts/package/macho.ts";

/** Returns a Mach-O with a page of code and an empty __LINKEDIT after it. With `room`, there is space for another load command. */
function program({ room = true } = {}): Buffer {
  const bytes = Buffer.alloc(8192, "code");
  bytes.fill(0, 0, room ? 400 : 32 + 2 * 72);
  for (const [index, word] of [0xfeedfacf, 0x0100000c, 0, 2, 2, 144].entries()) bytes.writeUInt32LE(word, index * 4);
  for (const [index, name] of ["__TEXT", "__LINKEDIT"].entries()) {
    const at = 32 + index * 72;
    bytes.writeUInt32LE(0x19, at);
    bytes.writeUInt32LE(72, at + 4);
    bytes.write(name, at + 8);
    bytes.writeBigUInt64LE(BigInt(index * 8192), at + 40);
    bytes.writeBigUInt64LE(BigInt(8192 - index * 8192), at + 48);
  }
  return bytes;
}

test("writes the hash of each page into the signature at the end of the file", () => {
  const signed = signAdHoc(program(), "it");
  const hashes = signed.subarray(8192 + 20 + 88 + 3, 8192 + 20 + 88 + 3 + 64);
  const expected = [signed.subarray(0, 4096), signed.subarray(4096, 8192)].map((page) => createHash("sha256").update(page).digest());

  expect(hashes.equals(Buffer.concat(expected))).toBe(true);
  expect(signed.readUInt32LE(16)).toBe(3);
  expect(signed.readUInt32LE(32 + 144 + 8)).toBe(8192);
  expect(signed.readUInt32LE(32 + 144 + 12)).toBe(signed.length - 8192);
});

test("replaces an existing signature", () => {
  const signed = signAdHoc(program(), "it");

  expect(signAdHoc(signed, "it").equals(signed)).toBe(true);
  expect(signAdHoc(signAdHoc(program(), "another"), "it").equals(signed)).toBe(true);
});

test.for([
  ["another kind of file", Buffer.alloc(64), "no thin Mach-O of 64 bits"],
  ["one without room", program({ room: false }), "no room for another load command"],
  ["one that goes on", Buffer.concat([program(), Buffer.alloc(4)]), "something stands behind __LINKEDIT"],
] as const)("%s is refused", ([, bytes, message]) => {
  expect(() => signAdHoc(bytes, "it")).toThrow(message);
});
