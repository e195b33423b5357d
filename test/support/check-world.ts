import { expect } from "vitest";
import { CliError } from "../../src/errors.ts";
import { formatCommand } from "../../src/hint.ts";
import type { Json } from "../../src/json.ts";
import { type ClusterKind, nameOf, type Ref } from "../../src/kinds.ts";
import { objectPath } from "../../src/kube/client.ts";
import type { Cluster, Where } from "../../src/kube/port.ts";
import type { ContainerStatus, KubeObjects, Pod, Secret, ServiceAccount } from "../../src/objects.ts";
import { parseImage } from "../../src/registry/image-reference.ts";
import type { ImageRef, Login, Proof, Registry } from "../../src/registry/port.ts";
import { credentialKey } from "../../src/secret/record.ts";
import { type PullReader, pullReadersOf } from "../../src/usage/pulling-objects.ts";
import { accountOf } from "../../src/usage/references.ts";
import type { TargetPick } from "../../src/usage/targets.ts";
import { checkPlace } from "../../src/verbs/check.ts";

const now = new Date("2026-01-02T00:00:40Z");
export const r = "myregistry.azurecr.io";
export const web = `${r}/app/web:1`;
export const create = `kubectl acr-secret create -n demo --registry ${r}`;

/** A namespace as a test describes it, and the options of the check. */
export type Situation = {
  /** The pull secrets of each ServiceAccount, and when the list was last written. */
  readonly accounts?: Readonly<Record<string, readonly string[]>>;
  readonly listWritten?: string;
  readonly secrets?: readonly Secret[];
  readonly pods?: readonly Pod[];
  readonly images?: readonly string[];
  readonly name?: string;
  readonly serviceaccount?: string;
  /** The verdict that the registry returns for any login and any image, instead of a real one. */
  readonly registryVerdict?: Proof["verdict"];
  readonly public?: true;
  /** The repositories that the login may list. */
  readonly catalog?: readonly string[];
  /** The user may not list Secrets, and not read namespaces. */
  readonly mayNotList?: true;
  readonly noNamespace?: true;
  /** Objects with a pod template, by their kind. */
  readonly templates?: Readonly<Record<string, readonly object[]>>;
  readonly picks?: readonly TargetPick[];
  readonly newNode?: true;
  /** The namespaces with a Secret of any name that is asked for in the whole cluster. */
  readonly elsewhere?: readonly string[];
  /** The image in the template of each ReplicaSet. */
  readonly templateImage?: string;
  readonly deep?: true;
  /** Changes each new pod, as admission does, or rejects it. */
  readonly admission?: (pod: Pod) => Pod;
  /** Cluster-wide objects, by their kind; absent kinds may not be listed. */
  readonly mutators?: Readonly<Record<string, readonly object[]>>;
  /** The names of the Secrets that the user may not read. */
  readonly unread?: readonly string[];
  readonly events?: readonly object[];
  /** The nodes, and the response of `/configz` of each kubelet if the user may read it. */
  readonly nodes?: readonly KubeObjects["node"][];
  readonly configz?: Json;
  /** The kubelets have a credential provider. */
  readonly provider?: true;
  readonly nodesCanPull?: readonly string[];
};

/** One row of the check, as a user reads it. */
export type Row = {
  readonly cause: string;
  readonly start: string | undefined;
  readonly message: string;
  readonly fix: string;
  readonly secret: string;
  readonly image: string;
  /** `deployment/web,cronjob/report`. */
  readonly owners: string;
  /** The number of pods. */
  readonly pods: number;
};

/** The tags in the registry, and the repositories that each user may pull. Every password is `right`. */
const tags: Readonly<Record<string, readonly string[]>> = { "app/web": ["1", "2"], "app/api": ["1"] };
const rights: Readonly<Record<string, readonly string[]>> = { all: ["app/web", "app/api", "app/gone"], web: ["app/web"], api: ["app/api"] };

