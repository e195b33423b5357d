import type { Registry as AzureRegistry } from "../../../sandbox/azure/world.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import type { Outcome } from "../fakes/outcomes.ts";
import type { FakeWorld } from "../fakes/world.ts";
import type { Login } from "../logins.ts";
import { loginsIn, standingIn } from "./directory.ts";
import type { FaultyWorld } from "./world.ts";

type Alive = ReadonlyMap<string, readonly string[]>;

/** Returns the current state. @param later milliseconds by which the clock that decides about expiry is ahead */
export function outcomeOf({ in_, registry, directory }: FaultyWorld, later = 0): Outcome {
  const entra = directory();
  const secret = in_.cluster.get("secret", "demo", "acr-myregistry");
  const passwords = registry.tokens.flatMap(({ name, passwords: slots }) =>
    Object.entries(slots).flatMap(([slot, one]) => (one ? [{ name, slot, value: one.value, expiry: one.expiry }] : [])),
  );
  const works = ({ expiry }: { expiry: string | undefined }) => expiry === undefined || Date.parse(expiry) > Date.now() + later;
  /** The logins that the registry accepts, each with the commands that delete the objects of that login. */
  const alive: Alive = new Map([
    ...passwords.filter(works).map(({ name, slot, value }) => [`${name}\n${value}`, namesOf(name, slot)] as const),
    ...loginsIn(entra),
    ...unmade(registry, in_),
  ]);
  const namespaces = in_.cluster.all("namespace").flatMap(({ metadata: { name } }) => (/^(demo|kube-.*)$/.test(name) ? [] : name));
  return {
    secret: JSON.stringify([secret?.data, secret?.type]),
    pulls: secret?.type === "kubernetes.io/dockerconfigjson" && takes(alive, in_.loginIn("demo")),
    isAttached: (in_.cluster.get("serviceaccount", "demo", "default")?.imagePullSecrets ?? []).some(
      ({ name }) => name === "acr-myregistry",
    ),
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

const takes = (alive: Alive, login: Login | undefined): boolean => login !== undefined && alive.has(`${login.username}\n${login.password}`);

/** Returns the Azure objects that a login needs, or an empty list for a login that the registry rejects. */
const behind = (alive: Alive, login: Login | undefined): readonly string[] =>
  (login && alive.get(`${login.username}\n${login.password}`)) ?? [];

/** Returns the commands that delete a token, its scope map and its password. */
function namesOf(name: string, slot: string): string[] {
  const at = `delete --registry myregistry --name ${name}`;
  return [`az acr token ${at}`, `az acr scope-map ${at}`, `az acr token credential ${at} --${slot}`];
}
