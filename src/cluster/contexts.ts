import { execFile } from "node:child_process";
import { platform } from "node:os";
import type { Env } from "../context.ts";
import { CliError } from "../errors.ts";
import { kubeconfigError } from "./connection-error.ts";
import { findKubectl, quickStart } from "./kubectl.ts";

/** The names of all contexts of the kubeconfig that kubectl reads with these flags. @throws CliError config */
export function contextNames(flags: readonly string[], env: Env): Promise<string[]> {
  const file = findKubectl(env, platform());
  if (file === undefined) throw new CliError("config", "kubectl is not on PATH, and contexts are its to read", { hint: "install kubectl" });
  const chosen = flags.filter((flag) => flag.startsWith("--kubeconfig="));
  return new Promise((resolve, reject) => {
    execFile(file, ["config", "get-contexts", "-o", "name", ...chosen], { env: quickStart(env) }, (error, stdout, stderr) =>
      error ? reject(kubeconfigError(stderr || error.message)) : resolve(stdout.split("\n").filter(Boolean)),
    );
  });
}
