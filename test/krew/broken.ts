import { gzipSync } from "node:zlib";
import { stringify } from "yaml";
import { type Entry, tar } from "../../sandbox/tar.ts";
import { sha256Of } from "../../scripts/krew/archive.ts";

/** A manifest file and its one archive. */
export type Release = { readonly file: string; readonly text: string; readonly archive: Uint8Array };

/** One invalid field: the results of Krew and of this project's check. */
export type Row = {
  readonly what: string;
  /** The replacement of the field. Undefined removes it. */
  readonly top?: object;
  readonly spec?: object;
  readonly platform?: object;
  readonly more?: readonly object[];
  /** The name of the manifest's file, if it is not `acr-secret.yaml`. */
  readonly file?: string;
  /** A line at the end of the manifest. */
  readonly line?: string;
  readonly archive?: Uint8Array;
  /** The other checker that rejects it. Krew installs a manifest that `nobody` rejects. */
  readonly by: "krew" | "validate-krew-manifest" | "nobody";
  readonly message?: RegExp;
  readonly ours: RegExp;
};

const script = Buffer.from("#!/bin/sh\necho installed\n");
const program: Entry = { name: "kubectl-acr_secret", content: script, mode: 0o755 };
const license: Entry = { name: "LICENSE", content: Buffer.from("MIT\n") };
const pack = (...entries: Entry[]) => gzipSync(tar(entries));
const good = pack(license, program);

