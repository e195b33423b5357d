import { CliError, Conflict, Interrupted } from "../../../src/errors.ts";
import type { Interruption } from "../../../src/interruption.ts";
import type { Json } from "../../../src/json.ts";
import { type ClusterKind, kinds, type Ref } from "../../../src/kinds.ts";
import type { Cluster, KubeFlags, Preconditions, Right, Where, Write, WriteOptions } from "../../../src/kube/port.ts";
import type { KubeObject, KubeObjects, Metadata, Pod, Role, RoleBinding, Secret, ServiceAccount } from "../../../src/objects.ts";
import { Sensitive } from "../../../src/sensitive.ts";
import type { Asking } from "./asked.ts";
import { managedFieldsOf, mergePatch, ownersAfter } from "./patch.ts";

/** Objects per page, the limit that the plugin sends to a real server. */
const pageSize = 100;

export type FakeCluster = {
  /** The server's version, the user of a command line, and the rights that the user lacks. */
  readonly about: { version: string; user: string; denies(right: Right): boolean; now(): number };
  /** Everything that is stored, for a test that answers a read as of an earlier time. */
  readonly rows: Map<ClusterKind, Map<string, unknown>>;
  /** The metrics of each kubelet, the issuer of ServiceAccount tokens, and its signature; by default an invalid one. */
  readonly kubelets: { metrics: string; config: Json; issuer: string; sign: (claims: Record<string, unknown>) => Promise<string> };
  /** Opens the port of one command line. */
  open(of: { readonly kube: KubeFlags; readonly interruption: Interruption }): Cluster;
  /** Creates or replaces an object as an administrator. @returns the object as the server stores it */
  put<O extends KubeObject>(object: O, manager?: string): O;
  get<K extends ClusterKind>(kind: K, namespace: string, name: string): KubeObjects[K] | undefined;
  all<K extends ClusterKind>(kind: K): KubeObjects[K][];
  remove(kind: ClusterKind, namespace: string, name: string): void;
};

type Row = { readonly object: KubeObject; readonly owners: ReadonlyMap<string, string> };

