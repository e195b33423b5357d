import { execFile } from "node:child_process";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { withoutSymbols } from "../../../scripts/package/elf.ts";
import { newFolder } from "../../support/new-folder.ts";

const program = await readFile(process.execPath);
const stripped = withoutSymbols(program);

test("keeps what is loaded in its place, and removes the rest", async () => {
  const [segments, count] = [Number(program.readBigUInt64LE(0x20)), program.readUInt16LE(0x38)];
  // The symbols for native addons are before the first page of code
  const code = 0xa37000;
  const table = (bytes: Buffer) => bytes.subarray(segments, segments + count * 56);

  expect(table(stripped).equals(table(program))).toBe(true);
  expect(stripped.subarray(code, 90_000_000).equals(program.subarray(code, 90_000_000))).toBe(true);
  expect(program.length - stripped.length).toBeGreaterThan(15_000_000);
  expect(withoutSymbols(stripped).equals(stripped)).toBe(true);
});

test("keeps a program that runs", async () => {
  const folder = await newFolder();
  const file = join(folder, "node");
  await writeFile(file, stripped);
  await chmod(file, 0o755);

  expect((await promisify(execFile)(file, ["-p", "new Intl.NumberFormat('de').format(1234.5)"])).stdout).toBe("1.234,5\n");
});

test("refuses another kind of file", () => {
  expect(() => withoutSymbols(Buffer.from("#!/bin/sh\n"))).toThrow("no ELF program of 64 bits, little-endian");
});
