import { platform } from "node:os";
import type { Readable } from "node:stream";
import { CliError } from "../errors.ts";
import { kubeconfigError } from "./connection-error.ts";
import { type Kubectl, quickStart } from "./kubectl.ts";
import { end, startError, watched } from "./watchdog.ts";

/**
 * The namespace of the context that these flags choose, "" if it names none. `signal` ends a kubectl that hangs.
 * @returns what kubectl printed, and `failure` with its stderr if it could not tell
 */
export async function contextNamespace(kubectl: Kubectl, signal?: AbortSignal): Promise<{ namespace: string } | { failure: string }> {
  const said = await ask(kubectl, ["config", "view", "--minify", "-o", "jsonpath={.contexts[0].context.namespace}"], signal);
  return "failure" in said ? said : { namespace: said.stdout.trim() };
}

/** The name of the current context, "" if there is none or kubectl cannot read its kubeconfig. `signal` ends a kubectl that hangs. */
export async function currentContext(kubectl: Kubectl, signal?: AbortSignal): Promise<string> {
  const answer = await ask(kubectl, ["config", "current-context"], signal);
  return "failure" in answer ? "" : answer.stdout.trim();
}

/** What of a kubeconfig has names, and how kubectl prints them: the second two under a heading. */
const named = {
  contexts: { args: ["get-contexts", "-o", "name"], heading: 0 },
  clusters: { args: ["get-clusters"], heading: 1 },
  users: { args: ["get-users"], heading: 1 },
} as const;

/** The names that a kubeconfig has, in kubectl's order. @throws CliError config in kubectl's words */
export async function configuredNames(kubectl: Kubectl, of: keyof typeof named, signal?: AbortSignal): Promise<string[]> {
  const { args, heading } = named[of];
  const said = await ask(kubectl, ["config", ...args], signal);
  if ("failure" in said) throw kubeconfigError(said.failure);
  return said.stdout.split("\n").slice(heading).filter(Boolean);
}

/** What `kubectl kustomize` makes of a folder. @throws CliError config in kubectl's words */
export async function kustomized(kubectl: Kubectl, folder: string, signal?: AbortSignal): Promise<string> {
  const said = await ask({ ...kubectl, flags: [] }, ["kustomize", "--", folder], signal);
  if ("failure" in said) throw new CliError("config", said.failure.trim());
  return said.stdout;
}

/**
 * What kubectl prints for a question that no server is asked, or its stderr where it fails. It ends with us, or by `signal`.
 * @throws CliError config where it cannot be started
 */
async function ask(
  { file, flags, env }: Kubectl,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ stdout: string } | { failure: string }> {
  const child = watched({ file, args: [...args, ...flags], env: quickStart(env), stdin: "ignore", platform: platform() });
  const stop = () => end(child);
  signal?.addEventListener("abort", stop, { once: true });
  const code = new Promise<number | null>((resolve, reject) =>
    child.once("error", (error) => reject(startError(error))).once("exit", resolve),
  );
  try {
    const [stdout, stderr] = await Promise.race([Promise.all([textOf(child.stdout), textOf(child.stderr)]), code.then(never)]);
    stop();
    return (await code) === 0 ? { stdout } : { failure: stderr || "kubectl ended without a word" };
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** Only the failure of a program that could not be started ends the wait for what it prints. */
const never = () => new Promise<never>(() => {});

async function textOf(stream: Readable | null): Promise<string> {
  let text = "";
  for await (const chunk of stream?.setEncoding("utf8") ?? []) text += chunk;
  return text;
}
