import type { Registry as AzureRegistry } from "../../../sandbox/azure/world.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import type { FakeWorld } from "../fakes/world.ts";
import type { Run } from "../in-process.ts";
import { loginsIn, standingIn } from "./directory.ts";
import type { FaultyWorld } from "./world.ts";

/** The state after a run, limited to what can harm a user. */
export type Outcome = {
  /** The Secret's data, and its login. */
  readonly secret: { readonly data: string; readonly type: string | undefined } | undefined;
  readonly login: { readonly username: string; readonly password: string } | undefined;
  readonly attached: readonly string[];
  /** Everything in Azure that could be left over, by the command that would delete it, with its passwords and rights. */
  readonly azure: ReadonlyMap<string, string>;
  /** The logins that the registry accepts, each with the commands that would delete the objects of that login. */
  readonly alive: ReadonlyMap<string, readonly string[]>;
  /** The Azure objects that the logins of the Secrets in all namespaces need, by the same commands. */
  readonly used: readonly string[];
  /** Other namespaces whose Secret of that name is missing or cannot pull. */
  readonly lacking: readonly string[];
  /** The complete state as text: two states are equal if their texts are equal. */
  readonly whole: string;
};

/** Returns the current state. @param later milliseconds by which the clock that decides about expiry is ahead */
export function outcomeOf({ in_, registry, directory }: FaultyWorld, later = 0): Outcome {
  const entra = directory();
  const found = in_.cluster.get("secret", "demo", "acr-myregistry");
  const passwords = registry.tokens.flatMap(({ name, passwords: slots }) =>
    Object.entries(slots).flatMap(([slot, one]) => (one ? [{ name, slot, value: one.value, expiry: one.expiry }] : [])),
  );
  const works = ({ expiry }: { expiry: string | undefined }) => expiry === undefined || Date.parse(expiry) > Date.now() + later;
  const alive = new Map([
    ...passwords.filter(works).map(({ name, slot, value }) => [`${name}\n${value}`, namesOf(name, slot)] as const),
    ...loginsIn(entra),
    ...unmade(registry, in_),
  ]);
  const namespaces = in_.cluster.all("namespace").flatMap(({ metadata: { name } }) => (/^(demo|kube-.*)$/.test(name) ? [] : name));
  return {
    secret: found && { data: JSON.stringify(found.data), type: found.type },
    login: found?.type === "kubernetes.io/dockerconfigjson" ? in_.loginIn("demo") : undefined,
    attached: in_.cluster.get("serviceaccount", "demo", "default")?.imagePullSecrets?.flatMap(({ name }) => name ?? []) ?? [],
    azure: new Map([
      ...standingIn(entra),
      ...registry.tokens.map(({ name, scopeMapId }) => [`az acr token delete --registry myregistry --name ${name}`, scopeMapId] as const),
      ...registry.scopeMaps
        .filter(({ system }) => !system)
        .map(({ name, actions }) => [`az acr scope-map delete --registry myregistry --name ${name}`, String([...actions].sort())] as const),
      ...passwords.map(
        ({ name, slot, value }) => [`az acr token credential delete --registry myregistry --name ${name} --${slot}`, value] as const,
      ),
    ]),
    whole: JSON.stringify([
      registry.tokens.map(({ name, scopeMapId, passwords: slots }) => ({ name, scopeMapId, slots })),
      registry.scopeMaps,
      entra,
      ...(["secret", "serviceaccount", "pod"] as const).map((kind) => in_.cluster.all(kind)),
    ]),
    alive,
    used: ["demo", ...namespaces].flatMap((at) => behind(alive, in_.loginIn(at))),
    lacking: namespaces.filter((at) => !takes(alive, in_.loginIn(at))),
  };
}

/** Returns logins that need no object in Azure: the admin user's, and unexpired registry tokens in Secrets. */
function unmade(
  { name, adminUserEnabled, adminPasswords }: AzureRegistry,
  { cluster, loginIn }: FakeWorld,
): (readonly [string, readonly string[]])[] {
  const admin = adminUserEnabled ? Object.values(adminPasswords).map((password) => [`${name}\n${password}`, []] as const) : [];
  const held = cluster.all("namespace").flatMap(({ metadata }) => loginIn(metadata.name) ?? []);
  const own = held.filter(({ password }) => Date.parse(new Sensitive(password).claims?.expiresAt ?? "") > Date.now());
  return [...admin, ...own.map(({ username, password }) => [`${username}\n${password}`, []] as const)];
}

