import { cloudNames } from "../../src/azure/cloud.ts";
import type { SignInOptions } from "../../src/azure/port.ts";
import type { KubeFlags } from "../../src/cluster/port.ts";
import {
  type Az,
  type Check,
  type Create,
  type Delete,
  type Fix,
  type Hints,
  hintText,
  inPlace,
  isAz,
  type Kubectl,
  type Ours,
  type Prune,
  type Refer,
  type Rotate,
  type Shell,
  type Steps,
} from "../../src/fix.ts";
import { nameOf } from "../../src/kinds.ts";
import type { Scope } from "../../src/scope/scope.ts";
import type { checkFlags } from "../check/request.ts";
import type { createFlags } from "../create/options.ts";
import type { deleteFlags } from "../delete/flags.ts";
import type { pruneFlags } from "../prune/flags.ts";
import type { rotateFlags } from "../rotate/options.ts";
import { listWord } from "./comma-list.ts";
import { type dangling, type Flags, output, type recreate, type recreateByForce, targets, type Values } from "./flags.ts";
import { identityFlags } from "./identity-flags.ts";
import { forwarded, ours } from "./kubectl-flags.ts";
import { scopeFlags } from "./scope-flags.ts";

/** What the command line at hand said of the cluster and the namespace, for a command that is to act in the same place. */
export type Given = Pick<KubeFlags, "forward" | "namespace"> & {
  /** The only cluster of a scope, which is none of the flags that kubectl knows. */
  readonly context?: string;
};

/**
 * Spells a fix out as the line to type into a POSIX shell. The flags by which the command line at hand chose its cluster are
 * repeated, so that the line does not act in another one.
 */
export function spell(fix: Fix, given: Given = { forward: [] }): string {
  if (fix.do === "steps") return fix.steps.map((step) => spell(inPlace(step, fix), given)).join(" && ");
  if (isAz(fix)) return line(["az", "acr", ...azWords(fix)]);
  if (fix.do === "shell") return [fix.argv, ...(fix.into ? [fix.into] : [])].map(line).join(" | ");
  if (fix.do === "hints") return hintText(fix, (one) => spell(one, given));
  const there = placeWords(fix, given);
  return isOurs(fix) ? spellOurs(fix, there) : spellKubectl(fix, there);
}

/** What acts in a cluster. */
type Placed = Exclude<Fix, Az | Shell | Steps | Hints>;

const fileWords = ({ filename, kustomize }: Refer) => [
  ...(filename === undefined ? [] : valued("-f", filename)),
  ...(kustomize === undefined ? [] : valued("-k", kustomize)),
];

/** A manifest is in no cluster. */
const isOfFiles = (fix: Ours): boolean => "kustomize" in fix || "filename" in fix;

function isOurs(fix: Placed): fix is Ours {
  return ["create", "attach", "detach", "delete", "rotate", "check", "list", "prune", "help"].includes(fix.do);
}

function spellOurs(fix: Ours, there: readonly string[]): string {
  const pipe = fix.do === "create" && fix.username !== undefined ? 'printf %s "$PASSWORD" | ' : "";
  const where = fix.do === "help" || isOfFiles(fix) ? [] : there;
  return `${pipe}${line(["kubectl", "acr-secret", ...ourWords(fix, where)])}`;
}

/** The cluster and the namespace come first, so that a line that is cut off acts there too, or fails. */
function ourWords(fix: Ours, where: readonly string[]): string[] {
  switch (fix.do) {
    case "create":
      return ["create", ...where, ...name(fix), ...(fix.targets ?? []), ...words(lettered, createValues(fix))];
    case "attach":
    case "detach": {
      const flags = [...words(lettered, referring(fix)), ...fileWords(fix), ...words(lettered, { output: fix.output })];
      return [fix.do, ...where, ...name(fix), ...(fix.targets ?? []), ...flags];
    }
    case "delete":
      return ["delete", ...where, ...name(fix), ...words(lettered, deleteValues(fix))];
    case "rotate":
      return ["rotate", ...where, ...name(fix), ...words(lettered, rotateValues(fix))];
    case "check":
      return ["check", ...where, ...name(fix), ...words(lettered, checkValues(fix))];
    case "list":
      return ["list", ...where, ...words(lettered, fix.everywhere ? { output: "wide" } : {})];
    case "prune":
      return ["prune", ...where, ...words(lettered, pruneValues(fix))];
    case "help":
      return [...(fix.verb === undefined ? [] : [fix.verb]), ...words(ours, { help: true })];
  }
}

