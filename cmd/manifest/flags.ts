import type { DryRun } from "../../src/actions/outcome.ts";
import { usage } from "../../src/errors.ts";
import type { Flags, Values } from "../line/flags.ts";

/** Flags that require a cluster, or select several. */
const ofClusters = ["all-contexts", "all-namespaces", "contexts", "namespace-selector", "namespaces", "recreate", "restart", "where-used"];

/** The flags for acting on manifests instead of a cluster. `-f`, `-k` and `-R` are kubectl's. */
export const manifests = {
  filename: {
    type: "strings",
    short: "f",
    complete: "files",
    exclusive: ["kustomize", ...ofClusters],
    describe: "Manifests to print with the change instead of making it in a cluster: a file, a folder, or - for stdin",
  },
  kustomize: {
    type: "string",
    short: "k",
    complete: "folders",
    exclusive: ["recursive", ...ofClusters],
    describe: "The same for what kubectl kustomize makes of a folder",
  },
  recursive: { type: "boolean", short: "R", describe: "Take the folders within folders of -f too" },
  write: { type: "boolean", describe: "Change the files of -f in place, instead of printing them" },
} as const satisfies Flags;

export type ManifestFlags = Values<typeof manifests>;

/** Formats that print changes to commit change nothing in a cluster. @throws CliError usage */
export function onlyPrinted<F extends { readonly output: string | undefined; readonly "dry-run": DryRun }>(
  verb: "attach" | "detach",
  flags: F,
): F {
  if (flags.output === "helm" && verb === "detach")
    throw usage("-o helm prints the values that name a Secret: to detach it, take those out");
  return flags.output === "kustomize" || flags.output === "helm" ? { ...flags, "dry-run": "client" } : flags;
}

/** Whether a command line selects manifests. @throws CliError usage */
export function wantsManifests({ filename, kustomize, recursive, write }: ManifestFlags): boolean {
  if (filename.length > 0 || kustomize !== undefined) return true;
  if (recursive || write) throw usage(`--${write ? "write" : "recursive"} is for the manifests of -f FILE`);
  return false;
}
