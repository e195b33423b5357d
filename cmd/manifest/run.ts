import { join } from "node:path";
import type { DryRun } from "../../src/actions/outcome.ts";
import { CliError, usage } from "../../src/errors.ts";
import { isObjectName } from "../../src/kinds.ts";
import { listedNames, type ManifestObject } from "../../src/manifest/objects.ts";
import { editManifest, readManifest } from "../../src/manifest/patch.ts";
import { decoded, type ManifestText, manifestError } from "../../src/manifest/text.ts";
import { helmValues, kustomizePatches, type TargetChange } from "../../src/output/patches.ts";
import { printable } from "../../src/output/printable.ts";
import { styleFor } from "../../src/output/style.ts";
import { diffLines } from "../../src/output/unified.ts";
import { drySuffix } from "../../src/output/words.ts";
import { readTargetWords, type TargetFlags } from "../line/target-words.ts";
import type { ChangeFlags } from "../run-on-targets.ts";
import type { Session } from "../session.ts";
import { chosenIn, hiddenLists, shownAs } from "./choose.ts";

type Flags = ChangeFlags & TargetFlags;

/** An input manifest. `path`: the file to write. */
type Input = ManifestText & { readonly bytes: Uint8Array; readonly path: string | undefined };

type Patched = { readonly input: Input; readonly edited: ReturnType<typeof editManifest> };

type Options = { readonly do: TargetChange["act"]; readonly secret: string };

/**
 * Runs `attach` and `detach` on manifests, without a request to a cluster. Prints the results, or writes them in place with `--write`.
 * Writes none if one of them can't be read or edited.
 * @throws CliError
 * @returns the exit code
 */
export async function runManifests(verb: Options["do"], flags: Flags, args: readonly string[], session: Session): Promise<number> {
  const { secret, targets } = readTargetWords(args, flags);
  const options = { do: verb, secret: secretOf(secret, verb, flags) };
  rejectForms(flags, options);
  const inputs = await readInputs(flags, session);
  const yaml = await import("yaml");
  const read = inputs.map((input) => ({ input, manifest: readManifest(yaml, input) }));
  const objects = read.flatMap(({ manifest }) => manifest.objects);
  const where = inputs.length === 1 ? (inputs[0]?.name ?? "") : "these manifests";
  const chosen = chosenIn(objects, targets.picks, session.namespace, where);
  const edit = { ...options, chooses: (object: ManifestObject) => chosen.has(object) };
  const patched = read.map(({ input, manifest }) => ({ input, edited: editManifest(manifest, edit) }));
  if (flags.diff) return printDiff(patched, session);
  if (flags.write) await write(patched, flags["dry-run"], session);
  else session.print(printed(patched, flags.output, options));
  const changed = patched.flatMap(({ edited }) => edited.objects.flatMap((one) => (one.changed ? one.object : [])));
  if (verb === "attach") for (const text of hiddenLists(changed, objects, options.secret)) session.warn(text);
  return 0;
}

/** @throws CliError usage, with the command to run */
function secretOf(secret: string | undefined, verb: Options["do"], { filename, kustomize }: Flags): string {
  if (secret === undefined)
    throw usage("a Secret name is required with -f and -k", {
      verb,
      secret: "SECRET",
      filename: filename[0],
      kustomize,
    });
  if (isObjectName(secret)) return secret;
  throw usage(`invalid Secret name ${JSON.stringify(secret)}: lower case letters, digits, "-" and "."`);
}

/** @throws CliError usage for an output format that describes objects of a cluster */
function rejectForms({ output, "dry-run": dryRun, write: writes, kustomize }: Flags, { do: verb, secret }: Options): void {
  if (writes && kustomize !== undefined) throw usage("--write cannot be used with -k", { verb, secret, kustomize, output: "kustomize" });
  const prints = output === "kustomize" || output === "helm";
  if (output !== undefined && !prints) throw usage(`-o ${output} cannot be used with -f and -k: use -o kustomize, -o helm or no -o`);
  if (output !== undefined && writes) throw usage(`-o ${output} cannot be used with --write`);
  if (dryRun === "server")
    throw usage("--dry-run=server cannot be used with -f and -k", {
      do: "shell",
      argv: ["kubectl", "acr-secret", verb, "SECRET", "-f", "FILE"],
      into: ["kubectl", "apply", "--dry-run=server", "-f", "-"],
    });
}

/** The files of a folder that kubectl reads as manifests (cli-runtime resource.FileExtensions). */
const extensions = /\.(?:json|yaml|yml)$/;

/**
 * Reads everything that `-f` or `-k` names, in order, each file once.
 * @throws CliError in kubectl's words for a path that doesn't exist, or if a text is not UTF-8
 */