/** Values for some flags, by the rows' own names: a flag that is renamed does not compile here. */
type Said<F extends Flags> = { readonly [K in keyof F]?: Values<F>[K] | undefined };

const createValues = (fix: Create): Said<typeof createFlags> => ({
  registry: fix.registry,
  repository: fix.repositories ?? [],
  ...referValues(fix),
  username: fix.username,
  "password-stdin": fix.username !== undefined,
  "acr-token": fix.acrToken,
  "scope-map": fix.scopeMap,
  admin: fix.admin ?? false,
  entra: fix.entra ?? false,
  "service-principal": fix.servicePrincipal,
  "expires-in": fix.expiresIn,
  force: fix.force ?? false,
  recreate: fix.recreate ?? false,
  merge: fix.merge ?? false,
  for: fix.reader,
  "include-regional": fix.includeRegional ?? false,
  "credential-per": fix.credentialPer,
  ...(fix.identity && identityValues(fix.identity)),
});

const deleteValues = (fix: Delete): Said<typeof deleteFlags> => ({
  revoke: fix.revoke ?? false,
  force: fix.force ?? false,
  "ignore-not-found": fix.ignoreNotFound ?? false,
  ...(fix.identity && identityValues(fix.identity)),
  yes: fix.yes ?? false,
});

const rotateValues = (fix: Rotate): Said<typeof rotateFlags> => ({ force: fix.force ?? false });

const pruneValues = (fix: Prune): Said<typeof pruneFlags> => ({
  registry: fix.registry,
  ...(fix.identity && identityValues(fix.identity)),
});

const identityValues = ({ source, tenant, subscription, cloud }: SignInOptions): Said<typeof identityFlags> => ({
  auth: source === identityFlags.auth.default ? undefined : source,
  tenant,
  subscription,
  cloud: cloudNames.find((name) => name === cloud),
});

/** The flags that come to a scope. */
function scopeValues({ contexts, namespaces, selector, exclude, includeSystem }: Scope): Said<typeof scopeFlags> {
  return {
    namespaces: typeof namespaces === "object" ? [...namespaces.names, ...namespaces.globs] : [],
    "namespace-selector": selector,
    "all-namespaces": namespaces === "all" && selector === undefined,
    "exclude-namespaces": exclude,
    "include-system": includeSystem,
    contexts: typeof contexts === "object" ? contexts : [],
    "all-contexts": contexts === "all",
  };
}

type ReferFlags = typeof targets & typeof dangling & typeof recreate & typeof recreateByForce;

const referring = (fix: Refer): Said<ReferFlags> => ({
  ...referValues(fix),
  dangling: fix.dangling ?? false,
  recreate: fix.recreate ?? false,
  force: fix.force ?? false,
});

const referValues = (fix: Create | Refer): Said<typeof targets> => ({
  serviceaccount: fix.serviceaccounts ?? [],
  "all-serviceaccounts": fix.allServiceaccounts ?? false,
  all: fix.all ?? false,
  selector: fix.selector,
  "where-used": fix.whereUsed ?? false,
});

const checkValues = (fix: Check): Said<typeof checkFlags> => ({ image: fix.images ?? [], serviceaccount: fix.serviceaccount });

const name = ({ secret }: { readonly secret?: string | undefined }) => (secret === undefined ? [] : [secret]);

/** The rows that have a letter, of the flags that a fix may name. Those of each verb are a part that is not loaded for a line of it. */
const lettered = { ...targets, ...scopeFlags, ...output };

/** The words for flags, in the order of `said`: a flag that is off or absent has none. */
function words(flags: Flags, said: Readonly<Record<string, string | boolean | readonly string[] | undefined>>): string[] {
  return Object.entries(said).flatMap(([flag, value]) => {
    const { short } = flags[flag] ?? {};
    if (typeof value === "boolean") return value ? [`--${flag}`] : [];
    const texts = Array.isArray(value) ? value.map(listWord) : [value ?? []].flat();
    return texts.flatMap((text) => valued(short === undefined ? `--${flag}` : `-${short}`, text));
  });
}

