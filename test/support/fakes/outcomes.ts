import type { Run } from "../in-process.ts";
import type { Login } from "../logins.ts";
import { everythingIn } from "../situations/deleting.ts";
import type { FakeWorld } from "./world.ts";

/** The state of a world, limited to what can harm a user. */
export type Outcome = {
  /** The Secret's data and type, as text. */
  readonly secret: string;
  /** Whether the registry accepts the Secret's login. */
  readonly pulls: boolean;
  readonly isAttached: boolean;
  /** Everything in Azure that could be left over, by the command that deletes it, with its passwords and rights. */
  readonly azure: ReadonlyMap<string, string>;
  /** The objects in Azure that the logins of all Secrets need, by the same commands. */
  readonly used: readonly string[];
  /** Other namespaces whose Secret is missing or cannot pull. */
  readonly lacking: readonly string[];
  /** The complete state as text. */
  readonly whole: string;
};

const acr = (what: string, name: string) => `az acr ${what} delete --registry myregistry --name ${name}`;
const roleOf = (appId: string) => `az role assignment delete --assignee ${appId}`;
const keyOf = (appId: string, keyId: string) => `az ad app credential delete --id ${appId} --key-id ${keyId}`;

/** Returns the current state. Passwords that expire before `now` are not accepted. */
export function outcomeOf(world: FakeWorld, now: Date): Outcome {
  const { azure, cluster, loginIn } = world;
  const { applications, principals, assignments } = azure.directory;
  const appIdOf = (principalId: string) => principals.find(({ id }) => id === principalId)?.appId ?? principalId;
  const passwords = [...azure.tokens].flatMap(([name, of]) => [...of.passwords].map(([slot, password]) => ({ name, slot, ...password })));

  const ofToken = ({ username, password }: Login): string[] | undefined => {
    const own = passwords.find(({ name, text }) => name === username && text === password);
    if (!own || (own.expiry !== undefined && new Date(own.expiry) <= now)) return undefined;
    return [acr("token", username), acr("scope-map", username), `${acr("token credential", username)} --${own.slot}`];
  };
  const ofApplication = ({ username, password }: Login): string[] | undefined => {
    const key = applications.find(({ appId }) => appId === username)?.keys.find(({ text }) => text === password);
    if (!key || !assignments.some(({ principalId }) => appIdOf(principalId) === username)) return undefined;
    return [`az ad app delete --id ${username}`, `az ad sp delete --id ${username}`, roleOf(username), keyOf(username, key.slot)];
  };
  /** Returns the objects in Azure that a login needs, or undefined if the registry rejects it. */
  const objectsOf = (login: Login): string[] | undefined => {
    const isCreated = azure.tokens.has(login.username) || applications.some(({ appId }) => appId === login.username);
    if (isCreated) return ofToken(login) ?? ofApplication(login);
    return azure.knows(login) ? [] : undefined;
  };

  const secret = cluster.get("secret", "demo", "acr-myregistry");
  const others = cluster.all("namespace").flatMap(({ metadata: { name } }) => (/^(demo|kube-.*)$/.test(name) ? [] : name));
  const needs = new Map(
    ["demo", ...others].map((at) => {
      const login = loginIn(at);
      return [at, login && objectsOf(login)] as const;
    }),
  );
  return {
    secret: JSON.stringify([secret?.data, secret?.type]),
    pulls: needs.get("demo") !== undefined,
    isAttached: (cluster.get("serviceaccount", "demo", "default")?.imagePullSecrets ?? []).some(({ name }) => name === "acr-myregistry"),
    azure: new Map([
      ...applications.map(({ appId, displayName }) => [`az ad app delete --id ${appId}`, displayName] as const),
      ...principals.map(({ appId, id }) => [`az ad sp delete --id ${appId}`, id] as const),
      ...assignments.map(({ principalId, role, condition }) => [roleOf(appIdOf(principalId)), `${role} ${condition}`] as const),
      ...applications.flatMap(({ appId, keys }) => keys.map(({ slot, text }) => [keyOf(appId, slot), text] as const)),
      ...[...azure.tokens].map(([name, { scopeMapId }]) => [acr("token", name), scopeMapId] as const),
      ...[...azure.scopeMaps].map(([name, { actions }]) => [acr("scope-map", name), String([...actions].sort())] as const),
      ...passwords.map(({ name, slot, text }) => [`${acr("token credential", name)} --${slot}`, text] as const),
    ]),
    used: [...needs.values()].flatMap((commands) => commands ?? []),
    lacking: others.filter((at) => needs.get(at) === undefined),
    whole: JSON.stringify(everythingIn(world)),
  };
}

/**
 * Returns the problems after a run in which a request failed. Either everything is unchanged, or the Secret pulls, or the run prints the
 * commands that delete its leftovers.
 */
export function faultsOf(before: Outcome, after: Outcome, run: Run): string[] {
  const stray = strayIn(before, after).filter((command) => !isPrinted(command, run.stderr));
  const lost = [...before.azure].filter(([command, was]) => isLost(command, was, after.azure.get(command)));
  return [
    ...ofSecret(before, after, run),
    ...stray.map((command) => `left, and not printed: ${command}`),
    ...lost.map(([command]) => `gone or changed: ${command}`),
  ];
}

function ofSecret(before: Outcome, after: Outcome, { code, stderr }: Run): string[] {
  if (after.pulls) return code === 0 && !isComplete(after) ? ["it succeeds, but not everywhere"] : [];
  if (code === 0) return ["it succeeds, but the Secret does not pull"];
  if (before.pulls) return ["the Secret pulled before, but does not any more"];
  const isPrinted = /kubectl delete secret acr-myregistry|secret "acr-myregistry" .* was deleted/.test(stderr);
  return before.secret === after.secret || isPrinted ? [] : [`the Secret is neither unchanged nor pulls: ${after.secret}`];
}

const isComplete = ({ isAttached, lacking }: Outcome): boolean => isAttached && lacking.length === 0;

/** Returns the new objects in Azure that no Secret's login needs. */
const strayIn = (before: Outcome, after: Outcome): string[] =>
  [...after.azure.keys()].filter((command) => !before.azure.has(command) && !after.used.includes(command));

/**
 * Whether the output has the command that deletes an object. Deleting a token or an application also deletes its passwords. For an object
 * that may have been created, the output has the command that lists it.
 */
const isPrinted = (command: string, stderr: string): boolean =>
  [
    command,
    command.replace(/ credential (.*) --password\d$/, " $1"),
    command.replace(/^az ad (?:sp|app credential) delete (--id \S+).*/, "az ad app delete $1"),
    command.replace(/^az ad app credential delete (--id \S+).*/, "az ad app credential list $1"),
    command.replace(/^az ad .*/, "az ad app list --display-name"),
  ].some((one) => stderr.includes(one));

const isPassword = (command: string) => command.startsWith("az acr token credential");

/** Whether an existing object that others may use is deleted or changed. A password may change, and a scope map may get more actions. */
const isLost = (command: string, was: string, now: string | undefined): boolean =>
  now !== was && !isPassword(command) && !(command.startsWith("az acr scope-map") && now?.includes(was));

/** Returns the problem after a rerun without a failure. A password that no Secret contains may remain in a token that is in use. */
export function convergenceOf(before: Outcome, end: Outcome, run: Run): string[] {
  const stray = strayIn(before, end).filter((command) => !isPassword(command));
  const isRight = run.code === 0 && end.pulls && isComplete(end) && stray.length === 0;
  return isRight ? [] : [`a rerun does not converge: ${JSON.stringify({ run, stray })}`];
}
