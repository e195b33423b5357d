import { existsSync, readFileSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Environment } from "../env.ts";
import { CliError } from "../errors.ts";
import { type Json, objectOf, parseObject, textOf } from "../json.ts";

/** A kubeconfig that was read once. A later edit of its files does not change it. */
export type Kubeconfig = {
  /** The texts of the files that exist. The first file takes precedence. */
  readonly texts: readonly string[];
  /** False if a file exists that could not be read, or that only kubectl can read, such as a pipe. */
  readonly complete: boolean;
};

type Selection = { readonly flags: readonly string[]; readonly env: Environment };

/** Reads the files synchronously: for a small file, that is faster than to load a library for asynchronous reads. */
export function readKubeconfig({ flags, env }: Selection): Kubeconfig {
  const files = filesOf(flags, env).filter((file) => existsSync(file));
  const texts = files.flatMap((file) => contentOf(file) ?? []);
  return { texts, complete: texts.length === files.length };
}

function contentOf(file: string): string | undefined {
  try {
    return statSync(file).isFile() ? readFileSync(file, "utf8") : undefined;
  } catch {
    return undefined;
  }
}

/** The files that kubectl reads (client-go clientcmd/loader.go). */
function filesOf(flags: readonly string[], env: Environment): readonly string[] {
  const named = lastValue(flags, "--kubeconfig=");
  if (named) return [named];
  if (env["KUBECONFIG"]) return env["KUBECONFIG"].split(delimiter).filter(Boolean);
  // Windows has several (client-go util/homedir)
  const more = delimiter === ";" ? [env["HOMEPATH"] && `${env["HOMEDRIVE"] ?? ""}${env["HOMEPATH"]}`, env["USERPROFILE"]] : [];
  const files = [env["HOME"], ...more].flatMap((home) => (home ? [join(home, ".kube", "config")] : []));
  return files.filter((file) => existsSync(file)).slice(0, 1);
}

/**
 * The name of the current context, found without a YAML parser, because kubectl is started with it.
 * @returns "" if there is none, undefined if only kubectl can tell
 */
export function currentContextIn({ texts, complete }: Kubeconfig): string | undefined {
  for (const text of texts) {
    const name = currentIn(text);
    if (name !== "") return name;
  }
  return complete ? "" : undefined;
}

/** A top-level key of a block mapping, with no indented line after it. Its value is quoted, or a plain one that YAML only reads as text. */
const currentLine =
  /(?<![^\n])current-context:[ \t]+(?:"([^"\\\n]*)"|'([^'\n]*)'|([A-Za-z0-9_./](?:[\w./@+-]|:(?=\S))*))[ \t\r]*(?![^\n]|\n\s*[ \t]\S)/;

/** A second document, a first key that is indented, an escaped letter or line break, or a line break of YAML 1.1 only. */
const onlyForKubectl = /\n(?:---|\.\.\.)|^\s*[ \t]\S|\\(?:x[\da-f]{2}|u[\da-f]{4}|[\r\n])|[\u0085\u2028\u2029]|\r(?!\n)/i;

function currentIn(text: string): string | undefined {
  if (onlyForKubectl.test(text)) return undefined;
  if (text.trimStart().startsWith("{")) return currentInJson(text);
  const [key, ...more] = text.matchAll(/(?<![\w-])current-context(?![\w-])/g);
  if (!key) return "";
  const line = currentLine.exec(text);
  if (!line || more.length > 0) return undefined;
  const [, double, single, plain = ""] = line;
  return double ?? single ?? (/^null$/i.test(plain) ? "" : plain);
}

function currentInJson(text: string): string | undefined {
  const config = parseObject(text);
  return config && textOf(config["current-context"] ?? "");
}

/**
 * Returns the namespace of the context that these flags select (client-go clientcmd/api/v1 Config), "" if it names none. The first file
 * takes precedence.
 * @returns undefined if only kubectl can read it, for example if the context doesn't exist
 */
export async function namespaceIn({ texts, complete }: Kubeconfig, flags: readonly string[]): Promise<string | undefined> {
  if (!complete || texts.length === 0 || texts.some((text) => onlyForKubectl.test(text))) return undefined;
  const { load, YAML11_SCHEMA } = await import("js-yaml");
  try {
    const files = texts.map((text) => objectOf(load(text, { schema: YAML11_SCHEMA })));
    const name = lastValue(flags, "--context=") ?? files.map((file) => file["current-context"]).find(Boolean);
    const context = entryNamed(files, "contexts", name)?.["context"];
    const { namespace = "", cluster: ofContext } = objectOf(context);
    const cluster = entryNamed(files, "clusters", lastValue(flags, "--cluster=") || ofContext)?.["cluster"];
    return context !== undefined && cluster !== undefined && typeof namespace === "string" ? namespace : undefined;
  } catch {
    return undefined;
  }
}

/** Whether kubectl may run a program to sign in, which may prompt the user. If unknown, yes. */
export function mayPrompt({ texts, complete }: Kubeconfig): boolean {
  // A letter may be written as an escape, although no tool does so
  return !complete || texts.length === 0 || texts.some((text) => text === "" || /exec|auth-provider|\\[uxU]/.test(text));
}

/**
 * Whether KUBECONFIG only names files that do not exist: kubectl reads that as an empty kubeconfig, but the user has mistyped.
 * @returns the error to print
 */
export function missingKubeconfig({ flags, env }: Selection): CliError | undefined {
  if (!env["KUBECONFIG"] || lastValue(flags, "--kubeconfig=")) return undefined;
  const files = filesOf(flags, env);
  if (files.length === 0 || files.some((file) => existsSync(file))) return undefined;
  const [what, does] = files.length === 1 ? ["the kubeconfig", "does"] : ["the kubeconfigs", "do"];
  return new CliError("config", `${what} ${files.join(", ")} in KUBECONFIG ${does} not exist`);
}

/** @returns undefined if the first file that has entries of this name has several of them */
function entryNamed(files: readonly Json[], of: "contexts" | "clusters", name: unknown): Json | undefined {
  if (typeof name !== "string" || name === "") return undefined;
  const lists = files.map((file) => (Array.isArray(file[of]) ? file[of].map(objectOf) : []));
  const named = lists.map((list) => list.filter((entry) => entry["name"] === name)).find(({ length }) => length > 0);
  return named?.length === 1 ? named[0] : undefined;
}

/** Returns the last value of a flag, as in pflag. */
export function lastValue(flags: readonly string[], flag: string): string | undefined {
  return flags.findLast((each) => each.startsWith(flag))?.slice(flag.length);
}
