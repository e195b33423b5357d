import { expect, test } from "vitest";
import { withoutSignature } from "../../../scripts/package/pe.ts";

/** Returns a PE32+ program of 1024 bytes, with a signature of 16 bytes after it. */
function program({ signed = true, behind = 0 } = {}): Buffer {
  const bytes = Buffer.alloc(signed ? 1040 + behind : 1024, 7);
  bytes.fill(0, 0, 512);
  bytes.writeUInt32LE(64, 0x3c);
  bytes.write("PE\0\0", 64, "latin1");
  bytes.writeUInt16LE(0x20b, 64 + 24);
  bytes.writeUInt32LE(12345, 64 + 88);
  if (signed) bytes.writeUInt32LE(1024, 64 + 168);
  if (signed) bytes.writeUInt32LE(16, 64 + 172);
  return bytes;
}

test("removes the signature and its checksum, and nothing else", () => {
  const expected = program({ signed: false });
  expected.writeUInt32LE(0, 64 + 88);

  expect(withoutSignature(program()).equals(expected)).toBe(true);
  expect(withoutSignature(program({ signed: false })).equals(expected)).toBe(true);
});

test.for([
  ["another kind of file", Buffer.alloc(1024), "no Windows program of 64 bits"],
  ["one that goes on behind its signature", program({ behind: 8 }), "something stands behind the signature"],
] as const)("%s is refused", ([, bytes, message]) => {
  expect(() => withoutSignature(bytes)).toThrow(message);
});
