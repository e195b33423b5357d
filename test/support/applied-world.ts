import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { expect, vi } from "vitest";
import type { KubeObject, Secret, ServiceAccount } from "../../src/objects.ts";
import { scheduleName } from "../../src/schedule/objects.ts";
import { policyVariable } from "../../src/schedule/policy.ts";
import { askThrough } from "./ask-through.ts";
import { pullSecret } from "./fakes/cluster.ts";
import { create, getJson, kubectl } from "./kubectl.ts";
import { type Login, loginOf, unnoted } from "./logins.ts";
import type { Ended, Options, Shell } from "./plugin.ts";
import { kubeconfigOf, refusalOf, removeOuter, typeSchedule } from "./schedule-account.ts";

type Scope = { readonly selector: string } | { readonly names: readonly string[] };

/** An entry as a person writes it. JSON is YAML. */
export type WrittenEntry = {
  readonly name: string;
  readonly namespace?: string;
  readonly eachOf?: Scope;
  readonly copyTo?: Scope;
  readonly registry?: string;
  readonly repositories: readonly string[];
  readonly serviceAccounts?: readonly string[];
  readonly credential?: "acr-token" | "service-principal";
  readonly expiresIn?: string;
  readonly rotate?: { readonly olderThan?: string; readonly grace?: string };
  readonly restart?: "stuck" | "none";
};
export type WrittenFile = {
  readonly name: string;
  readonly namespace: string;
  readonly registry: string;
  readonly pullSecrets: readonly WrittenEntry[];
};

/** The namespaces of one situation. All their names start with the id. */
export type AppliedWorld = {
  readonly shell: Shell;
  readonly id: string;
  /** Returns the full name of a namespace: `home`, `a`, `b` (team), `c`, `d` (tier), `e` (no label). */
  at(short: string): string;
  apply(files: readonly WrittenFile[], flags?: string): Promise<Ended>;
  secret(short: string, name: string): Promise<Secret>;
};

const labels: Readonly<Record<string, string | undefined>> = { home: undefined, a: "team", b: "team", c: "tier", d: "tier", e: undefined };

/** The worlds of several situations, and a function that deletes all their namespaces. */
type AppliedWorlds = { readonly all: readonly AppliedWorld[]; remove(): Promise<void> };

/** Creates the namespaces of situations. Namespace `a` also has the ServiceAccount ci-a. */
export async function newAppliedWorlds(shell: Shell, count: number): Promise<AppliedWorlds> {
  const run = randomBytes(2).toString("hex");
  const all = Array.from({ length: count }, (_, index) => worldOf(shell, `s${run}${String(index).padStart(2, "0")}`));
  const objects = all.flatMap(({ id, at }) => [
    ...Object.entries(labels).map(([short, key]) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: at(short), labels: { situation: id, run, ...(key && { [key]: id }) } },
    })),
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "ci-a", namespace: at("a") } },
  ]);
  await create(objects);
  const hasDefaults = async () => (await objectsOf(`s${run}`)).accounts.length === objects.length;
  await vi.waitUntil(hasDefaults, { timeout: 240_000, interval: 500 });
  return { all, remove: async () => void (await kubectl(["delete", "namespaces", "-l", `run=${run}`, "--wait=false"])) };
}

/** Returns files as one stream. */
const streamOf = (files: readonly WrittenFile[]) => files.map((file) => JSON.stringify(file)).join("\n---\n");

/** Applies files, as the administrator or the user of a kubeconfig. */
export const applyAll = (shell: Shell, files: readonly WrittenFile[], flags = "", env: Options["env"] = {}): Promise<Ended> =>
  shell.type(`kubectl acr-secret apply -f - ${flags}`.trim(), { stdin: streamOf(files), env });

/** A world whose runs are those of a CronJob. */
export type ScheduledWorld = AppliedWorld & {
  /** Applies the objects of the CronJob, if the files or the namespaces have changed. */
  schedule(files: readonly WrittenFile[]): Promise<unknown>;
  /** Deletes its roles and its policy. All writes of Secrets evaluate a policy. */
  removeSchedule(): Promise<void>;
};

