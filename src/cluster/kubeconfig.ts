import { existsSync, readFileSync } from "node:fs";
import { delimiter } from "node:path";
import { CliError } from "../errors.ts";
import type { Kubectl } from "./kubectl.ts";

/** Bytes; parsing a larger kubeconfig takes longer than asking kubectl. */
const largest = 100_000;

/**
 * The namespace of the context that these flags choose, read from a kubeconfig of one plain file ("" if the context names none).
 * It saves a second kubectl beside the proxy, which slows both. Whatever leaves room for interpretation is kubectl's to read.
 *
 * @returns undefined where only kubectl can tell: a list of files, no such context, anything unusual
 */
export async function namespaceInFile(kubectl: Kubectl): Promise<string | undefined> {
  const path = onlyFile(kubectl);
  const text = path && textOf(path);
  if (!text || text.length > largest) return undefined;
  const { load, YAML11_SCHEMA } = await import("js-yaml");
  try {
    return namespaceIn(load(text, { schema: YAML11_SCHEMA }), lastValue(kubectl.flags, "--context="));
  } catch {
    return undefined;
  }
}

/** Whether kubectl may have to run a program to sign in, which may ask its person something. What cannot be told counts as yes. */
export function mayAsk(kubectl: Pick<Kubectl, "flags" | "env">): boolean {
  const path = onlyFile(kubectl);
  const text = path && textOf(path);
  // A letter may be written as an escape, which no tool does
  return !text || /exec|auth-provider|\\[uxU]/.test(text);
}

/** Read at once: a small file takes less time than loading what reads it in turns. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/**
 * Whether KUBECONFIG names files of which none is there: kubectl takes that for an empty kubeconfig, and a person has mistyped.
 * @returns the error to show
 */
export function missingKubeconfig({ flags, env }: Pick<Kubectl, "flags" | "env">): CliError | undefined {
  if (!env["KUBECONFIG"] || lastValue(flags, "--kubeconfig=")) return undefined;
  const files = env["KUBECONFIG"].split(delimiter).filter(Boolean);
  if (files.length === 0 || files.some((file) => existsSync(file))) return undefined;
  const [what, does] = files.length === 1 ? ["the kubeconfig", "does"] : ["the kubeconfigs", "do"];
  return new CliError("config", `${what} ${files.join(", ")}, which KUBECONFIG names, ${does} not exist`);
}

/** The only file that the kubeconfig is read from, if there is only one. */
export function onlyFile({ flags, env }: Pick<Kubectl, "flags" | "env">): string | undefined {
  const named = lastValue(flags, "--kubeconfig=");
  if (named) return named;
  if (env["KUBECONFIG"]) return /[:;]/.test(env["KUBECONFIG"]) ? undefined : env["KUBECONFIG"];
  return env["HOME"] ? `${env["HOME"]}/.kube/config` : undefined;
}

/**
 * The namespace of one context of a parsed kubeconfig (client-go clientcmd/api/v1 Config).
 *
 * @param chosen `--context`; else the current context counts
 */
export function namespaceIn(config: unknown, chosen: string | undefined): string | undefined {
  const { "current-context": current, contexts, clusters } = asObject(config);
  const name = chosen ?? current;
  if (typeof name !== "string" || name === "" || !Array.isArray(contexts) || !Array.isArray(clusters)) return undefined;
  const named = contexts.map(asObject).filter((entry) => entry["name"] === name);
  const { namespace = "", cluster } = asObject(named[0]?.["context"]);
  if (named.length !== 1 || !clusters.some((entry) => asObject(entry)["name"] === cluster)) return undefined;
  return typeof namespace === "string" ? namespace : undefined;
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : {};
}

/** The last of a flag counts, as for pflag. */
function lastValue(flags: readonly string[], flag: string): string | undefined {
  return flags.findLast((each) => each.startsWith(flag))?.slice(flag.length);
}