async function readInputs({ filename, kustomize, recursive, write }: Flags, session: Session): Promise<Input[]> {
  const input = (name: string, bytes: Uint8Array, path?: string) => ({ ...decoded(name, bytes), bytes, path });
  if (kustomize !== undefined) return [input(kustomize, Buffer.from(await session.kustomize(kustomize)))];
  if (write && filename.includes("-")) throw usage("--write cannot be used with standard input: without it, the result is printed");
  const paths: string[] = [];
  for (const name of filename) paths.push(...(name === "-" ? [name] : await pathsOf(name, recursive, session)));
  const inputs: Input[] = [];
  for (const path of new Set(paths))
    inputs.push(path === "-" ? input("stdin", await session.stdin.bytes()) : input(path, await session.files.bytes(path), path));
  return inputs;
}

async function pathsOf(path: string, recursive: boolean, { files }: Session): Promise<string[]> {
  if (/^https?:\/\//.test(path))
    throw usage("-f does not accept URLs", {
      do: "shell",
      argv: ["curl", "-fsSL", path],
      into: ["kubectl", "acr-secret", "attach", "SECRET", "-f", "-"],
    });
  const found = await files.look(path);
  if (found === undefined)
    throw new CliError("notFound", `the path ${JSON.stringify(path)} does not exist`, {
      hint: "pass a file, a directory, or - for standard input",
    });
  if (found === "file") return [path];
  const paths = await within(path, recursive, files);
  if (paths.length === 0) throw new CliError("notFound", `error reading [${path}]: recognized file extensions are [.json .yaml .yml]`);
  return paths;
}

/** Lists files in the order of their names, as kubectl walks a folder. */
async function within(folder: string, recursive: boolean, files: Session["files"]): Promise<string[]> {
  const paths: string[] = [];
  for (const { name, isFolder } of await files.list(folder)) {
    const path = join(folder, name);
    if (!isFolder && extensions.test(name)) paths.push(path);
    if (isFolder && recursive) paths.push(...(await within(path, recursive, files)));
  }
  return paths;
}

/** Prints the changes of each manifest. @returns the exit code: 1 for a change, like kubectl diff */
function printDiff(patched: readonly Patched[], { stdout, env }: Session): number {
  const style = styleFor(stdout, env);
  const lines = patched.flatMap(({ input: { name, text }, edited }) => diffLines({ name, before: text, after: edited.text }, style));
  if (lines.length > 0) stdout.write(`${lines.join("\n")}\n`);
  return lines.length > 0 ? 1 : 0;
}

function printed(patched: readonly Patched[], output: string | undefined, options: Options): string {
  if (output === "helm") return helmValues(options.secret);
  if (output === "kustomize") return kustomizePatches(patched.flatMap((one) => changesIn(one, options)));
  return joined(patched.map(({ edited }) => edited.text));
}

/**
 * Returns the objects with a name, without which Kustomize can't find them. Objects with generateName have none.
 * @throws CliError invalid for names that the API server rejects (RFC 1123): in YAML, such a name could add another patch
 */
function changesIn({ input, edited }: Patched, { do: act, secret }: Options): TargetChange[] {
  const named = edited.objects.filter(({ object }) => !object.name.endsWith("*"));
  return named.map(({ object, changed }) => {
    const { kind, name, namespace, map } = object;
    const invalid = (field: string, value: string, allowed: string) =>
      manifestError(input, map.range[0], `invalid metadata.${field} ${JSON.stringify(value)} of a ${kind.name}: must be a ${allowed}`);
    if (!isObjectName(name)) throw invalid("name", name, "lowercase RFC 1123 subdomain");
    if (namespace !== undefined && !/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace))
      throw invalid("namespace", namespace, "lowercase RFC 1123 label");
    const before = listedNames(object);
    const after = act === "attach" ? [...before, secret] : before.filter((each) => each !== secret);
    return { act, secret, names: changed ? after : before, to: { kind: kind.name, name, namespace } };
  });
}

async function write(patched: readonly Patched[], dryRun: DryRun, session: Session): Promise<void> {
  const files = patched.flatMap(({ input: { path, bytes }, edited: { text, objects } }) =>
    path !== undefined && objects.some(({ changed }) => changed) ? [{ path, before: bytes, after: Buffer.from(text) }] : [],
  );
  if (dryRun === "none") await session.files.replace(files);
  for (const { input, edited } of patched) {
    for (const { object, changed } of edited.objects) {
      session.print(`${printable(`${shownAs(object)} ${changed ? "patched" : "unchanged"} (${input.name})`)}${drySuffix[dryRun]}\n`);
    }
  }
}

/**
 * Joins several manifests into one that kubectl can read. Adds a document separator before each one that doesn't start with one. Keeps a
 * byte order mark only at the start. JSON also gets a separator at the start. Otherwise kubectl would read the whole stream as JSON.
 */
function joined(texts: readonly string[]): string {
  if (texts.length === 1) return texts.join("");
  const parts = texts.map((text, index) => {
    const part = index > 0 ? text.replace(/^\ufeff/, "") : text;
    const needsMark = !/^\ufeff?---(?:\s|$)/.test(part) && (index > 0 || /^\ufeff?\s*\{/.test(part));
    return `${needsMark ? "---\n" : ""}${part}${part === "" || part.endsWith("\n") ? "" : "\n"}`;
  });
  return parts.join("");
}