/**
 * Returns a world whose runs are those of a CronJob: as its ServiceAccount, with --skip-blocked, and after its objects were applied.
 * @param isNamed the files name the namespaces that have the labels now
 */
export function scheduledWorld(world: AppliedWorld, isNamed: boolean): ScheduledWorld {
  const { shell, id } = world;
  const at = world.at("home");
  const applyObjects = async (written: readonly WrittenFile[]) => {
    const ended = await typeSchedule(shell, streamOf(written), at, id);
    if (ended.code !== 0) return { written, ended, kubeconfig: "" };
    const kubeconfig = await kubeconfigOf(shell, at, scheduleName(at, id));
    const place = placeOf(written) ?? world.at("home");
    const names = written.flatMap(({ pullSecrets }) => pullSecrets.filter((entry) => mayWriteTo(entry, place)).map(({ name }) => name));
    const others = secretNames.filter((name) => !names.includes(name));
    const isInForce = async () => String(await deniedNames(place, kubeconfig)) === String(others);
    await vi.waitUntil(isInForce, { timeout: 30_000, interval: 500 });
    return { written, kubeconfig };
  };
  let last: { readonly key: string; readonly applied: ReturnType<typeof applyObjects> } | undefined;
  const schedule = async (files: readonly WrittenFile[]) => {
    const { items: namespaces } = await getJson<{ items: KubeObject[] }>("namespaces", "-l", `situation=${id}`);
    const written = isNamed ? files.map((file) => withNames(file, namespaces)) : files;
    const key = JSON.stringify([written, namespaces.map(({ metadata }) => metadata.uid)]);
    if (last?.key !== key) last = { key, applied: applyObjects(written) };
    return await last.applied;
  };
  return {
    ...world,
    schedule,
    removeSchedule: () => removeOuter(scheduleName(at, id)),
    apply: async (files, flags = "") => {
      const { written, ended, kubeconfig } = await schedule(files);
      return (
        ended ?? applyAll(shell, written, `--skip-blocked ${flags}`, { KUBECONFIG: kubeconfig, [policyVariable]: scheduleName(at, id) })
      );
    },
  };
}

/** The names of Secrets in all situations, and another. */
const secretNames = ["none", "acr", "acr-blue", "acr-new"];

/** Returns a namespace that files name for a source. */
function placeOf([file]: readonly WrittenFile[]): string | undefined {
  const { namespace, eachOf } = file?.pullSecrets[0] ?? {};
  return namespace ?? (eachOf && "names" in eachOf ? eachOf.names[0] : undefined);
}

/** Whether a policy lets an entry write to a namespace: that it names, or any if labels or patterns select them. */
const mayWriteTo = ({ namespace, eachOf, copyTo }: WrittenEntry, place: string): boolean =>
  namespace === place ||
  [eachOf, copyTo].some((scope) => scope && (!("names" in scope) || scope.names.some((word) => word === place || word.includes("*"))));

/** Returns the names of Secrets that a policy denies to a user in a namespace. */
async function deniedNames(namespace: string, kubeconfig: string): Promise<readonly string[]> {
  const items = secretNames.map((name) => pullSecret(namespace, name));
  const refusal = await refusalOf({ apiVersion: "v1", kind: "List", items }, kubeconfig);
  return secretNames.filter((name) => refusal.includes(`secrets "${name}" is forbidden: ValidatingAdmissionPolicy`));
}

/** Returns a file that names what its labels select. */
function withNames({ pullSecrets, ...file }: WrittenFile, namespaces: readonly KubeObject[]): WrittenFile {
  const named = (scope: Scope | undefined) =>
    scope && { names: namespaces.filter((one) => selects(scope, one)).map(({ metadata }) => metadata.name) };
  return { ...file, pullSecrets: pullSecrets.map((entry) => ({ ...entry, copyTo: named(entry.copyTo), eachOf: named(entry.eachOf) })) };
}

