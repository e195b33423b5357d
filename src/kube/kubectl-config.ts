import { platform } from "node:os";
import { text } from "node:stream/consumers";
import { CliError } from "../errors.ts";
import { objectOf, parseObject, textOf } from "../json.ts";
import { lastValue } from "./kubeconfig.ts";
import { end, type Kubectl, startError, watched } from "./kubectl.ts";
import type { KubectlFacts } from "./port.ts";
import { kubeconfigError, saysNoContext } from "./status.ts";

/**
 * Returns the namespace of the context that these flags select, "" if it names none; undefined if there is no context. `signal` ends a
 * kubectl that hangs.
 * @throws CliError config in kubectl's words
 */
export async function contextNamespace(kubectl: Kubectl, signal?: AbortSignal): Promise<string | undefined> {
  const answer = await ask(kubectl, ["config", "view", "--minify", "-o", "jsonpath={.contexts[0].context.namespace}"], signal);
  if (answer.failure === undefined) return answer.stdout.trim();
  if (saysNoContext(answer.failure)) return undefined;
  throw kubeconfigError(answer.failure);
}

/**
 * Returns the name of the current context, "" if there is none or kubectl cannot read its kubeconfig. `signal` ends a kubectl that hangs.
 */
export async function currentContext(kubectl: Kubectl, signal?: AbortSignal): Promise<string> {
  const answer = await ask(kubectl, ["config", "current-context"], signal);
  return answer.failure === undefined ? answer.stdout.trim() : "";
}

/** Returns the version of kubectl, and the context of its flags. @throws CliError config if kubectl cannot be started or fails */
export async function kubectlFacts(kubectl: Kubectl, signal?: AbortSignal): Promise<KubectlFacts> {
  const answer = await ask({ ...kubectl, flags: [] }, ["version", "--client", "-o", "json"], signal);
  if (answer.failure !== undefined) throw new CliError("config", `kubectl fails: ${answer.failure.trim()}`);
  return {
    version: textOf(objectOf(parseObject(answer.stdout)?.["clientVersion"])["gitVersion"]) ?? "",
    context: lastValue(kubectl.flags, "--context=") ?? "",
  };
}

/** The named entries of a kubeconfig, and how kubectl prints them: clusters and users below a heading. */
const named = {
  contexts: { args: ["get-contexts", "-o", "name"], heading: 0 },
  clusters: { args: ["get-clusters"], heading: 1 },
  users: { args: ["get-users"], heading: 1 },
} as const;

/** Returns the names in a kubeconfig, in kubectl's order. @throws CliError config in kubectl's words */
export async function configuredNames(kubectl: Kubectl, of: keyof typeof named, signal?: AbortSignal): Promise<string[]> {
  const { args, heading } = named[of];
  const answer = await ask(kubectl, ["config", ...args], signal);
  if (answer.failure !== undefined) throw kubeconfigError(answer.failure);
  return answer.stdout.split("\n").slice(heading).filter(Boolean);
}

/**
 * Returns the output of a kubectl, and its stderr if it fails. It ends with this process, or by `signal`.
 * @throws CliError config if it cannot be started
 */
async function ask(
  { file, flags, env }: Kubectl,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ stdout: string; failure?: string }> {
  const child = watched({ file, args: [...args, ...flags], env, stdin: "ignore", platform: platform() });
  const stop = () => end(child);
  signal?.addEventListener("abort", stop, { once: true });
  const code = new Promise<number | null>((resolve, reject) =>
    child.once("error", (error) => reject(startError(error))).once("exit", resolve),
  );
  try {
    const output = [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : ""));
    // Only the failure to start a program ends the wait for its output
    const [stdout = "", stderr = ""] = await Promise.race([Promise.all(output), code.then(() => new Promise<never>(() => {}))]);
    stop();
    return (await code) === 0 ? { stdout } : { stdout, failure: stderr || "kubectl ended without a message" };
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}
