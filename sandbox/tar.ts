/** A file of an archive, or a folder, whose name ends in a slash. */
export type Entry = { readonly name: string; readonly content: Uint8Array; readonly mode?: number };

const block = 512;

/**
 * Creates a tar archive (POSIX ustar) of plain files and folders, owned by root, dated 1970. The same entries always give the same bytes.
 */
export function tar(entries: readonly Entry[]): Buffer {
  const parts = entries.flatMap(({ name, content, mode = 0o644 }) => [header(name, content.length, mode), pad(content)]);
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

/** Creates an image layer with one executable program at `/<name>`. */
export function programLayer(name: string, program: Uint8Array): Buffer {
  return tar([{ name, content: program, mode: 0o755 }]);
}

function header(name: string, size: number, mode: number): Buffer {
  const bytes = Buffer.alloc(block);
  const number = (value: number, at: number, length: number) => bytes.write(value.toString(8).padStart(length - 1, "0"), at, "latin1");
  bytes.write(name, 0, 100, "utf8");
  number(mode, 100, 8);
  number(0, 108, 8); // owner
  number(0, 116, 8); // group
  number(size, 124, 12);
  number(0, 136, 12); // time
  bytes.write(name.endsWith("/") ? "5" : "0", 156); // a folder, or a plain file
  bytes.write("ustar\x0000", 257, "latin1");
  // The checksum counts its own field as spaces.
  bytes.fill(" ", 148, 156);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return bytes;
}

function pad(content: Uint8Array): Buffer {
  return Buffer.concat([content, Buffer.alloc((block - (content.length % block)) % block)]);
}
