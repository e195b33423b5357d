import { expect } from "vitest";
import { claimKey, claimOf, copiesOf, credentialOf } from "../../../src/secret/record.ts";
import { clientOf } from "../../../src/secretless/objects.ts";
import { loginOf } from "../../support/logins.ts";
import { drawn } from "../../support/sampled.ts";
import { type Act, type Fate, Play, type Program } from "./play.ts";
import { name } from "./watch.ts";

// A walk runs a command, disturbs it at one request, runs it again, and checks the four guarantees after every request.

const day = 24 * 3_600_000;
export const pass: Act = (play) => {
  play.now += day;
};

export type Kind = "" | " --service-principal";
export const kinds: readonly { readonly what: string; readonly kind: Kind }[] = [
  { what: "an ACR token", kind: "" },
  { what: "a service principal", kind: " --service-principal" },
];

export const create = (kind: Kind, ...more: readonly string[]) =>
  ["create acr-myregistry --registry myregistry --repository app/web -n app --serviceaccount default", kind, ...more].join(" ");
export const copies = "--copy-to b,c";
export const rotate = (grace: string) => `rotate acr-myregistry -n app --grace ${grace}`;
export const remove = "delete acr-myregistry -n app --yes";
export const attach = "attach acr-myregistry -n app --serviceaccount default";
export const detach = "detach acr-myregistry -n app --serviceaccount default";

export const apply = (kind: Kind, file: string, flags = "") => `apply -f ${kind === "" ? "token" : "principal"}-${file}.yaml${flags}`;

const prune = "prune --registry myregistry --older-than 0s --yes";
const secretless = (does: string) => `secretless ${does} default --registry myregistry -n app`;

export type Step = string | Act;

export async function after(...steps: readonly Step[]): Promise<Play> {
  const play = new Play();
  for (const step of steps) {
    if (typeof step === "function") play.act(step);
    else await play.after(step);
  }
  return play;
}

export type Scenario = {
  readonly what: string;
  readonly start: readonly Step[];
  readonly line: string;
  /** A kill may leave an application without a password and a role, which can do nothing and which no list shows. */
  readonly mayLeaveApplication?: boolean;
};

const scenariosOf = (kind: Kind): readonly Scenario[] => {
  const alone = [create(kind)];
  const made = [create(kind, copies), pass];
  const applied = [apply(kind, "copies"), pass];
  return [
    { what: "create", start: [], line: create(kind) },
    { what: "create with copies", start: [], line: create(kind, copies) },
    { what: "create copies of an old source", start: alone, line: create(kind, copies) },
    { what: "create after its password was ended", start: [...made, endPassword], line: create(kind, copies) },
    { what: "create after its Secret was deleted", start: [...alone, deleteSecret, pass], line: create(kind) },
    { what: "attach", start: [create(kind).replace(" --serviceaccount default", "")], line: attach },
    { what: "detach", start: alone, line: detach },
    { what: "rotate with grace", start: made, line: rotate("1h") },
    { what: "rotate until the next rotation", start: made, line: rotate("next") },
    { what: "rotate passwords of an age", start: made, line: `${rotate("next")} --older-than 12h` },
    { what: "rotate without grace", start: made, line: rotate("0") },
    { what: "rotate beside a Secret of others", start: [create(kind, copies), unmarksTheCopy], line: rotate("next") },
    { what: "rotate after the grace", start: [...made, rotate("1h"), pass], line: rotate("1h") },
    { what: "prune", start: [...alone, deleteSecret, pass], line: prune },
    { what: "delete", start: made, line: remove },
    { what: "delete a copy", start: [create(kind, "--copy-to app,b,c"), pass], line: "delete acr-myregistry -n b --yes" },
    { what: "delete with the credential", start: made, line: `${remove} --revoke` },
    { what: "delete with the credential in the grace", start: [...made, rotate("1h")], line: `${remove} --revoke` },
    { what: "apply copies", start: [], line: apply(kind, "copies") },
    { what: "apply again", start: [apply(kind, "copies")], line: apply(kind, "copies") },
    {
      what: "apply a copy instead of a credential",
      mayLeaveApplication: true,
      start: [apply(kind, "each")],
      line: apply(kind, "each-and-copies", " --prune --yes"),
    },
    { what: "apply after create", start: made, line: apply(kind, "copies") },
    { what: "apply fewer copies", start: applied, line: apply(kind, "one") },
    { what: "apply a pattern that matches nothing", start: applied, line: apply(kind, "alone") },
    { what: "apply other ServiceAccounts", start: applied, line: apply(kind, "unlisted") },
    { what: "apply a credential for each namespace", start: [], line: apply(kind, "each") },
    { what: "apply fewer credentials", mayLeaveApplication: true, start: [apply(kind, "each"), pass], line: apply(kind, "each-less") },
    {
      what: "apply fewer credentials after a Secret was deleted",
      mayLeaveApplication: true,
      start: [apply(kind, "each"), deleteSecretInB, pass],
      line: apply(kind, "each-less"),
    },
    { what: "apply without the entry", mayLeaveApplication: true, start: applied, line: apply(kind, "none", " --prune --yes") },
    { what: "apply after the Secret was deleted", start: [...applied, deleteSecret], line: apply(kind, "copies") },
    { what: "apply another kind of credential", start: applied, line: apply(kind === "" ? " --service-principal" : "", "copies") },
    { what: "apply a rotation", start: [apply(kind, "aging"), pass, pass], line: apply(kind, "aging") },
    {
      what: "apply after a grace period",
      start: [apply(kind, "aging"), pass, pass, apply(kind, "aging"), pass],
      line: apply(kind, "aging"),
    },
  ];
};

