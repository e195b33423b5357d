import type { VerbRow } from "./verb.ts";

const rows: readonly (readonly [name: string, summary: string, load: VerbRow["load"]])[] = [
  ["create", "Create a pull secret for an Azure container registry", async () => (await import("./create.ts")).create],
  ["apply", "Make the cluster and Azure what a file says", async () => (await import("./apply.ts")).apply],
  ["attach", "Add a pull secret to ServiceAccounts and workloads", async () => (await import("./attach.ts")).attach],
  ["check", "Check whether pods can pull their images", async () => (await import("./check.ts")).check],
  ["list", "List pull secrets with their expiry and their ServiceAccounts", async () => (await import("./list.ts")).list],
  ["rotate", "Rotate the passwords of pull secrets without a failed pull", async () => (await import("./rotate.ts")).rotate],
  ["schedule", "Apply a file or check images with a CronJob", async () => (await import("./schedule.ts")).schedule],
  ["detach", "Remove a pull secret from ServiceAccounts and workloads", async () => (await import("./detach.ts")).detach],
  ["delete", "Delete a pull secret and its references", async () => (await import("./delete.ts")).deletion],
  ["secretless", "Let pods pull without a pull secret", async () => (await import("./secretless.ts")).secretless],
  ["prune", "Delete credentials in Azure that no Secret uses anymore", async () => (await import("./prune.ts")).prune],
  ["doctor", "Check the setup, and show the best way to pull images", async () => (await import("./doctor.ts")).doctor],
  ["explain", "Explain a verdict, a warning or an error, and what to do", async () => (await import("./explain.ts")).explain],
  ["completion", "Print the program for Tab completion of this plugin", async () => (await import("./completion.ts")).completion],
  ["options", "Print the flags that commands share", async () => (await import("./options.ts")).options],
  ["version", "Print the versions of the plugin and of the cluster", async () => (await import("./version.ts")).version],
];

/** Every verb, in the order of the help. */
export const verbs: readonly VerbRow[] = rows.map(([name, summary, load]) => ({ name, summary, load }));
