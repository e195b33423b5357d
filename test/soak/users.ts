import type { Pod, Secret, ServiceAccount } from "../../src/objects.ts";
import { claimKey, claimOf, copyLabel, credentialKey, credentialOf, sourceKey } from "../../src/secret/record.ts";
import type { WrittenFile } from "../support/applied-world.ts";
import { pullSecret } from "../support/fakes/cluster.ts";
import { forced, loginOf, type Oracle } from "./oracle.ts";
import { tenant, type World } from "./world.ts";

/** Returns one of several, at random. */
export type Pick = <T>(from: readonly T[]) => T;

/** The file of the CronJob. Its passwords are replaced after a minute. */
export function fileOf({ id, at }: World, isWide: boolean): WrittenFile {
  const rotate = { olderThan: "1m", grace: "1m" };
  const serviceAccounts = ["default", "ci-*"];
  const repositories = isWide ? ["app/web", "app/api"] : ["app/web"];
  return {
    name: id,
    namespace: at("home"),
    registry: "myregistry",
    pullSecrets: [
      { name: "acr-all", copyTo: { selector: `team=${id}` }, repositories, serviceAccounts, rotate },
      { name: "acr", eachOf: { selector: `tier=${id}` }, repositories, serviceAccounts, rotate },
    ],
  };
}

const made = "--registry myregistry --serviceaccount default";

/** The commands that each user runs again at the end. */
export const finals = ({ at }: World) => ({
  "admin-0": [
    `create acr-blue -n ${at("home")} ${made} --repository app/web,app/api --copy-to ${["a", "b", "c"].map(at)} --force`,
    `create ${forced} -n ${at("home")} ${made} --repository app/web,app/api --copy-to ${["a", "b"].map(at)} --force`,
    `create acr-shop -n ${at("d")} ${made} --repository app/web,app/api --force`,
    `create acr-ci -n ${at("d")} ${made} --service-principal --force`,
  ],
  "editor-0": [`create acr-team -n ${at("a")} ${made} --repository app/web,app/api --copy-to ${at("b")} --force`],
  cron: ["apply -f - --skip-blocked"],
});

/** Commands of an administrator on one source with copies, at random. */
function lineFor(name: string, [source = "", ...others]: readonly string[], pick: Pick, force = ""): string {
  const at = `${name} -n ${source}`;
  const copies = others.length > 0 ? ` --copy-to ${others}` : "";
  const create = `create ${at} ${made} --repository ${pick(["app/web", "app/api", "app/web,app/api"])}${copies}`;
  const rotate = `rotate ${at} --grace ${pick(["0", "0", "1m", "next"])}`;
  return pick([
    create,
    create,
    create,
    rotate,
    rotate,
    `${rotate.replace(/--grace \S+/, "--grace 0")}${force}`,
    others.length > 0 ? `delete ${name} -n ${pick(others)} --yes${force}` : rotate,
    `delete ${at} --revoke --yes${force}`,
    `attach ${name} -n ${pick([source, ...others])} --serviceaccount default`,
    `detach ${name} -n ${pick([source, ...others])} --serviceaccount default`,
  ]);
}

/** Returns the next command of a worker. */
export const lines: Readonly<Record<string, (world: World, pick: Pick) => string>> = {
  "admin-0": ({ at }, pick) => pick([lineFor("acr-blue", ["home", "a", "b", "c"].map(at), pick), lineFor("acr-shop", [at("d")], pick)]),
  "admin-1": ({ at }, pick) =>
    pick([
      lineFor("acr-blue", ["home", "a", "b", "c"].map(at), pick),
      lineFor(forced, ["home", "a", "b"].map(at), pick, " --force"),
      lineFor("acr-ci", [at("d")], pick).replace(/--repository \S+/, "--service-principal"),
      pick([
        `check -n ${at("a")}`,
        "list -A",
        `rotate -n ${at("home")} --older-than 0s --grace 0`,
        "prune --registry myregistry --older-than 2m --yes",
      ]),
    ]),
  "editor-0": ({ at }, pick) => lineFor("acr-team", ["a", "b"].map(at), pick),
  "editor-1": ({ at }, pick) => pick([lineFor("acr-team", ["a", "b"].map(at), pick), `check -n ${at("a")}`, `list -n ${at("b")}`]),
  cron: () => "apply -f - --skip-blocked",
};