/** Returns the archive with another type of its second entry: `2` is a symbolic link, `1` a hard link, `3` a device. */
function ofType(type: string): Uint8Array {
  const bytes = tar([license, { name: "kubectl-acr_secret", content: Buffer.alloc(0), mode: 0o755 }]);
  const header = bytes.subarray(1024, 1536);
  header.write(type, 156, "latin1");
  header.write("LICENSE", 157, "latin1");
  header.fill(" ", 148, 156);
  header.write(
    `${header
      .reduce((total, byte) => total + byte, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
    148,
    "latin1",
  );
  return gzipSync(bytes);
}

const host = "https://github.com/kubectl-acr-secret/kubectl-acr-secret";
const uri = `${host}/releases/download/v1.2.3/kubectl-acr_secret-v1.2.3-linux-amd64.tar.gz`;
const selecting = (os: string, arch: string) => ({ matchLabels: { os, arch } });

/** Returns the release with the row's change, or a valid one without a row. Its manifest is for linux/amd64. */
export function release({
  top,
  spec,
  platform,
  more = [],
  file = "acr-secret.yaml",
  line = "",
  archive = good,
}: Partial<Row> = {}): Release {
  const usual = { selector: selecting("linux", "amd64"), uri, sha256: sha256Of(archive), bin: "kubectl-acr_secret", ...platform };
  const manifest = {
    apiVersion: "krew.googlecontainertools.github.com/v1alpha2",
    kind: "Plugin",
    metadata: { name: "acr-secret" },
    spec: {
      version: "v1.2.3",
      homepage: host,
      shortDescription: "Pull secrets for a registry",
      description: "It makes pull secrets.",
      platforms: [usual, ...more.map((one) => ({ ...usual, ...one }))],
      ...spec,
    },
    ...top,
  };
  return { file, text: `${stringify(manifest)}${line}`, archive };
}

/** The URL of the archive of these releases. */
export const address = uri;

const named = (name: string) => ({ metadata: { name } });
const files = (from: string, to: string) => ({ files: [{ from, to }] });
const all = { from: "*", to: "." };

const krew = (what: string, message: RegExp, ours: RegExp, change: Partial<Row>): Row => ({ what, by: "krew", message, ours, ...change });
const validator = (what: string, message: RegExp, ours: RegExp, change: Partial<Row>): Row => ({
  ...krew(what, message, ours, change),
  by: "validate-krew-manifest",
});
const onlyUs = (what: string, ours: RegExp, change: Partial<Row>): Row => ({ what, by: "nobody", ours, ...change });

export const rows: readonly Row[] = [
  krew("another apiVersion", /has apiVersion="v1", not supported/, /^fields: apiVersion is "v1"/, { top: { apiVersion: "v1" } }),
  krew("another kind", /has kind="Pod"/, /^fields: kind is "Pod"/, { top: { kind: "Pod" } }),
  krew("a name with a dot", /plugin name "acr\.secret" is not allowed/, /^name: metadata.name is "acr\.secret"/, {
    top: named("acr.secret"),
    file: "acr.secret.yaml",
  }),
  krew("a name that is a path", /plugin name "..\/x" is not allowed/, /^name: metadata.name is "..\/x"/, { top: named("../x") }),
  krew("the name of a Windows device", /plugin name "con" is not allowed/, /^name: metadata.name is con, a device/, {
    top: named("con"),
    file: "con.yaml",
  }),
  validator(
    "a file of another name",
    /plugin should be named "other", not "acr-secret"/,
    /^file-name: other.yaml must be named acr-secret/,
    {
      file: "other.yaml",
    },
  ),
  validator("a file of another type", /expected manifest extension ".yaml"/, /^file-name: acr-secret.yml must/, { file: "acr-secret.yml" }),

  krew("no short description", /should have a short description/, /^fields: spec.shortDescription is missing/, {
    spec: { shortDescription: undefined },
  }),
  krew("a short description of two lines", /line breaks in short description/, /^short-description: .* more than one line/, {
    spec: { shortDescription: "Pull\nsecrets" },
  }),
  krew("no version", /should have a version/, /^fields: spec.version is missing/, { spec: { version: undefined } }),
  krew("a version without v", /version string "1.2.3" not starting with 'v'/, /^version: spec.version is 1.2.3/, {
    spec: { version: "1.2.3" },
  }),
  krew("a version of two numbers", /illegal version string "v1.2"/, /^version: spec.version is v1.2,/, { spec: { version: "v1.2" } }),
  krew("a version with a leading zero", /illegal zero-prefixed version component/, /^version: spec.version is v1.02.3/, {
    spec: { version: "v1.02.3" },
  }),

  krew("no platforms", /should have a platform specified/, /^fields: spec.platforms is missing/, { spec: { platforms: undefined } }),
  krew("a list of no platforms", /should have a platform specified/, /^fields: spec.platforms is an empty list/, {
    spec: { platforms: [] },
  }),
  krew("no uri", /`uri` has to be set/, /^fields: spec.platforms\[0\].uri is missing/, { platform: { uri: undefined } }),
  krew("no sha256", /`sha256` sum has to be set/, /^fields: spec.platforms\[0\].sha256 is missing/, { platform: { sha256: undefined } }),
  krew("a sha256 in upper case", /`sha256` value [A-F0-9]{64} is not valid/, /^sha256: spec.platforms\[0\].sha256 is not 64 lower-case/, {
    platform: { sha256: sha256Of(good).toUpperCase() },
  }),
  krew("the sha256 of another archive", /checksum does not match, want: 0{64}/, /^sha256: the archive's is/, {
    platform: { sha256: "0".repeat(64) },
  }),
  krew("no bin", /`bin` has to be set/, /^fields: spec.platforms\[0\].bin is missing/, { platform: { bin: undefined } }),
  krew("a bin that is not in the archive", /source binary .* cannot be found/, /^bin: kubectl-acr_secret is not in the archive/, {
    archive: pack(license, { ...program, name: "kubectl-other" }),
  }),
  krew("no selector", /nil selector is not supported/, /^fields: spec.platforms\[0\].selector is missing/, {
    platform: { selector: undefined },
  }),
  krew("an empty selector", /empty selector is not supported/, /^fields: .*selector is an empty mapping/, { platform: { selector: {} } }),
  krew("empty matchLabels", /`matchLabels` specified but empty/, /^fields: .*matchLabels is an empty mapping/, {
    platform: { selector: { matchLabels: {} } },
  }),
  krew("empty matchExpressions", /`matchExpressions` specified but empty/, /^fields: .*matchExpressions is an empty list/, {
    platform: { selector: { ...selecting("linux", "amd64"), matchExpressions: [] } },
  }),
  krew("a selector of something else", /key "libc" not supported/, /^fields: .*matchLabels.libc is not known/, {
    platform: { selector: { matchLabels: { os: "linux", libc: "musl" } } },
  }),
  krew("no platform for this machine", /does not offer installation for this platform/, /^selector: .*selects nothing/, {
    platform: { selector: selecting("plan9", "amd64") },
  }),
  validator(
    "a second platform that selects nothing",
    /selector .* doesn't match any supported platforms/,
    /^selector: spec.platforms\[1\]/,
    {
      more: [{ selector: selecting("linux", "mips") }],
    },
  ),
  validator(
    "two platforms for one machine",
    /overlapping selectors that select linux\/amd64/,
    /^overlap: .* 0 and 1 both select linux\/amd64/,
    {
      more: [{ selector: { matchExpressions: [{ key: "os", operator: "In", values: ["linux"] }] } }],
    },
  ),

  krew("an empty list of files", /`files` has to be unspecified or non-empty/, /^fields: .*files is an empty list/, {
    platform: { files: [] },
  }),
  krew("a file from nowhere", /`from` field has to be set/, /^fields: .*files\[0\].from is missing/, {
    platform: { files: [{ to: "." }] },
  }),
  krew("a file to nowhere", /`to` field has to be set/, /^fields: .*files\[0\].to is missing/, { platform: { files: [{ from: "*" }] } }),
  krew("a path that is not clean", /provided path is not clean, "\.\/" should be "\."/, /^files: .*\.to is \.\/, which should be/, {
    platform: files("*", "./"),
  }),
  krew("a path out of the installation", /is not a subpath/, /^files: .*\.to is \.\.\/x, which leads out/, {
    platform: files("*", "../x"),
  }),
  krew("files that are not there", /matched the glob pattern=bin\/\*/, /^files: nothing in the archive is named bin\/\*/, {
    platform: { files: [all, { from: "bin/*", to: "." }] },
  }),

  krew("an archive that is none", /not a supported archive format/, /^archive: it is no gzip'd tar/, { archive: script }),
  krew("a symbolic link in the archive", /unable to handle file type 50/, /^archive: kubectl-acr_secret is neither/, {
    archive: ofType("2"),
  }),
  krew("a hard link in the archive", /unable to handle file type 49/, /^archive: kubectl-acr_secret is neither/, { archive: ofType("1") }),
  krew("a device in the archive", /unable to handle file type 51/, /^archive: kubectl-acr_secret is neither/, { archive: ofType("3") }),
  krew("a path out of the archive", /suspicious entry "..\/evil"/, /^archive: ..\/evil has \.\. in it/, {
    archive: pack(license, program, { ...program, name: "../evil" }),
  }),
  krew("an absolute path in the archive", /absolute entry "\/evil"/, /^archive: \/evil is an absolute path/, {
    archive: pack(license, program, { ...program, name: "/evil" }),
  }),
  validator("no license", /could not find license file/, /^license: no file named LICENSE/, { archive: pack(program) }),
  validator("a license that is not installed", /could not find license file/, /^license: no file named LICENSE/, {
    platform: files("kubectl-*", "."),
  }),

  onlyUs("a misspelled field", /^fields: spec.shortDescripton is not known/, { spec: { shortDescripton: "Pull secrets" } }),
  onlyUs("a field that is there twice", /^yaml: Map keys must be unique/, { line: "kind: Plugin\n" }),
  onlyUs("a name in capitals", /^name: metadata.name is "ACR-secret"/, { top: named("ACR-secret"), file: "ACR-secret.yaml" }),
  onlyUs("a long short description", /^short-description: .* has 51 characters/, { spec: { shortDescription: "x".repeat(51) } }),
  onlyUs("idle words", /^short-description: .* says that it is a plugin/, { spec: { shortDescription: "Plugin for pull secrets" } }),
  onlyUs("a description of wide lines", /^description: .* a line of 81 characters, wrap it at 80/, {
    spec: { description: "x".repeat(81) },
  }),
  onlyUs("a description with usage", /^description: .* shows how it is used/, { spec: { description: "So:\n  kubectl acr-secret list" } }),
  onlyUs("caveats with usage", /^caveats: .* shows how it is used/, { spec: { caveats: "Usage:\n  acr-secret list" } }),
  onlyUs("no description", /^fields: spec.description is missing/, { spec: { description: undefined } }),
  onlyUs("no homepage", /^fields: spec.homepage is missing/, { spec: { homepage: undefined } }),
  onlyUs("a homepage without TLS", /^homepage: .* no https address/, { spec: { homepage: "http://example.com" } }),
  onlyUs("an archive without TLS", /^uri: .* no https address/, { platform: { uri: uri.replace("https", "http") } }),
  onlyUs("an archive of another version", /^uri: .* has not the version v1.2.4/, { spec: { version: "v1.2.4" } }),
  onlyUs("a bin that kubectl would not find", /^bin: .* kubectl looks for kubectl-acr_secret$/, {
    platform: { bin: "acr" },
    archive: pack(license, { ...program, name: "acr" }),
  }),
  // Krew detects this, but its error is lost: it prints Installed, and links nothing.
  onlyUs("a bin outside of the installation", /^bin: .* leads out of the installation/, {
    platform: { bin: "../../../kubectl-acr_secret" },
  }),
  onlyUs("a bin that may not be run", /^bin: kubectl-acr_secret is not executable/, {
    archive: pack(license, { ...program, mode: 0o644 }),
  }),
];