export function endPassword({ world: { azure } }: Play) {
  for (const { passwords } of azure.tokens.values()) passwords.clear();
  for (const { keys } of azure.directory.applications) keys.splice(0);
}

export function deleteSecret({ world }: Play) {
  world.cluster.remove("secret", "app", name);
}

/** Another tool has the Secret of a copy. */
function unmarksTheCopy({ world: { cluster } }: Play) {
  const { metadata, ...secret } = cluster.get("secret", "b", name) ?? expect.unreachable("a copy");
  cluster.put({ ...secret, metadata: { ...metadata, labels: {} } });
}

function deleteSecretInB({ world }: Play) {
  world.cluster.remove("secret", "b", name);
}

/** A rotation was killed after it had noted a slot, and generated a password in it. */
const killedRotation: readonly Act[] = [
  ({ world: { cluster } }) => {
    const { metadata, ...secret } = cluster.get("secret", "app", name) ?? expect.unreachable("a source");
    const claim = { run: "x", until: noted, intent: { slot: "password2", until: noted } };
    const annotations = { ...metadata.annotations, [claimKey]: JSON.stringify(claim) };
    cluster.put({ ...secret, metadata: { ...metadata, annotations } }, "kubectl-acr-secret");
  },
  ({ world: { azure } }) => {
    for (const { passwords } of azure.tokens.values()) passwords.set("password2", { text: "left", creationTime: noted, expiry: undefined });
  },
];
const noted = "2026-01-01T12:00:00.000Z";

/** What a run leaves, without what differs between two runs that do the same. */
export function stateOf({ world: { cluster, azure }, watch }: Play) {
  const source = cluster.get("secret", "app", name);
  const login = loginOf(source);
  const secrets = cluster.all("secret").map((secret) => {
    const { metadata, type } = secret;
    const of = loginOf(secret);
    const state = of && azure.knows(of) ? (of.password === login?.password ? "has the login" : "has another login") : "has no login";
    return {
      at: `${metadata.namespace}/${metadata.name}`,
      type,
      state,
      copies: Object.keys(copiesOf(secret)),
      isClaimed: claimOf(secret) !== undefined,
    };
  });
  const lists = cluster
    .all("serviceaccount")
    .map(({ metadata, imagePullSecrets = [] }) => [metadata.namespace, ...imagePullSecrets.map((one) => one.name)]);
  const records = cluster.all("secret").map(credentialOf);
  const isRecorded = ({ slot, madeAt = "" }: { slot: string; madeAt?: string | undefined }) =>
    records
      .flatMap((record) => [record, record?.previous])
      .some((one) => one?.slot === slot && Date.parse(one.madeAt ?? "") === Date.parse(madeAt));
  const passwords = [...azure.tokens.values()].flatMap((token) =>
    [...token.passwords].map(([slot, { creationTime: madeAt }]) => ({ slot, madeAt })),
  );
  const keys = azure.directory.applications.flatMap((one) => one.keys);
  // Without its role, an application pulls nothing, and no run finds it
  const { principals, assignments } = azure.directory;
  const isUseful = (one: { readonly appId: string }) =>
    principals.some(({ appId, id }) => appId === one.appId && assignments.some(({ principalId }) => principalId === id));
  const useful = azure.directory.applications.filter(isUseful).flatMap((one) => one.keys);
  return {
    secrets: secrets.sort((a, b) => a.at.localeCompare(b.at)),
    lists: lists.sort(),
    scopeMaps: [...azure.scopeMaps.values()].map(({ name: of, actions }) => [of, ...actions]).sort(),
    tokens: [...azure.tokens.keys()].sort(),
    applications: azure.directory.applications.map(({ displayName }) => displayName).sort(),
    roles: azure.directory.assignments.length,
    rights: [...cluster.all("role.rbac.authorization.k8s.io"), ...cluster.all("rolebinding.rbac.authorization.k8s.io")].length,
    identities: [...azure.identities.all.values()].map(({ credentials }) => credentials.map(({ subject }) => subject)),
    annotated: cluster.all("serviceaccount").flatMap((account) => (clientOf(account) === undefined ? [] : [account.metadata.namespace])),
    recorded: [...passwords, ...keys].filter(isRecorded).length,
    unknown: [...passwords, ...useful].filter((one) => !isRecorded(one) && !watch.isPersons(one.madeAt)).length,
  };
}