/** Creates an API server in memory, with the calls that the plugin's port makes. @param context as calls are recorded: `prod:demo/acr` */
export function fakeCluster(asking: Asking, context = ""): FakeCluster {
  const rows = new Map<ClusterKind, Map<string, Row>>();
  const about: FakeCluster["about"] = {
    version: "v1.37.0",
    user: "jane",
    denies: () => false,
    now: () => Date.parse("2026-01-01T00:00:00Z"),
  };
  const unsigned = async (claims: object) => `h.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.s`;
  const kubelets: FakeCluster["kubelets"] = {
    metrics: "",
    config: {},
    issuer: "https://kubernetes.default.svc.cluster.local",
    sign: unsigned,
  };
  let version = 100;
  const of = (kind: ClusterKind) => {
    const some = rows.get(kind) ?? new Map<string, Row>();
    rows.set(kind, some);
    return some;
  };
  const keyOf = (namespace: string | undefined, name: string) => `${namespace ?? ""}/${name}`;
  const absent = (plural: string, name: string) => new CliError("notFound", `Error from server (NotFound): ${plural} "${name}" not found`);

  function save(kind: ClusterKind, before: Row | undefined, next: object, manager: string): KubeObject {
    version++;
    const { metadata, ...rest } = next as KubeObject;
    const written = { before: before?.object ?? {}, after: next as never, manager };
    const owners = before && isUntracked(before) ? new Map<string, string>() : ownersAfter(before?.owners ?? new Map(), written);
    const managedFields = managedFieldsOf(owners);
    const uid = before?.object.metadata.uid ?? metadata.uid ?? `uid-${context}${version}`;
    const creationTimestamp = before?.object.metadata.creationTimestamp ?? metadata.creationTimestamp ?? "2026-01-01T00:00:00Z";
    const stored = {
      ...rest,
      metadata: { ...metadata, uid, resourceVersion: String(version), creationTimestamp, managedFields },
    } as KubeObject;
    of(kind).set(keyOf(metadata.namespace, metadata.name), { object: stored, owners });
    return stored;
  }

  function found(to: Ref<ClusterKind>): Row {
    const row = of(to.kind).get(keyOf(to.namespace, to.name));
    if (row) return row;
    throw absent(kinds[to.kind].plural, to.name);
  }

  function create(to: Ref<ClusterKind>, object: object, { dryRun, fieldManager }: WriteOptions): KubeObject {
    if (to.namespace !== undefined && !of("namespace").has(keyOf(undefined, to.namespace))) throw absent("namespaces", to.namespace);
    if (of(to.kind).has(keyOf(to.namespace, to.name)))
      throw new Conflict(`Error from server (AlreadyExists): ${kinds[to.kind].plural} "${to.name}" already exists`);
    check(object as KubeObject);
    return dryRun ? (object as KubeObject) : save(to.kind, undefined, object, fieldManager);
  }

  function patch(to: Ref<ClusterKind>, change: object, { dryRun, fieldManager }: WriteOptions): KubeObject {
    const row = found(to);
    const { metadata } = change as { metadata?: Metadata };
    if (metadata?.resourceVersion !== undefined && metadata.resourceVersion !== row.object.metadata.resourceVersion)
      throw modified(to, "the object has been modified; please apply your changes to the latest version and try again");
    const next = mergePatch(row.object, change) as KubeObject;
    check(next, row.object);
    if (JSON.stringify(next) === JSON.stringify(row.object)) return row.object;
    return dryRun ? next : save(to.kind, row, next, fieldManager);
  }

  function remove(to: Ref<ClusterKind>, { uid, version: wanted }: Preconditions, { dryRun }: WriteOptions): KubeObject {
    const { object } = found(to);
    const { uid: has, resourceVersion } = object.metadata;
    if (uid !== has) throw modified(to, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${has}`);
    if (wanted !== undefined && wanted !== resourceVersion) throw modified(to, "Precondition failed: ResourceVersion");
    if (dryRun) return object;
    if ((object.metadata.finalizers ?? []).length > 0) {
      const leaving = { ...object, metadata: { ...object.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
      return save(to.kind, found(to), leaving, "administrator");
    }
    of(to.kind).delete(keyOf(to.namespace, to.name));
    return object;
  }

  const modified = ({ kind, name }: Ref<ClusterKind>, why: string) =>
    new Conflict(`Error from server (Conflict): Operation cannot be fulfilled on ${kinds[kind].plural} "${name}": ${why}`);

  function listed(kind: ClusterKind, { namespace, labels, fields, metadataOnly }: Where): KubeObject[] {
    const chosen = [...of(kind)]
      .filter(([, { object }]) => namespace === undefined || object.metadata.namespace === namespace)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { object }]) => object)
      .filter((object) => hasLabels(object, labels) && hasFields(object, fields));
    if (!metadataOnly) return chosen;
    return chosen.map(({ apiVersion, kind: named, metadata }) => ({ apiVersion, kind: named, metadata }) as KubeObject);
  }

  return {
    about,
    rows,
    kubelets,
    put: (object, manager = "administrator") => {
      const kind = kindOf(object);
      const before = of(kind).get(keyOf(object.metadata.namespace, object.metadata.name));
      return save(kind, before, object, manager) as typeof object;
    },
    get: <K extends ClusterKind>(kind: K, namespace: string, name: string) =>
      of(kind).get(keyOf(kind === "namespace" ? undefined : namespace, name))?.object as KubeObjects[K] | undefined,
    all: <K extends ClusterKind>(kind: K) => [...of(kind).values()].map(({ object }) => object as KubeObjects[K]),
    remove: (kind, namespace, name) => void of(kind).delete(keyOf(namespace, name)),
    open: ({ kube, interruption }) => {
      /** Runs a call. A call that starts after an interruption is cancelled, except a write during its grace period. */
      function ask<T>(
        call: string,
        to: { kind: string; namespace?: string | undefined; name?: string },
        writes: boolean,
        dryRun: boolean,
        answer: () => T,
      ) {
        const signal = interruption.signal(writes);
        const at = `${context === "" ? "" : `${context}:`}${[to.namespace, to.name].filter((part) => part !== undefined).join("/")}`;
        return asking.ask({ port: "cluster", call, at: `${to.kind} ${at}`.trim(), namespace: to.namespace, writes, dryRun }, () => {
          if (signal.aborted) throw new Interrupted("cancelled");
          return answer();
        });
      }

      return {
        namespace: async () => kube.namespace ?? "default",
        get: async <K extends ClusterKind>(to: Ref<K>) =>
          ask("get", to, false, false, () => of(to.kind).get(keyOf(to.namespace, to.name))?.object as KubeObjects[K] | undefined),
        async *pages<K extends ClusterKind>(kind: K, where: Where = {}) {
          let all: KubeObject[] | undefined;
          for (let at = 0; all === undefined || at < all.length || at === 0; at += pageSize) {
            const page = await ask("list", { kind, namespace: where.namespace }, false, false, () => {
              all ??= listed(kind, where);
              return all.slice(at, at + pageSize);
            });
            yield page as KubeObjects[K][];
          }
        },
        write: async <K extends ClusterKind>(to: Ref<K>, write: Write, options: WriteOptions) => {
          const [verb = ""] = Object.keys(write);
          return ask(verb, to, true, options.dryRun, () => carryOut(to, write, options) as KubeObjects[K]);
        },
        serverVersion: async () => ask("version", { kind: "server" }, false, false, () => ({ gitVersion: about.version })),
        may: async (right) => {
          const { verb, resource, namespace: inside } = right;
          return ask("may", { kind: `${verb} ${resource}`, namespace: inside }, false, false, () => !about.denies(right));
        },
        groupsMay: async (groups, { resource, name, namespace, verb }) =>
          ask("groupsMay", { kind: groups.join(), namespace, ...(name !== undefined && { name }) }, false, false, () =>
            of("rolebinding.rbac.authorization.k8s.io")
              .values()
              .map(({ object }) => object as RoleBinding)
              .filter(
                ({ metadata, subjects = [] }) =>
                  metadata.namespace === namespace && subjects.some((one) => groups.includes(one.name ?? "")),
              )
              .map(({ roleRef }) => of("role.rbac.authorization.k8s.io").get(keyOf(namespace, roleRef.name ?? ""))?.object as Role)
              .flatMap((role) => role?.rules ?? [])
              .some(
                ({ verbs, resources, resourceNames }) =>
                  verbs?.includes(verb) && resources?.includes(resource) && resourceNames?.includes(name ?? ""),
              ),
          ),
        requestToken: async (to, audience) => {
          const sub = `system:serviceaccount:${to.namespace}:${to.name}`;
          const times = { iat: Math.floor(Date.now() / 1000), exp: Math.floor(Date.now() / 1000) + 600 };
          const token = await ask("requestToken", to, false, false, async () => {
            found(to);
            return kubelets.sign({ iss: kubelets.issuer, sub, aud: [audience], ...times });
          });
          return new Sensitive(await token);
        },
        user: async () => ask("user", { kind: "" }, false, false, () => about.user),
        nodeMetrics: async (name) => ask("metrics", { kind: "node", name }, false, false, () => kubelets.metrics),
        nodeConfig: async (name) => ask("config", { kind: "node", name }, false, false, () => kubelets.config),
        issuer: async () => ask("issuer", { kind: "server" }, false, false, () => kubelets.issuer),
        kubectl: () => Promise.reject(new Error("kubectl was called")),
        now: () => about.now(),
        close: async () => {},
      };
    },
  };

  function carryOut(to: Ref<ClusterKind>, write: Write, options: WriteOptions): KubeObject {
    if ("create" in write) return create(to, write.create, options);
    if ("patch" in write) return patch(to, write.patch, options);
    return remove(to, "delete" in write ? write.delete : write.evict, options);
  }
}

/** The API server never tracks the fields of an object that was created without any, as most ServiceAccounts are. */
const isUntracked = ({ object, owners }: Row) => object.kind === "ServiceAccount" && owners.size === 0;

const kindOf = ({ kind: name }: KubeObject): ClusterKind =>
  Object.keys(kinds).find((kind) => {
    const row = kinds[kind as keyof typeof kinds];
    return row.at === "cluster" && row.kind === name;
  }) as ClusterKind;

/** Rejects objects that a real API server would reject. */
function check(next: KubeObject, before?: KubeObject): void {
  if (next.kind !== "Secret") return;
  const invalid = (path: string, why: string) => new CliError("invalid", `The Secret "${next.metadata.name}" is invalid: ${path}: ${why}`);
  const old = before as Secret | undefined;
  if (old && old.type !== next.type) throw invalid("type", `Invalid value: "${next.type}": field is immutable`);
  if (old?.immutable && JSON.stringify(old.data) !== JSON.stringify(next.data))
    throw invalid("data", "Forbidden: field is immutable when `immutable` is set");
  if (next.type !== "kubernetes.io/dockerconfigjson") return;
  try {
    JSON.parse(Buffer.from(next.data?.[".dockerconfigjson"] ?? "", "base64").toString());
  } catch {
    throw invalid("data[.dockerconfigjson]", 'Invalid value: "<secret contents redacted>"');
  }
}

/** Matches a selector such as `a=b,c!=d,e,!f`: equality and existence. */
function hasLabels({ metadata: { labels = {} } }: KubeObject, selector: string | undefined): boolean {
  return (selector ?? "").split(/,(?![^(]*\))/).every((term) => {
    const [, within = "", values] = /^(\S+) in \((.*)\)$/.exec(term) ?? [];
    if (values !== undefined) return values.split(",").includes(labels[within] ?? "");
    const [differs, not] = term.split("!=");
    if (not !== undefined) return labels[differs ?? ""] !== not;
    const [key = "", value] = term.replace(/^!/, "").split("=");
    const has = key in labels && (value === undefined || labels[key] === value);
    return key === "" || has !== term.startsWith("!");
  });
}

function hasFields(object: KubeObject, selector: string | undefined): boolean {
  const values: Readonly<Record<string, string | undefined>> = {
    "metadata.name": object.metadata.name,
    type: (object as Partial<Secret>).type,
    "status.phase": (object as Partial<Pod>).status?.phase,
    reason: (object as Partial<KubeObjects["event"]>).reason,
  };
  return (selector ?? "").split(",").every((term) => {
    const [key = "", value] = term.split("=");
    return key === "" || values[key] === value;
  });
}

export const namespace = (name: string, more: Partial<Metadata> = {}): KubeObjects["namespace"] => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, ...more },
});

export const account = (
  at: string,
  name = "default",
  names: readonly string[] = [],
  labels: Record<string, string> = {},
): ServiceAccount => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name, namespace: at, labels },
  ...(names.length > 0 && { imagePullSecrets: names.map((one) => ({ name: one })) }),
});

/** Returns a pull secret of another tool. */
export const pullSecret = (namespace: string, name: string, auths: object = {}): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace },
  type: "kubernetes.io/dockerconfigjson",
  data: { ".dockerconfigjson": Buffer.from(JSON.stringify({ auths })).toString("base64") },
});

/** Returns a pod of a ReplicaSet that waits for its image. */
export const stuckPod = (
  at: string,
  name: string,
  image: string,
  { owner = "ReplicaSet", reason = "ImagePullBackOff", names = [], serviceAccount = "default" }: StuckOptions = {},
): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    namespace: at,
    ...(owner !== "" && { ownerReferences: [{ apiVersion: "apps/v1", kind: owner, name: "web", uid: "o", controller: true }] }),
  },
  spec: {
    serviceAccountName: serviceAccount,
    ...(names.length > 0 && { imagePullSecrets: names.map((one) => ({ name: one })) }),
    containers: [{ name: "web", image }],
  },
  status: {
    phase: "Pending",
    containerStatuses: [{ name: "web", state: { waiting: { reason } } }],
  },
});

type StuckOptions = {
  readonly owner?: string;
  readonly reason?: string;
  readonly names?: readonly string[];
  readonly serviceAccount?: string;
};