/** A value that looks like a flag, or like none, has to be in one word with its flag. */
const valued = (flag: string, text: string) => (text === "" || text.startsWith("-") ? [`${flag}=${text}`] : [flag, text]);

/** Flags of the command line at hand that a printed line leaves out: a secret, and what chooses no cluster. */
const unsaid: readonly (keyof typeof forwarded)[] = ["token", "cache-dir", "disable-compression"];

/** Returns the flags that choose the namespaces and the clusters of a command. */
function placeWords(of: Placed, given: Given): string[] {
  const scope = scopeOf(of);
  const context = of.context ?? (scope && scope.contexts !== "current" ? undefined : given.context);
  const replaced: readonly string[] = context === undefined ? unsaid : [...unsaid, "context"];
  const kept = given.forward.filter((word) => !replaced.some((flag) => word.startsWith(`--${flag}=`)));
  const isContext = (word: string) => Number(word.startsWith("--context="));
  const namespace = namesNamespaces(scope) || of.do === "create-namespace" ? undefined : (of.namespace ?? given.namespace);
  return [
    ...words(ours, { namespace }),
    ...words(lettered, scope ? scopeValues(scope) : {}),
    ...words(forwarded, { context }),
    ...kept.toSorted((a, b) => isContext(b) - isContext(a)),
  ];
}

const everywhere: Scope = { contexts: "current", namespaces: "all", selector: undefined, exclude: [], includeSystem: false };

const scopeOf = (fix: Fix): Scope | undefined =>
  "scope" in fix ? fix.scope : fix.do === "list" && fix.everywhere ? everywhere : undefined;

const namesNamespaces = (scope: Scope | undefined): boolean =>
  scope !== undefined && (scope.namespaces !== "current" || scope.selector !== undefined);

function spellKubectl(fix: Kubectl, there: readonly string[]): string {
  const kubectl = (verb: string, ...argv: readonly string[]) => line(["kubectl", ...verb.split(" "), ...there, ...argv]);
  switch (fix.do) {
    case "get":
      return kubectl("get", fix.resource);
    case "create-namespace":
      return kubectl("create namespace", fix.name);
    case "delete-pods":
      return kubectl("delete pod", ...fix.pods);
    case "delete-by-force":
      return `${kubectl(`delete ${fix.workload.kind}`, fix.workload.name, "--force")}`;
    case "delete-secret":
      return kubectl("delete secret", fix.secret);
    case "reference":
      return kubectl("patch", fix.workload.kind, fix.workload.name, "-p", reference(fix.secret, fix.instead));
    case "rollout":
      return `${kubectl("rollout restart", ...fix.workloads.map(nameOf))}`;
    case "set-image":
      return kubectl("set image", `${fix.workload.kind}/${fix.workload.name}`, `${fix.container}=${fix.image}`);
    case "pull-chart":
      return pullChart(fix.host, kubectl("get", "secret", fix.secret, "-o", "jsonpath={.data.\\.dockerconfigjson}"));
  }
}

/** Helm reads logins from a file alone, which nobody else is to read. */
function pullChart(host: string, data: string): string {
  const pull = line(["helm", "pull", `oci://${host}/CHART`, "--registry-config", "registry.json"]);
  return `(umask 077; ${data} | base64 -d > registry.json) && ${pull}`;
}

/** A strategic merge patch: the names of a pod template are merged one by one (core/v1 PodSpec, patchMergeKey=name). */
function reference(secret: string, instead: string): string {
  return JSON.stringify({ spec: { template: { spec: { imagePullSecrets: [{ $patch: "delete", name: instead }, { name: secret }] } } } });
}

function azWords(fix: Az): string[] {
  switch (fix.do) {
    case "show-repositories":
      return ["repository", "list", "--name", fix.registry];
    case "show-tags":
      return ["repository", "show-tags", "--name", fix.registry, "--repository", fix.repository];
    case "show-manifests":
      return ["manifest", "list-metadata", "--registry", fix.registry, "--name", fix.repository];
    case "show-network-rules":
      return ["network-rule", "list", "--name", fix.registry];
  }
}

const line = (argv: readonly string[]) => argv.map(quoted).join(" ");

/** A word for a POSIX shell: as it is where no shell reads it otherwise, else in single quotes. */
export function quoted(word: string): string {
  return /^[\w@%+:,./-][\w@%+=:,./-]*$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