/** Checks a situation. `asked` contains the requests to the registry. */
export async function judged(situation: Situation): Promise<{ rows: Row[]; asked: string[] }> {
  const asked: string[] = [];
  const { name: secret, serviceaccount = "default", images = [] } = situation;
  const selection = { picks: situation.picks ?? [], selector: undefined, lenient: false };
  const options = {
    images: images.map(parseImage),
    serviceaccount,
    secret,
    selection,
    newNode: situation.newNode ?? false,
    nodesCanPull: situation.nodesCanPull ?? [],
    deep: situation.deep ?? false,
  };
  const registry: Registry = {
    prove: async (image, login) => {
      asked.push(`${login?.username ?? "nobody"} pulls ${image.host}/${image.repository}:${image.reference}`);
      return answer(situation, image, login);
    },
    admits: async () => ({ verdict: "pulls", message: "" }),
    anyTag: async (_host, repository) => tags[repository]?.[0],
    contentOf: async (_host, repository) => tags[repository] ?? "missing",
    repositories: async () => situation.catalog ?? [],
    exchange: () => Promise.reject(new Error("a check exchanges nothing")),
  };
  const clusterScope = { cluster: clusterOf(situation, asked), namespaces: ["demo"], open: false, trace: () => {} };
  const [reader] = await Array.fromAsync(pullReadersOf(clusterScope, selection, new Set()));
  const verdicts = await checkPlace(reader as PullReader, options, { registry, now: () => now });
  const rows = verdicts.map(({ cause, start, message = "", registryMessages = [], notes = [], fix, secret, image, owners, pods }) => ({
    cause,
    start,
    message: [message, ...registryMessages, ...notes].join("; "),
    fix: fix ? formatCommand(fix) : "",
    secret,
    image,
    owners: owners.map(nameOf).join(","),
    pods: pods.length,
  }));
  return { rows, asked };
}

function answer({ registryVerdict, public: open }: Situation, { host, repository, reference }: ImageRef, login: Login | undefined): Proof {
  const who = login ? `user "${login.username}"` : "an anonymous pull";
  const inside = (): Proof["verdict"] => (tags[repository]?.includes(reference) ? "pulls" : "not-found");
  const entering = (): Proof["verdict"] => {
    if (login?.password.reveal() !== "right") return "refused";
    return rights[login.username]?.includes(repository) ? inside() : "out-of-scope";
  };
  const elsewhere: Proof["verdict"] | undefined = host === "docker.io" ? "not-checked" : undefined;
  const verdict = registryVerdict ?? elsewhere ?? (open ? inside() : entering());
  return { verdict, message: `${host} says ${verdict} to ${who}` };
}

function clusterOf(situation: Situation, asked: string[]): Cluster {
  const { accounts = { default: [] }, secrets = [], pods = [] } = situation;
  const account = (name: string): ServiceAccount => ({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: {
      name,
      namespace: "demo",
      ...(situation.listWritten && { managedFields: [{ time: situation.listWritten, fieldsV1: { "f:imagePullSecrets": {} } }] }),
    },
    imagePullSecrets: (accounts[name] ?? []).map((each) => ({ name: each })),
  });
  const lists: Record<string, () => readonly object[]> = {
    ...Object.fromEntries(Object.entries(situation.templates ?? {}).map(([kind, objects]) => [kind, () => objects])),
    pod: () => pods,
    serviceaccount: () => Object.keys(accounts).map(account),
    event: () => situation.events ?? [],
    node: () => situation.nodes ?? [],
    ...Object.fromEntries(mutatorKinds.map((kind) => [kind, () => situation.mutators?.[kind] ?? forbidden()])),
    secret: () => (situation.mayNotList ? forbidden() : secrets).filter(({ metadata }) => metadata.labels !== undefined),
  };
  const objects: Record<string, (name: string) => object | undefined> = {
    namespace: () => (situation.mayNotList ? forbidden() : situation.noNamespace ? undefined : { metadata: { name: "demo", uid: "uid" } }),
    serviceaccount: (name) => (name in accounts ? account(name) : undefined),
    secret: (name) => {
      asked.push(`secret ${name}`);
      if (situation.unread?.includes(name)) forbidden();
      return secrets.find(({ metadata }) => metadata.name === name);
    },
    "replicaset.apps": (name) =>
      situation.templateImage === undefined
        ? undefined
        : { metadata: { name }, spec: { template: { spec: { containers: [{ name: "app", image: situation.templateImage }] } } } },
  };
  const cluster: Pick<Cluster, "get" | "pages" | "write" | "nodeConfig" | "nodeMetrics"> = {
    nodeConfig: async () => situation.configz ?? forbidden(),
    nodeMetrics: async () => (situation.provider ? "kubelet_credential_provider_config_info 1" : "up 1"),
    write: async (to, write, { dryRun }) => {
      if (!dryRun || !("create" in write)) throw new Error("a check writes nothing");
      const given = write.create as Pod;
      asked.push(`dry run of a ${to.kind} as ${accountOf(given.spec)}`);
      const own = accounts[accountOf(given.spec)] ?? [];
      const list = given.spec.imagePullSecrets?.length ? given.spec.imagePullSecrets : own.map((name) => ({ name }));
      const pod = { ...given, spec: { ...given.spec, imagePullSecrets: list } };
      return (situation.admission?.(pod) ?? pod) as never;
    },
    get: async <K extends ClusterKind>(to: Ref<K>) => {
      // Throws like the real port for an unknown kind
      objectPath(to);
      return objects[to.kind]?.(to.name) as KubeObjects[K] | undefined;
    },
    pages: async function* <K extends ClusterKind>(kind: K, { namespace, fields = "" }: Where = {}) {
      const [, name] = /^metadata\.name=([^,]*),type=kubernetes\.io\/dockerconfigjson$/.exec(fields) ?? [];
      const inAll = () =>
        (situation.mayNotList ? forbidden() : (situation.elsewhere ?? [])).map((at) => ({ metadata: { name, namespace: at } }));
      yield (namespace === undefined && name ? inAll() : (lists[kind]?.() ?? [])) as readonly KubeObjects[K][];
    },
  };
  return cluster as Cluster;
}