function worldOf(shell: Shell, id: string): AppliedWorld {
  const at = (short: string) => `${id}-${short}`;
  return {
    shell,
    id,
    at,
    apply: (files, flags) => applyAll(shell, files, flags),
    secret: (short, name) => getJson<Secret>("secret", name, "-n", at(short)),
  };
}

type Objects = {
  readonly namespaces: readonly KubeObject[];
  readonly secrets: readonly Secret[];
  readonly accounts: readonly ServiceAccount[];
};

/** Returns the objects in namespaces with a prefix. */
async function objectsOf(prefix: string): Promise<Objects> {
  const { items } = await getJson<{ items: KubeObject[] }>("namespaces,secrets,serviceaccounts", "-A");
  const own = items.filter(({ metadata }) => (metadata.namespace ?? metadata.name).startsWith(prefix) && !metadata.deletionTimestamp);
  return {
    namespaces: own.filter(({ kind }) => kind === "Namespace"),
    secrets: own.filter(({ kind }) => kind === "Secret") as Secret[],
    accounts: own.filter(({ kind }) => kind === "ServiceAccount") as ServiceAccount[],
  };
}

const fits = (word: string, name: string) => new RegExp(`^${word.replaceAll("*", ".*")}$`).test(name);

function selects(scope: Scope, { metadata }: KubeObject): boolean {
  if ("names" in scope) return scope.names.some((word) => fits(word, metadata.name));
  const [key = "", value] = scope.selector.split("=");
  return metadata.labels?.[key] === value;
}

/** What a file does not say, because a person or a tenant did it. */
export type Besides = {
  /** ServiceAccounts that a person gave the Secret: `a/jane`. */
  readonly listedBy?: readonly string[];
  /** Secrets that block a copy: `a/acr-blue`. */
  readonly blocked?: readonly string[];
  /** How many passwords no Secret records, because their source was deleted. */
  readonly unrecorded?: number;
};

type Wanted = { readonly at: string; readonly source: string; readonly entry: WrittenEntry; readonly isTarget: boolean };

/** The Secrets that files want, by the labels of the namespaces. */
function wantedBy(files: readonly WrittenFile[], namespaces: readonly KubeObject[]): readonly Wanted[] {
  return files.flatMap(({ pullSecrets }) =>
    pullSecrets.flatMap((entry): Wanted[] => {
      const key = (namespace: string) => `${namespace}/${entry.name}`;
      const { eachOf, copyTo, namespace = "" } = entry;
      const selected = (scope: Scope) => namespaces.filter((one) => selects(scope, one)).map(({ metadata }) => metadata.name);
      if (eachOf) return selected(eachOf).map((one) => ({ at: key(one), source: key(one), entry, isTarget: true }));
      const copies = copyTo ? selected(copyTo) : [namespace];
      return [...new Set([namespace, ...copies])].map((one) => ({
        at: key(one),
        source: key(namespace),
        entry,
        isTarget: copies.includes(one),
      }));
    }),
  );
}

const images = ["app/web", "app/api", "base/os"];
const pulledBy = ({ repositories }: WrittenEntry) => images.filter((image) => repositories.some((word) => fits(word, image)));

