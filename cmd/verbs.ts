import type { VerbRow } from "./verb.ts";

/** Every verb, in the order of the help. */
export const verbs: readonly VerbRow[] = [
  {
    name: "create",
    summary: "Create a pull secret for a registry and attach it to ServiceAccounts",
    load: async () => (await import("./create.ts")).create,
  },
  {
    name: "attach",
    summary: "Let ServiceAccounts and workloads use a pull secret that exists",
    load: async () => (await import("./attach.ts")).attach,
  },
  {
    name: "check",
    summary: "Prove that the images of a namespace's pods can be pulled",
    load: async () => (await import("./check.ts")).check,
  },
  {
    name: "list",
    summary: "List pull secrets: what each holds, when it dies, and who carries it",
    load: async () => (await import("./list.ts")).list,
  },
  {
    name: "rotate",
    summary: "Give pull secrets another password, while the one before still works",
    load: async () => (await import("./rotate.ts")).rotate,
  },
  {
    name: "detach",
    summary: "Take a pull secret out of ServiceAccounts and workloads",
    load: async () => (await import("./detach.ts")).detach,
  },
  {
    name: "delete",
    summary: "Delete a pull secret, all that names it, and with --revoke what was made for it in Azure",
    load: async () => (await import("./delete.ts")).deletion,
  },
  {
    name: "prune",
    summary: "Show what was made in Azure for Secrets that are gone, and remove it",
    load: async () => (await import("./prune.ts")).prune,
  },
  {
    name: "whoami",
    summary: "Show who you are in Azure, and which credentials you may make for a registry",
    load: async () => (await import("./whoami.ts")).whoami,
  },
  {
    name: "explain",
    summary: "Tell what a verdict, a warning or an error means, and what to do",
    load: async () => (await import("./explain.ts")).explain,
  },
  {
    name: "completion",
    summary: "Let Tab complete this plugin's arguments",
    load: async () => (await import("./completion.ts")).completion,
  },
  {
    name: "options",
    summary: "Print the flags that every command takes",
    load: async () => (await import("./options.ts")).options,
  },
  {
    name: "version",
    summary: "Print the versions of the plugin and of the cluster",
    load: async () => (await import("./version.ts")).version,
  },
];