const encode = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64");
const host = "myregistry.azurecr.io";
const pathOf = (namespace: string, name = "") => `/api/v1/namespaces/${namespace}/secrets/${name}`.replace(/\/$/, "");

/** The next act of a tenant of the namespaces c and e. */
export async function actAsTenant(world: World, oracle: Oracle, pick: Pick): Promise<string> {
  const { at, send } = world;
  const name = pick(["acr-blue", "acr-all", "acr"]);
  const path = pathOf(at("c"), name);
  const copy = (await send("GET", path, undefined, tenant)).json as Secret;
  const login = loginOf(copy) ?? { username: "none", password: "none" };
  const config = (password: string) => ({ ".dockerconfigjson": encode({ auths: { [host]: { ...login, password } } }) });
  const write = (patch: object) => send("PATCH", path, patch, tenant);
  const annotate = (annotations: object) => write({ metadata: { annotations } });
  const source = { namespace: at("home"), name };
  const forge = (called: string, record: object) => {
    const labels = { "app.kubernetes.io/managed-by": "kubectl-acr-secret", ...pick([{}, { [copyLabel]: at("home") }]) };
    const annotations = { [credentialKey]: JSON.stringify(record), [sourceKey]: JSON.stringify(source) };
    const secret = pullSecret(at("e"), called, { [host]: login });
    return send("POST", pathOf(at("e")), { ...secret, metadata: { ...secret.metadata, labels, annotations } }, tenant);
  };
  const record = { kind: "acr-token", host, identity: login.username, slot: "password1", madeAt: new Date().toISOString() };
  const acts: Readonly<Record<string, () => Promise<unknown>>> = {
    "writes a wrong login": () => write({ data: config("wrong") }),
    "writes garbage": () => write({ data: { ".dockerconfigjson": encode("[]") } }),
    "removes the label": () => write({ metadata: { labels: { [copyLabel]: null } } }),
    "names another source": () => annotate({ [sourceKey]: JSON.stringify({ namespace: at("e"), name }) }),
    "writes a record": () => annotate({ [credentialKey]: JSON.stringify(record) }),
    "claims the copy": () => annotate({ [claimKey]: JSON.stringify({ run: "x", until: "2999-01-01T00:00:00.000Z" }) }),
    "deletes the copy": () => send("DELETE", path, undefined, tenant),
    "adds data": () => write({ data: { "ca.crt": encode("x") } }),
    "keeps the login": () => forge(`kept-${pick([1, 2, 3])}`, {}),
    "forges a source": () => forge(pick(["acr-blue", "acr-all"]), { ...record, previous: { ...record, slot: "password2" } }),
    "deletes what it keeps": () => send("DELETE", pathOf(at("e")), undefined, tenant),
    "forges a display name": async () => {
      const { azure } = world.shell;
      const own = azure.world.applications.find(({ displayName }) => displayName.startsWith(`${world.id}-`));
      if (!own || oracle.foreign.size > 3) return;
      const { clientId } = await azure.addServicePrincipal(own.displayName);
      oracle.foreign.add(clientId);
    },
    "lists other Secrets": async () => {
      const { status } = await send("GET", pathOf(at(pick(["home", "a", "d"]))), undefined, tenant);
      if (status !== 403) oracle.breach(`a tenant lists Secrets of others: ${status}`);
    },
    "deletes its namespace": () => (pick([0, 1, 2, 3]) > 0 ? write({ data: config("wrong") }) : world.recreate("c")),
  };
  const act = pick(Object.keys(acts));
  await acts[act]?.();
  return `tenant: ${act} (${name})`;
}

/** Another tool writes Secrets and the lists of ServiceAccounts, and takes back what it wrote. */
export function actAsTool(world: World, oracle: Oracle, pick: Pick, step: number): Promise<string> {
  const [old] = [...oracle.kept].filter(([, { data }]) => data !== undefined);
  if (old && pick([true, false])) return takeBack(world, oracle, old);
  return pick([writeSecret, writeSecret, appendToList])(world, oracle, pick, `tool-${step}`);
}

