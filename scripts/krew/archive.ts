import { createHash } from "node:crypto";
import { posix } from "node:path";
import { gunzipSync } from "node:zlib";
import type { FileOperation, Platform } from "./manifest.ts";

/** The header fields of a tar archive that affect an installation. */
type Entry = { readonly name: string; readonly kind: "file" | "folder" | "other"; readonly mode: number };

const block = 512;

export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/**
 * Returns the reasons why Krew or its index would reject an archive for a platform, one line each.
 * Krew also accepts zip. This project creates no zip for Krew, so a zip is rejected here.
 */
export function archiveProblems(
  bytes: Uint8Array,
  { sha256, bin, files = [{ from: "*", to: "." }] }: Omit<Platform, "uri" | "selector">,
): string[] {
  const digest = sha256Of(bytes);
  if (digest !== sha256) return [`sha256: the archive's is ${digest}, the manifest has ${sha256}`];
  const entries = entriesOf(bytes);
  if (!entries) return ["archive: it is no gzip'd tar"];
  const refused = entries.flatMap(refusal);
  if (refused.length > 0) return refused;

  const paths = entries.filter(({ kind }) => kind === "file").map(({ name }) => clean(name));
  const moves = files.map((operation) => ({ from: operation.from, moved: move(paths, operation) }));
  const nothing = moves.filter(({ moved }) => moved.length === 0).map(({ from }) => `files: nothing in the archive is named ${from}`);
  if (nothing.length > 0) return nothing;
  const installed = new Map(moves.flatMap(({ moved }) => moved).map(({ from, to }) => [to, modeOf(entries, from)]));
  return [...program(installed, bin), ...license(installed)];
}

function refusal({ name, kind }: Entry): string[] {
  if (name.includes("..")) return [`archive: ${name} has .. in it`];
  if (/^[/\\]/.test(name)) return [`archive: ${name} is an absolute path`];
  return kind === "other" ? [`archive: ${name} is neither a file nor a folder`] : [];
}

function program(installed: ReadonlyMap<string, number>, bin: string): string[] {
  const mode = installed.get(bin);
  if (mode === undefined) return [`bin: ${bin} is not in the archive`];
  // Krew keeps file modes, and does not check them.
  return (mode & 0o111) === 0o111 ? [] : [`bin: ${bin} is not executable in the archive`];
}

/** The rule of validate-krew-manifest: a file with such a name, anywhere in the installed files. */
function license(installed: ReadonlyMap<string, number>): string[] {
  const names = [...installed.keys()].map((path) => posix.basename(path).toLowerCase());
  const found = names.some((name) => /^(licenses?(\.txt|\.md)?|copying(\.txt)?)$/.test(name));
  return found ? [] : ["license: no file named LICENSE, LICENSES or COPYING is installed"];
}

/**
 * Returns the paths to which Krew moves files: the named file or folder, or else every match of the pattern (krew,
 * internal/installation/move.go).
 */
function move(paths: readonly string[], { from, to }: FileOperation): { from: string; to: string }[] {
  const folders = paths.flatMap((path) => path.split("/").map((_, index, parts) => parts.slice(0, index + 1).join("/")));
  const all = [...new Set(folders)];
  const one = clean(from);
  const direct = all.includes(one);
  const matched = direct ? [one] : all.filter((path) => glob(one).test(path));
  return matched.flatMap((source) => {
    const target = direct && to !== "." ? to : posix.join(to, posix.basename(source));
    return paths
      .filter((path) => path === source || path.startsWith(`${source}/`))
      .map((path) => ({ from: path, to: posix.join(target, path.slice(source.length)) }));
  });
}

/** A pattern of Go's path/filepath: `*` and `?` match within a path segment. */
function glob(pattern: string): RegExp {
  const literal = pattern.replace(/[.+^${}()|\\]/g, "\\$&");
  return new RegExp(`^${literal.replaceAll("*", "[^/]*").replaceAll("?", "[^/]")}$`);
}

const modeOf = (entries: readonly Entry[], path: string) => entries.find(({ name }) => clean(name) === path)?.mode ?? 0;

const clean = (path: string) => posix.normalize(path).replace(/(?<=.)\/$/, "");

/** Returns the headers of a gzip'd tar, or undefined for other files. */
function entriesOf(bytes: Uint8Array): Entry[] | undefined {
  const tar = unpacked(bytes);
  if (tar?.toString("latin1", 257, 262) !== "ustar") return undefined;
  const entries: Entry[] = [];
  for (let at = 0; at + block <= tar.length && tar[at] !== 0; ) {
    const { entry, size } = readHeader(tar.subarray(at, at + block));
    entries.push(entry);
    at += block + Math.ceil(size / block) * block;
  }
  return entries;
}

const kinds: Readonly<Record<string, Entry["kind"]>> = { "": "file", "0": "file", "5": "folder" };

/** Reads a POSIX ustar header: a block of fields at fixed offsets, numbers in octal. */
function readHeader(header: Buffer): { entry: Entry; size: number } {
  const text = (from: number, length: number) => header.toString("utf8", from, from + length).replace(/\0.*$/s, "");
  const number = (from: number, length: number) => Number.parseInt(text(from, length).trim() || "0", 8);
  const prefix = text(345, 155);
  const name = prefix === "" ? text(0, 100) : `${prefix}/${text(0, 100)}`;
  return { entry: { name, kind: kinds[text(156, 1)] ?? "other", mode: number(100, 8) }, size: number(124, 12) };
}

function unpacked(bytes: Uint8Array): Buffer | undefined {
  try {
    return gunzipSync(bytes);
  } catch {
    return undefined;
  }
}