export type Ended = { readonly state: ReturnType<typeof stateOf>; readonly code: number | undefined; readonly requests: number };

/** Runs a command twice without a disturbance: what it leaves, how the second run ends, and how many requests the first one sends. */
export async function undisturbed({ start, line }: Scenario): Promise<Ended> {
  const play = await after(...start);
  const first = await play.alone(line);
  if (first.run?.code !== 0) play.fail("it fails");
  const state = stateOf(play);
  const { writes } = play.world.asking;
  const second = await play.alone(line);
  play.watch.check();
  if (line.startsWith("apply")) expect(play.world.asking.writes, play.told("it writes again")).toEqual(writes);
  expect(state.secrets.filter(({ isClaimed }) => isClaimed)).toEqual([]);
  if (!line.startsWith("rotate")) expect(stateOf(play)).toEqual(state);
  return { state, code: second.run?.code, requests: first.trace.length };
}

/** Runs a command again after a disturbance. It must end as it would without one. */
export async function endsWell(play: Play, { start, line, mayLeaveApplication }: Scenario, { state, code }: Ended): Promise<Program> {
  // The run could not write the source, and has warned of this
  const [first] = start;
  if (play.programs.at(-1)?.run?.stderr.includes("so create makes the copy again")) await play.alone(String(first));
  const rerun = await play.alone(line);
  play.watch.check();
  if (rerun.run?.code !== 0 && rerun.run?.code !== code) play.fail("the second run fails");
  const told = (of: typeof state) => JSON.stringify(mayLeaveApplication ? { ...of, applications: [] } : of, undefined, 1);
  const now = told(stateOf(play));
  if (now !== told(state)) play.fail(`it ends in another state:\n${now}\ninstead of\n${told(state)}`);
  return rerun;
}

export const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** How many disturbances of a command the test gate draws. */
export const someDisturbances = 8;

/** Returns each request with each fate. In the test gate, draws some of them. */
export const fatesUpTo = <T>(count: number, fates: readonly T[]): readonly (readonly [step: number, fate: T])[] =>
  drawn(
    upTo(count).flatMap((step) => fates.map((fate) => [step, fate] as const)),
    someDisturbances,
  );

/** Runs a command that meets a fate at one of its requests. */
export async function disturbed({ start, line }: Scenario, step: number, fate: Fate): Promise<Play> {
  const play = await after(...start);
  await play.alone(line, { [step]: fate });
  play.watch.check();
  return play;
}

/** Two Secrets have passwords of one application. */
const shared = ["b", "c"].map((at) => `create acr-myregistry --registry myregistry --repository app/web -n ${at} --service-principal=ci`);

/** Every scenario of every kind of credential, and those without one. */
export const scenarios: readonly Scenario[] = [
  ...kinds.flatMap(({ what, kind }) => scenariosOf(kind).map((one) => ({ ...one, what: `${one.what}, ${what}` }))),
  { what: "delete after a killed rotation", start: [create("", copies), pass, ...killedRotation], line: `${remove} --revoke` },
  { what: "prune of a shared application", start: [...shared, deleteSecretInB, pass], line: prune },
  { what: "secretless create", start: [], line: secretless("create") },
  { what: "secretless delete", start: [secretless("create")], line: `${secretless("delete")} --yes` },
];
