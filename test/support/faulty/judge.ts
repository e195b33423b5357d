import type { Registry as AzureRegistry } from "../../../sandbox/azure/world.ts";
import { readJwt } from "../../../src/secret/jwt.ts";
import type { FakeWorld } from "../fakes/world.ts";
import type { Run } from "../in-process.ts";
import { loginsIn, standingIn } from "./directory.ts";
import type { FaultyWorld } from "./world.ts";

/** What stands in the end, as far as anybody could be harmed by it. */
export type Standing = {
  /** The Secret's data, and its login. */
  readonly secret: { readonly data: string; readonly type: string | undefined } | undefined;
  readonly login: { readonly username: string; readonly password: string } | undefined;
  readonly attached: readonly string[];
  /** Everything in Azure that could stay behind, by what it would be named with: its passwords and rights with it. */
  readonly azure: ReadonlyMap<string, string>;
  /** The logins that the registry takes, with all that stands behind each, as it would be named. */
  readonly alive: ReadonlyMap<string, readonly string[]>;
  /** What Secrets of any namespace pull with, as it would be named. */
  readonly used: readonly string[];
  /** Other namespaces whose Secret of that name does not pull, or is not there. */
  readonly lacking: readonly string[];
  /** Everything, so that two standings with the same text are the same. */
  readonly whole: string;
};

/** @param later milliseconds by which the clock is ahead that tells what has expired */
export function standingOf({ in_, registry, directory }: FaultyWorld, later = 0): Standing {
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

/** Logins behind which a run makes nothing in Azure: the admin user's, and tokens of the registry's own in Secrets that have not ended. */
function unmade(
  { name, adminUserEnabled, adminPasswords }: AzureRegistry,
  { cluster, loginIn }: FakeWorld,
): (readonly [string, readonly string[]])[] {
  const admin = adminUserEnabled ? Object.values(adminPasswords).map((password) => [`${name}\n${password}`, []] as const) : [];
  const held = cluster.all("namespace").flatMap(({ metadata }) => loginIn(metadata.name) ?? []);
  const own = held.filter(({ password }) => Date.parse(readJwt(password)?.expiresAt ?? "") > Date.now());
  return [...admin, ...own.map(({ username, password }) => [`${username}\n${password}`, []] as const)];
}

/** Whether the Secret's login is one that the registry takes. */
const pulls = ({ login, alive }: Standing): boolean => takes(alive, login);

const takes = (alive: Standing["alive"], login: Standing["login"]): boolean =>
  login !== undefined && alive.has(`${login.username}\n${login.password}`);

/**
 * What is wrong after a run that a mishap befell: either all is as before, or the Secret pulls, or what is left is named.
 * @returns empty where nothing is
 */
export function faultsOf(before: Standing, after: Standing, run: Run): string[] {
  const stray = strayIn(before, after).filter((what) => !isNamed(what, run.stderr));
  const lost = [...before.azure].filter(([what, was]) => isLost(what, was, after));
  return [
    ...ofSecret(before, after, run),
    ...stray.map((what) => `left, and not named: ${what}`),
    ...lost.map(([what]) => `gone or changed: ${what}`),
  ];
}

function ofSecret(before: Standing, after: Standing, { code, stderr }: Run): string[] {
  const good = pulls(after);
  if (good) return code === 0 && !(isAttached(after) && after.lacking.length === 0) ? ["it succeeds, and not everywhere"] : [];
  if (code === 0) return ["it succeeds, and the Secret does not pull"];
  if (pulls(before)) return ["the Secret pulled before, and does not any more"];
  const same = JSON.stringify(before.secret) === JSON.stringify(after.secret);
  const named = /kubectl delete secret acr-myregistry|secret "acr-myregistry" .* was deleted/.test(stderr);
  return same || named ? [] : [`the Secret is neither as before nor pulls: ${after.secret?.data ?? "gone"}`];
}

const isAttached = ({ attached }: Standing): boolean => attached.includes("acr-myregistry");

/** What stands behind a login; of one that is dead there is nothing. */
const behind = (alive: Standing["alive"], login: Standing["login"]): readonly string[] =>
  (login && alive.get(`${login.username}\n${login.password}`)) ?? [];

/** A token, its scope map and its password. */
function namesOf(name: string, slot: string): string[] {
  const at = `delete --registry myregistry --name ${name}`;
  return [`az acr token ${at}`, `az acr scope-map ${at}`, `az acr token credential ${at} --${slot}`];
}

/** What is in Azure, was not before, and is not what a Secret pulls with. */
function strayIn(before: Standing, after: Standing): string[] {
  return [...after.azure.keys()].filter((what) => !before.azure.has(what) && !after.used.includes(what));
}

/** A token that is deleted takes its passwords with it, as an application does; what may have been made is named by how to see it. */
const isNamed = (what: string, stderr: string) =>
  [
    what,
    what.replace(/ credential (.*) --password\d$/, " $1"),
    what.replace(/^az ad (?:sp|app credential) delete (--id \S+).*/, "az ad app delete $1"),
    what.replace(/^az ad app credential delete (--id \S+).*/, "az ad app credential list $1"),
    what.replace(/^az ad .*/, "az ad app list --display-name"),
  ].some((command) => stderr.includes(command));

/** Others may use what stood there, but for a password that the Secret held. */
function isLost(what: string, was: string, after: Standing): boolean {
  const now = after.azure.get(what);
  if (now === was) return false;
  return !(isPassword(what) || (what.startsWith("az acr scope-map") && now?.includes(was)));
}

const isPassword = (what: string) => what.startsWith("az acr token credential");

/** What is wrong after a run that nothing befell, whatever it found. A password that nobody knows may stay in a token that is in use. */
export function convergenceOf(before: Standing, end: Standing, run: Run): string[] {
  const stray = strayIn(before, end).filter((what) => !isPassword(what));
  const good = run.code === 0 && pulls(end) && isAttached(end) && end.lacking.length === 0 && stray.length === 0;
  return good ? [] : [`a rerun does not converge: ${JSON.stringify({ run, stray })}`];
}