export const mutatorKinds = [
  "mutatingwebhookconfiguration.admissionregistration.k8s.io",
  "mutatingadmissionpolicy.admissionregistration.k8s.io",
] as const;

function forbidden(): never {
  throw new CliError("forbidden", "Error from server (Forbidden): no");
}

/** Returns the text of a pull secret with one login per server. */
const auths = (logins: Readonly<Record<string, string>>): string =>
  JSON.stringify({
    auths: Object.fromEntries(
      Object.entries(logins).map(([server, login]) => {
        const [username, password] = login.split(":");
        return [server, { username, password }];
      }),
    ),
  });

/** Returns a pull secret as `kubectl create secret docker-registry` creates it: `{ "myregistry.azurecr.io": "user:password" }`. */
export const theirs = (
  name: string,
  logins: Readonly<Record<string, string>> | string,
  type = "kubernetes.io/dockerconfigjson",
): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace: "demo" },
  type,
  data: {
    [type.endsWith("cfg") ? ".dockercfg" : ".dockerconfigjson"]: Buffer.from(typeof logins === "string" ? logins : auths(logins)).toString(
      "base64",
    ),
  },
});

/** Returns the same as the source of a credential. `identity` defaults to the login's. */
export function ours(name: string, login: string, notes: Readonly<Record<string, string>> = {}, host = r): Secret {
  const { metadata, ...rest } = theirs(name, { [host]: login });
  const [username = ""] = login.split(":");
  const { credential: kind = "acr-token", identity = username, "expires-at": expiresAt } = notes;
  const record = { kind, host, identity, slot: "password1", expiresAt };
  return {
    ...rest,
    metadata: {
      ...metadata,
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { "app.kubernetes.io/managed-by": "kubectl-acr-secret" },
      annotations: { [credentialKey]: JSON.stringify(record) },
    },
  };
}

/** Returns a Secret of this plugin whose label another tool has overwritten. */
export function relabeled(secret: Secret): Secret {
  return { ...secret, metadata: { ...secret.metadata, labels: { "app.kubernetes.io/managed-by": "Helm" } } };
}

type PodOptions = {
  readonly names?: readonly string[];
  readonly image?: string;
  readonly imagePullPolicy?: string;
  readonly account?: string;
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly made?: string;
  readonly status?: Omit<ContainerStatus, "name">;
  readonly phase?: string;
  readonly labels?: Readonly<Record<string, string>>;
};

/** Returns a pending pod of a Deployment `web`, unless it has another owner. */
export function pod(name: string, options: PodOptions = {}): Pod {
  const {
    names = [],
    image = `${r}/app/web:1`,
    account,
    made = "2026-01-01T00:00:00Z",
    status,
    phase = "Pending",
    imagePullPolicy,
  } = options;
  const { owner = { kind: "ReplicaSet", name: "web-5f679b78dd" }, labels = { "pod-template-hash": "5f679b78dd" } } = options;
  const controlled = owner.kind !== "";
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "demo",
      labels,
      creationTimestamp: made,
      ...(controlled && { ownerReferences: [{ apiVersion: "v1", uid: "u", controller: true, ...owner }] }),
    },
    spec: {
      ...(account && { serviceAccountName: account }),
      imagePullSecrets: names.map((each) => ({ name: each })),
      containers: [{ name: "app", image, ...(imagePullPolicy && { imagePullPolicy }) }],
    },
    status: { phase, ...(status && { containerStatuses: [{ name: "app", ...status }] }) },
  };
}

export const bare = { kind: "", name: "" };

export type Expected = {
  readonly when: string;
  readonly given: Situation;
  readonly cause: string;
  readonly message?: string;
  readonly fix?: string;
};

/** Checks a situation and compares its only row. */
export async function expectRow({ given, cause, message, fix }: Expected): Promise<void> {
  const { rows } = await judged(given);

  expect(rows.map((row) => row.cause)).toEqual([cause]);
  if (message !== undefined) expect(rows[0]?.message).toBe(message);
  if (fix !== undefined) expect(rows[0]?.fix).toBe(fix);
}

/** Returns Secrets that the ServiceAccount lists, and a pod with the same list. */
export const attached = (...secrets: readonly Secret[]): Situation => {
  const names = secrets.map(({ metadata }) => metadata.name);
  return { accounts: { default: names }, secrets, pods: [pod("web-1", { names })] };
};