/** Requires that the cluster and Azure are what files say, and that nothing else of the files is left. */
export async function expectDesired(world: AppliedWorld, files: readonly WrittenFile[], besides: Besides = {}): Promise<void> {
  const { shell, id } = world;
  const { namespaces, secrets, accounts } = await objectsOf(`${id}-`);
  const full = (all: readonly string[] = []) => all.map((one) => `${id}-${one}`);
  const blocked = full(besides.blocked);
  const wanted = wantedBy(files, namespaces).filter(({ at }) => !blocked.includes(at));
  const keyOf = ({ metadata }: Secret | ServiceAccount) => `${metadata.namespace}/${metadata.name}`;
  const found = new Map(secrets.map((secret) => [keyOf(secret), loginOf(secret)]));

  expect([...found.keys()].filter((key) => !blocked.includes(key)).sort(), "Secrets").toEqual(wanted.map(({ at }) => at).sort());
  const sources = wanted.filter(({ at, source }) => at === source);
  const usernames = sources.map(({ at }) => found.get(at)?.username);
  expect(new Set(usernames).size, "each source has a login of its own").toBe(sources.length);
  for (const { at, source } of wanted) expect(found.get(at), `the login of ${at}`).toEqual(found.get(source));
  for (const { at, entry } of sources) expect(await pullsWith(shell, found.get(at)), `what ${at} pulls`).toEqual(pulledBy(entry));

  const lists = accounts.flatMap((one) => (one.imagePullSecrets ?? []).map(({ name }) => `${keyOf(one)} lists ${name}`));
  const named = wanted.flatMap(({ at, entry: { name, serviceAccounts = [] }, isTarget }) =>
    accounts.flatMap((one) => {
      const isNamed = isTarget && serviceAccounts.some((word) => fits(word, one.metadata.name));
      return `${one.metadata.namespace}/${name}` === at && isNamed ? [`${keyOf(one)} lists ${name}`] : [];
    }),
  );
  const persons = (besides.listedBy ?? []).map((one) => `${id}-${one}`);
  expect(lists.sort(), "ServiceAccounts").toEqual([...new Set([...named, ...persons])].sort());

  const credentials = sources.map(({ at, entry: { credential: kind = "acr-token" } }) => ({ at, kind }));
  const accountsOf = (kind: string) => credentials.filter((one) => one.kind === kind).map(({ at }) => at.replace("/", "-"));
  const ofAzure = azureOf(world);
  const stems = (names: readonly string[]) => names.map((name) => name.replace(/-[^-]*$/, "")).sort();
  expect(stems(ofAzure.tokens.map(({ name }) => name)), "tokens").toEqual(accountsOf("acr-token").sort());
  expect(stems(ofAzure.scopeMaps.map(({ name }) => name)), "scope maps").toEqual(accountsOf("acr-token").sort());
  expect(stems(ofAzure.applications.map(({ displayName }) => displayName)), "applications").toEqual(accountsOf("service-principal").sort());
  const unrecorded = unnoted(shell.azure.world, secrets, `${id}-`);
  expect(unrecorded, "passwords that no Secret records").toHaveLength(besides.unrecorded ?? 0);
}

function azureOf({ shell, id }: AppliedWorld) {
  const { registries, applications } = shell.azure.world;
  const is = (name: string) => name.startsWith(`${id}-`);
  return {
    tokens: registries.flatMap(({ tokens }) => tokens.filter(({ name }) => is(name))),
    scopeMaps: registries.flatMap(({ scopeMaps }) => scopeMaps.filter(({ name }) => is(name))),
    applications: applications.filter(({ displayName }) => is(displayName)),
  };
}

/** Returns the images that a login pulls from the emulated registry. */
export async function pullsWith({ azure }: Shell, login: Login | undefined): Promise<readonly string[]> {
  const ca = await readFile(azure.caFile, "utf8");
  const headers = { accept: "application/vnd.oci.image.manifest.v1+json" };
  const get = (path: string, more: object) => askThrough(azure.proxy, ca, "GET", new URL(path, "https://myregistry.azurecr.io"), more);
  const pulled = images.map(async (image) => {
    if (!login) return [];
    const { status, json } = await get(`/oauth2/token?service=myregistry.azurecr.io&scope=repository:${image}:pull`, { login });
    if (status !== 200) return [];
    const got = await get(`/v2/${image}/manifests/1`, { headers, token: String(json.access_token) });
    return got.status === 200 ? [image] : [];
  });
  return (await Promise.all(pulled)).flat();
}

/** Returns what a run without changes must leave as it is: the versions of all objects, and the objects in Azure with their passwords. */
export async function stateOf(world: AppliedWorld): Promise<object> {
  const { id } = world;
  const { namespaces, secrets, accounts } = await objectsOf(`${id}-`);
  const versions = [...namespaces, ...secrets, ...accounts].map(({ kind, metadata }) => [
    kind,
    metadata.namespace,
    metadata.name,
    metadata.resourceVersion,
  ]);
  return { versions, azure: JSON.parse(JSON.stringify(azureOf(world))) };
}
