import fc from "fast-check";
import { expect, test } from "vitest";
import { type Metadata, managedBy, type Secret } from "../../../src/objects.ts";
import { loginsAnnotation } from "../../../src/secret/entry.ts";
import { sharedByClusters, twoClusters } from "../../support/fakes/two-clusters.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { renamed } from "../../support/other-token.ts";
import { host } from "../../support/rotating.ts";

const name = "acr-myregistry";
const create = "create --registry myregistry --repository app/web";

/**
 * The command that creates the Secrets in each of these clusters: in namespace a, and for a shared credential also in b. Azure's description
 * names the clusters. `copied`: also those of a copy in the other cluster, because all passwords of a token have one description.
 */
const credentials = {
  own: { line: `${create} -n a`, clusters: ["one"], copied: false },
  shared: { line: `${create} --namespaces a,b --credential-per scope`, clusters: ["one"], copied: false },
  "of another name": { line: `${create} --namespaces a,b --credential-per scope`, clusters: [], copied: true },
  "a service principal": {
    line: "create --registry myregistry --service-principal=ci-pull --namespaces a,b --credential-per scope",
    clusters: ["one", "two"],
    copied: false,
  },
} as const;

const rotate = `rotate ${name} -n a --context one --grace`;

/** Command lines that end credentials. They run in order, and all of them select only the cluster `one`. */
const commands = {
  "rotate twice": [`${rotate} 0`, `${rotate} 0`],
  "rotate with the default grace": [`${rotate} next`, `${rotate} next`, `${rotate} next`],
  "delete --revoke": [`delete ${name} --revoke --yes -n a --context one`],
  "rotate and delete --revoke": [`${rotate} next`, `delete ${name} --revoke --yes -n a --context one`],
  "lose the Secrets and prune": ["", "prune --registry myregistry --older-than 0s --yes --context one"],
} as const;

/** A copy of the Secret in namespace a, as another tool or a tenant creates it. */
type Copy = {
  readonly manager: string | undefined;
  readonly annotation: "kept" | "none" | "unreadable" | "another password" | "another identity";
  readonly type: "json" | "cfg" | "argocd";
  readonly key: string;
};

const copies = fc.record<Copy>({
  manager: fc.constantFrom(managedBy.value, "kyverno", "Helm", undefined),
  annotation: fc.constantFrom("kept", "none", "unreadable", "another password", "another identity"),
  type: fc.constantFrom("json", "cfg", "argocd"),
  key: fc.constantFrom(host, `https://${host}/v2/`, "*.azurecr.io", `${host}/team`),
});

type Login = { readonly username: string; readonly password: string };

function copyOf(secret: Secret, login: Login, at: string, copy: Copy): Secret {
  const [entry] = JSON.parse(secret.metadata.annotations?.[loginsAnnotation] ?? "[]");
  // The data of an Opaque Secret is not searched. Only the annotation of such a copy counts.
  const annotation = copy.type === "argocd" ? "kept" : copy.annotation;
  const notes: Readonly<Record<Copy["annotation"], string | undefined>> = {
    kept: JSON.stringify([entry]),
    none: undefined,
    unreadable: '{"a":',
    "another password": JSON.stringify([{ ...entry, slot: "password2", madeAt: "2020-01-01T00:00:00Z" }]),
    "another identity": JSON.stringify([{ ...entry, identity: "ci-other" }]),
  };
  const note = notes[annotation];
  const metadata: Metadata = {
    name,
    namespace: at,
    labels: {
      ...(copy.manager !== undefined && { [managedBy.key]: copy.manager }),
      ...(copy.type === "argocd" && { "argocd.argoproj.io/secret-type": "repository" }),
    },
    annotations: note === undefined ? {} : { [loginsAnnotation]: note },
  };
  return { apiVersion: "v1", kind: "Secret", metadata, ...dataOf(login, copy) };
}

