import type { Scope } from "../../src/fleet/scope.ts";
import type { Flags, Values } from "./flags.ts";

/** Which namespaces of which clusters a command is about. */
export const scopeFlags = {
  namespaces: { type: "strings", describe: "Namespaces by name or glob (a,b,team-*); may be repeated" },
  "namespace-selector": { type: "string", describe: "Namespaces with these labels (key1=value1,key2=value2)" },
  "all-namespaces": { type: "boolean", short: "A", describe: "All namespaces; commands that write leave kube-* out" },
  "exclude-namespaces": { type: "strings", describe: "Leave these namespaces out, by name or glob; may be repeated" },
  "include-system": { type: "boolean", describe: "Write to kube-* too" },
  contexts: { type: "strings", describe: "Clusters by the names of their contexts (a,b); may be repeated" },
  "all-contexts": { type: "boolean", describe: "The clusters of every context of the kubeconfig" },
  concurrency: { type: "string", describe: "Requests at once to a cluster. Default: as many as it answers quickly." },
} as const satisfies Flags;

const parts = (texts: readonly string[]) => texts.flatMap((text) => text.split(",")).filter((text) => text !== "");
const isGlob = (text: string) => /[*?]/.test(text);

/** The scope that a command line says. */
export function scopeOf(flags: Values<typeof scopeFlags>): Scope {
  const named = parts(flags.namespaces);
  const { "namespace-selector": selector } = flags;
  const listed = { names: named.filter((name) => !isGlob(name)), globs: named.filter(isGlob) };
  const contexts = parts(flags.contexts);
  return {
    contexts: flags["all-contexts"] ? "all" : contexts.length > 0 ? contexts : "current",
    namespaces: flags["all-namespaces"] ? "all" : named.length > 0 || selector !== undefined ? listed : "current",
    selector,
    exclude: parts(flags["exclude-namespaces"]),
    includeSystem: flags["include-system"],
  };
}