/** Whether the registry accepts the Secret's login. */
const pulls = ({ login, alive }: Outcome): boolean => takes(alive, login);

const takes = (alive: Outcome["alive"], login: Outcome["login"]): boolean =>
  login !== undefined && alive.has(`${login.username}\n${login.password}`);

/**
 * Returns the problems after a run with a fault. Either everything is unchanged, or the Secret pulls, or the run names its leftovers.
 *
 * @returns an empty list if there is no problem
 */
export function faultsOf(before: Outcome, after: Outcome, run: Run): string[] {
  const stray = strayIn(before, after).filter((what) => !isNamed(what, run.stderr));
  const lost = [...before.azure].filter(([what, was]) => isLost(what, was, after));
  return [
    ...ofSecret(before, after, run),
    ...stray.map((what) => `left, and not named: ${what}`),
    ...lost.map(([what]) => `gone or changed: ${what}`),
  ];
}

function ofSecret(before: Outcome, after: Outcome, { code, stderr }: Run): string[] {
  const good = pulls(after);
  if (good) return code === 0 && !(isAttached(after) && after.lacking.length === 0) ? ["it succeeds, and not everywhere"] : [];
  if (code === 0) return ["it succeeds, and the Secret does not pull"];
  if (pulls(before)) return ["the Secret pulled before, and does not any more"];
  const same = JSON.stringify(before.secret) === JSON.stringify(after.secret);
  const named = /kubectl delete secret acr-myregistry|secret "acr-myregistry" .* was deleted/.test(stderr);
  return same || named ? [] : [`the Secret is neither as before nor pulls: ${after.secret?.data ?? "gone"}`];
}

const isAttached = ({ attached }: Outcome): boolean => attached.includes("acr-myregistry");

/** Returns the Azure objects that a login needs, or an empty list for a login that no longer works. */
const behind = (alive: Outcome["alive"], login: Outcome["login"]): readonly string[] =>
  (login && alive.get(`${login.username}\n${login.password}`)) ?? [];

/** Returns a token, its scope map and its password. */
function namesOf(name: string, slot: string): string[] {
  const at = `delete --registry myregistry --name ${name}`;
  return [`az acr token ${at}`, `az acr scope-map ${at}`, `az acr token credential ${at} --${slot}`];
}

/** Returns the new objects in Azure that no Secret pulls with. */
function strayIn(before: Outcome, after: Outcome): string[] {
  return [...after.azure.keys()].filter((what) => !before.azure.has(what) && !after.used.includes(what));
}

/**
 * Whether the output names an object. Deleting a token or an application also deletes its passwords. For an object that may have been
 * created, the output names the command that lists it.
 */
const isNamed = (what: string, stderr: string) =>
  [
    what,
    what.replace(/ credential (.*) --password\d$/, " $1"),
    what.replace(/^az ad (?:sp|app credential) delete (--id \S+).*/, "az ad app delete $1"),
    what.replace(/^az ad app credential delete (--id \S+).*/, "az ad app credential list $1"),
    what.replace(/^az ad .*/, "az ad app list --display-name"),
  ].some((command) => stderr.includes(command));

/** Whether an existing object that others may use is deleted or changed. A password of the Secret may change. */
function isLost(what: string, was: string, after: Outcome): boolean {
  const now = after.azure.get(what);
  if (now === was) return false;
  return !(isPassword(what) || (what.startsWith("az acr scope-map") && now?.includes(was)));
}

const isPassword = (what: string) => what.startsWith("az acr token credential");

/**
 * Returns the problem after a rerun without a fault, whatever state it started from. A password that no Secret contains may remain in a
 * token that is in use.
 */
export function convergenceOf(before: Outcome, end: Outcome, run: Run): string[] {
  const stray = strayIn(before, end).filter((what) => !isPassword(what));
  const good = run.code === 0 && pulls(end) && isAttached(end) && end.lacking.length === 0 && stray.length === 0;
  return good ? [] : [`a rerun does not converge: ${JSON.stringify({ run, stray })}`];
}