function dataOf(login: Login, { type: shape, key }: Copy): Pick<Secret, "type" | "data"> {
  const text = (value: string) => Buffer.from(value).toString("base64");
  const auths = { [key]: { ...login, auth: text(`${login.username}:${login.password}`) } };
  if (shape === "json") return { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": text(JSON.stringify({ auths })) } };
  if (shape === "cfg") return { type: "kubernetes.io/dockercfg", data: { ".dockercfg": text(JSON.stringify(auths)) } };
  const all = { type: "helm", enableOCI: "true", url: host, ...login };
  return { type: "Opaque", data: Object.fromEntries(Object.entries(all).map(([field, value]) => [field, text(value)])) };
}

/** Returns the logins in a Secret of any format. A rotation adds a login if another key contains the old one, and the kubelet tries all. */
function loginsIn({ data = {} }: Secret): Login[] {
  const text = (key: string) => Buffer.from(data[key] ?? "", "base64").toString();
  if (data["username"] !== undefined) return [{ username: text("username"), password: text("password") }];
  const config = JSON.parse(text(".dockerconfigjson") || text(".dockercfg") || "{}");
  return Object.values((config.auths ?? config) as Record<string, Login>);
}

/** Returns the Secrets of both clusters whose login works, by location. */
const working = ({ clusters, azure }: FakeWorld): string[] =>
  [...clusters].flatMap(([context, cluster]) =>
    cluster.all("secret").flatMap((secret) => (loginsIn(secret).some(azure.knows) ? [`${context}/${secret.metadata.namespace}`] : [])),
  );

async function begun(credential: keyof typeof credentials): Promise<FakeWorld> {
  const world = twoClusters("a", "b", "c", "d");
  const { line, clusters } = credentials[credential];
  for (const context of clusters) {
    const { code, stderr } = await type(`${line} --context ${context}`, world.ports);
    if (code !== 0) throw new Error(stderr);
  }
  if (credential === "of another name") {
    await sharedByClusters(line)(world);
    renamed("ci-pull")(world);
  }
  return world;
}

/** A user deletes Secrets with kubectl. */
function lose({ cluster }: FakeWorld): void {
  for (const at of ["a", "b"]) cluster.remove("secret", at, name);
}

type Situation = { readonly credential: keyof typeof credentials; readonly all: readonly Copy[]; readonly outside: boolean };

const situations = fc.record<Situation>({
  credential: fc.constantFrom(...(Object.keys(credentials) as (keyof typeof credentials)[])),
  all: fc.array(copies, { minLength: 1, maxLength: 2 }),
  outside: fc.boolean(),
});

/** Creates a world with a credential and with copies of the first Secret. */
async function worldOf({ credential, all, outside }: Situation): Promise<FakeWorld> {
  const world = await begun(credential);
  const source = world.cluster.get("secret", "a", name);
  const [login] = source ? loginsIn(source) : [];
  if (!source || !login) throw new Error("no Secret");
  // If Azure does not name the cluster of a copy, the plugin cannot find the copy.
  const cluster = world.clusters.get(outside && credentials[credential].copied ? "two" : "one");
  for (const [index, copy] of all.entries()) cluster?.put(copyOf(source, login, index === 0 ? "c" : "d", copy));
  return world;
}

const now = () => new Date("2026-03-01T00:00:00Z");

test.for(Object.keys(commands) as (keyof typeof commands)[])(
  "invalidates no login that a Secret keeps: %s",
  { timeout: 120_000 },
  async (command) => {
    const keeps = fc.asyncProperty(situations, async (situation) => {
      const world = await worldOf(situation);
      const before = new Set(working(world));
      const said: string[] = [];
      for (const line of commands[command]) {
        if (line === "") lose(world);
        else said.push((await type(line, world.ports, { now })).stderr);
      }
      const left = [...world.clusters].flatMap(([of, { all }]) => all("secret").map(({ metadata }) => `${of}/${metadata.namespace}`));
      expect(working(world), said.join("")).toEqual(expect.arrayContaining(left.filter((place) => before.has(place))));
    });
    await fc.assert(keeps, { numRuns: 50 });
  },
);
