import type { SignInOptions } from "../../src/azure/port.ts";
import { type Fix, type FlagValues, hintText, type KubectlCommand, type PluginCommand } from "../../src/fix.ts";
import type { KubeFlags } from "../../src/kube/port.ts";
import type { createFlags } from "../create/options.ts";
import { identityFlags, output, targetFlags } from "./flags.ts";
import { type forwarded, ours } from "./kubectl-flags.ts";
import { listWord } from "./parse.ts";

/** The cluster and the namespace of the current command line, for a command that acts in the same place. */
export type CurrentPlace = Pick<KubeFlags, "forward" | "namespace"> & {
  /** The context to name, because it is not the current one any more. */
  readonly context?: string | undefined;
};

/**
 * Formats a fix for a POSIX shell. Repeats the flags with which the current command line selects its cluster, so that the command acts in
 * the same cluster.
 */
export function formatCommand(fix: Fix, given: CurrentPlace = { forward: [] }): string {
  if ("verb" in fix) return formatPluginCommand(fix, given);
  if ("kubectl" in fix) return formatKubectl(fix, given);
  switch (fix.do) {
    case "shell":
      return [fix.argv, ...(fix.into ? [fix.into] : [])].map(line).join(" | ");
    case "hints":
      return hintText(fix, (one) => formatCommand(one, given));
    case "pull-chart": {
      const { secret, host, namespace } = fix;
      const args = ["secret", secret, "-o", "jsonpath={.data.\\.dockerconfigjson}"];
      return pullChart(host, formatKubectl({ kubectl: "get", args, namespace }, given));
    }
  }
}

/** The flags of all verbs that a fix can set. */
type SettableFlag =
  | "dangling"
  | "exported"
  | "from-cluster"
  | "ignore-not-found"
  | "image"
  | "revoke"
  | "yes"
  | keyof (typeof createFlags & typeof ours);

/** The values of a command, and those that are derived from others. */
type Printed = FlagValues & { readonly passwordStdin?: boolean } & Omit<SignInOptions, "source"> & { readonly auth?: string };

/** The flag of each value, in the order in which they are printed. */
const flagNames: { readonly [K in keyof Printed]-?: SettableFlag } = {
  registry: "registry",
  repositories: "repository",
  repositoriesFromPods: "repositories-from-pods",
  images: "image",
  serviceaccount: "serviceaccount",
  serviceaccounts: "serviceaccount",
  allServiceaccounts: "all-serviceaccounts",
  all: "all",
  selector: "selector",
  whereUsed: "where-used",
  username: "username",
  passwordStdin: "password-stdin",
  admin: "admin",
  entra: "entra",
  servicePrincipal: "service-principal" as SettableFlag,
  expiresIn: "expires-in",
  dangling: "dangling",
  fromCluster: "from-cluster",
  revoke: "revoke",
  recreate: "recreate",
  force: "force",
  ignoreNotFound: "ignore-not-found",
  reader: "for",
  exports: "export",
  exported: "exported",
  copyTo: "copy-to",
  copyToSelector: "copy-to-selector",
  copyToAll: "copy-to-all",
  auth: "auth",
  tenant: "tenant",
  subscription: "subscription",
  cloud: "cloud",
  wait: "wait",
  yes: "yes",
  output: "output",
  help: "help",
};

function formatPluginCommand(command: PluginCommand, given: CurrentPlace): string {
  const { verb, secret, targets: words = [], username, help } = command;
  // The cluster and the namespace come first. If the end of the line is lost, the command acts there or fails
  const place = help ? [] : placeFlags(command, given);
  const argv = ["kubectl", "acr-secret", verb ?? [], place, secret ?? [], words, flagsOf(command)].flat();
  return `${username === undefined ? "" : 'printf %s "$PASSWORD" | '}${line(argv)}`;
}

function flagsOf(command: PluginCommand): string[] {
  const { source, ...identity } = command.identity ?? {};
  const auth = source === identityFlags.auth.default ? undefined : source;
  const values: Printed = { ...command, passwordStdin: command.username !== undefined, auth, ...identity };
  return Object.entries(flagNames).flatMap(([field, flag]) => flagWords(flag, values[field as keyof Printed]));
}

/** The flags with a short form. The tables of the verbs are loaded only with their verb. */
const shorts: Readonly<Record<string, string | undefined>> = {
  namespace: ours.namespace.short,
  selector: targetFlags.selector.short,
  output: output.output.short,
};

type Value = string | boolean | readonly string[] | undefined;

/** Returns the words of a flag: none if it is off or absent. */
export function flagWords(flag: string, value: Value): string[] {
  if (typeof value === "boolean") return value ? [`--${flag}`] : [];
  const texts = typeof value === "object" ? value.map(listWord) : [value ?? []].flat();
  const short = shorts[flag];
  return texts.flatMap((text) => valued(short === undefined ? `--${flag}` : `-${short}`, text));
}

/** Returns the words of a flag with its value. An empty value, or one that starts with a dash, must be in one word with its flag. */
const valued = (flag: string, text: string) => (text === "" || text.startsWith("-") ? [`${flag}=${text}`] : [flag, text]);

/** Flags of the current command line that are not printed: a secret, and flags that don't select a cluster. */
const unprinted: readonly (keyof typeof forwarded)[] = ["token", "cache-dir", "disable-compression"];

function placeFlags(of: PluginCommand | KubectlCommand, given: CurrentPlace): string[] {
  const isEverywhere = "verb" in of && of.allNamespaces === true;
  const kept = given.forward.filter((word) => !unprinted.some((flag) => word.startsWith(`--${flag}=`)));
  const isContext = (word: string) => Number(word.startsWith("--context="));
  const isClusterWide = "kubectl" in of && ["create namespace", "delete namespace", "get namespaces"].includes(of.kubectl);
  return [
    ...flagWords("namespace", isEverywhere || isClusterWide ? undefined : (of.namespace ?? given.namespace)),
    ...flagWords("all-namespaces", isEverywhere),
    ...flagWords("context", given.context),
    ...kept.toSorted((a, b) => isContext(b) - isContext(a)),
  ];
}

const formatKubectl = (command: KubectlCommand, given: CurrentPlace): string =>
  line(["kubectl", ...command.kubectl.split(" "), ...placeFlags(command, given), ...command.args]);

/** Returns the commands that pull a chart. Helm reads logins only from a file, which other users must not be able to read. */
function pullChart(host: string, data: string): string {
  const pull = line(["helm", "pull", `oci://${host}/CHART`, "--registry-config", "registry.json"]);
  return `(umask 077; ${data} | base64 -d > registry.json) && ${pull}`;
}

const line = (argv: readonly string[]) => argv.map(quoted).join(" ");

/** Returns a word for a POSIX shell, in single quotes if a shell would change it. */
function quoted(word: string): string {
  return /^[\w@%+:,./-][\w@%+=:,./-]*$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