async function takeBack({ send }: World, oracle: Oracle, [label, { at }]: readonly [string, { readonly at: string }]): Promise<string> {
  oracle.kept.delete(label);
  const path = pathOf(...(at.split("/") as [string, string]));
  const secret = (await send("PATCH", path, { data: { [`${label}.crt`]: null } })).json as Secret;
  const others = [...oracle.kept.values()].filter((one) => one.at === at && one.data !== undefined);
  const isUsed = others.length > 0 || loginOf(secret) || claimOf(secret) || credentialOf(secret);
  // Otherwise `create` would refuse a Secret that a `delete` has left to this tool
  if (!isUsed) await send("DELETE", path, { preconditions: { resourceVersion: secret.metadata?.resourceVersion } });
  return `tool: takes ${label} out of ${at}${isUsed ? "" : ", and deletes it"}`;
}

async function appendToList({ at, send }: World, oracle: Oracle, pick: Pick, name: string): Promise<string> {
  const namespace = at(pick(["home", "a", "b", "d"]));
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  const account = (await send("GET", path)).json as ServiceAccount;
  const { status } = await send("PUT", path, { ...account, imagePullSecrets: [...(account.imagePullSecrets ?? []), { name }] });
  const key = `${namespace}/default`;
  if (status === 200) oracle.listed.set(key, [...(oracle.listed.get(key) ?? []), name]);
  return `tool: adds ${name} to the list of ${key}: ${status}`;
}

const written = [
  ...["home", "a", "b"].flatMap((short) => ["acr-blue", "acr-all"].map((name) => [short, name] as const)),
  ...(["a", "b"] as const).map((short) => [short, "acr-team"] as const),
  ["d", "acr-shop"] as const,
];

async function writeSecret({ at, send }: World, oracle: Oracle, pick: Pick, label: string): Promise<string> {
  const [short, name] = pick(written);
  // `apply` has no flag to overwrite a Secret that has lost its login and stays for its data
  const data = name !== "acr-all" && pick([true, false]) ? encode(label) : undefined;
  const patch = { metadata: { labels: { [label]: "x" } }, ...(data && { data: { [`${label}.crt`]: data } }) };
  const { status, json } = await send("PATCH", pathOf(at(short), name), patch);
  if (status === 200) oracle.kept.set(label, { at: `${at(short)}/${name}`, uid: json.metadata.uid, data });
  return `tool: writes ${label}${data ? " and data" : ""} to ${at(short)}/${name}: ${status}`;
}

/** A person copies the login of acr-shop to a Secret, or deletes that. No command may run on acr-shop. */
export async function actAsConsumer({ at, send }: World, oracle: Oracle): Promise<string> {
  const path = pathOf(at("d"), "consumer");
  if (oracle.consumer) {
    oracle.consumer = undefined;
    await send("DELETE", path);
    return "consumer: deletes its copy of acr-shop";
  }
  const login = loginOf((await send("GET", pathOf(at("d"), "acr-shop"))).json as Secret);
  if (!login) return "consumer: finds no login";
  const { status } = await send("POST", pathOf(at("d")), pullSecret(at("d"), "consumer", { [host]: login }));
  oracle.consumer = status === 201 ? login : undefined;
  return `consumer: copies the login of acr-shop: ${status}`;
}

/** Starts one pod in each namespace, and lets the others wait for their image. */
export async function actAsKubelet(world: World, oracle: Oracle): Promise<void> {
  for (const pod of (await world.look()).pods) if (!pod.status?.containerStatuses) await start(pod, world, oracle);
}

async function start({ metadata: { namespace = "", name, uid = "" }, spec }: Pod, { send }: World, oracle: Oracle): Promise<void> {
  const isFirst = !oracle.running.has(namespace);
  const state = isFirst ? { running: {} } : { waiting: { reason: "ImagePullBackOff", message: "Back-off pulling image" } };
  const statuses = (spec.containers ?? []).map((one) => ({
    name: one.name,
    image: one.image,
    imageID: "",
    ready: isFirst,
    restartCount: 0,
    state,
  }));
  const patch = { status: { phase: isFirst ? "Running" : "Pending", containerStatuses: statuses } };
  const reply = await send("PATCH", `/api/v1/namespaces/${namespace}/pods/${name}/status`, patch);
  if (isFirst && reply.status === 200) oracle.running.set(namespace, uid);
}
