import type { VerbRow } from "./verb.ts";

/** Every verb, in the order of the help. */
export const verbs: readonly VerbRow[] = [
  {
    name: "create",
    summary: "Create a pull secret for an Azure container registry",
    load: async () => (await import("./create.ts")).create,
  },
  {
    name: "attach",
    summary: "Add a pull secret to ServiceAccounts and workloads",
    load: async () => (await import("./attach.ts")).attach,
  },
  {
    name: "check",
    summary: "Check whether pods can pull their images",
    load: async () => (await import("./check.ts")).check,
  },
  {
    name: "list",
    summary: "List pull secrets with their expiry and their ServiceAccounts",
    load: async () => (await import("./list.ts")).list,
  },
  {
    name: "rotate",
    summary: "Rotate the passwords of pull secrets without a failed pull",
    load: async () => (await import("./rotate.ts")).rotate,
  },
  {
    name: "schedule",
    summary: "Rotate, create or check pull secrets with a CronJob",
    load: async () => (await import("./schedule.ts")).schedule,
  },
  {
    name: "detach",
    summary: "Remove a pull secret from ServiceAccounts and workloads",
    load: async () => (await import("./detach.ts")).detach,
  },
  {
    name: "delete",
    summary: "Delete a pull secret and its references",
    load: async () => (await import("./delete.ts")).deletion,
  },
  {
    name: "secretless",
    summary: "Let pods pull without a pull secret",
    load: async () => (await import("./secretless.ts")).secretless,
  },
  {
    name: "prune",
    summary: "Delete credentials in Azure that no Secret uses anymore",
    load: async () => (await import("./prune.ts")).prune,
  },
  {
    name: "whoami",
    summary: "Show your Azure identity and its permissions on a registry",
    load: async () => (await import("./whoami.ts")).whoami,
  },
  {
    name: "doctor",
    summary: "Check the setup, and show the best way to pull images",
    load: async () => (await import("./doctor.ts")).doctor,
  },
  {
    name: "explain",
    summary: "Explain a verdict, a warning or an error, and what to do",
    load: async () => (await import("./explain.ts")).explain,
  },
  {
    name: "completion",
    summary: "Install or uninstall Tab completion for this plugin",
    load: async () => (await import("./completion.ts")).completion,
  },
  {
    name: "options",
    summary: "Print the flags that every command accepts",
    load: async () => (await import("./options.ts")).options,
  },
  {
    name: "version",
    summary: "Print the versions of the plugin and of the cluster",
    load: async () => (await import("./version.ts")).version,
  },
];
