/** Objects with a list of pull secrets, by kind, as a user applies them. */

type Names = readonly (string | undefined)[];

const listed = (names: Names | undefined) => names && { imagePullSecrets: names.map((name) => (name === undefined ? {} : { name })) };

/** Returns the spec of a pod that no node accepts, so that it stays pending. */
const podSpec = (names: Names | undefined, more: object = {}) => ({
  nodeSelector: { nowhere: "true" },
  serviceAccountName: "app",
  ...listed(names),
  containers: [{ name: "app", image: "myregistry.azurecr.io/app/web:1", env: [{ name: "A", value: "1" }] }],
  ...more,
});

const labels = { app: "web" };
const template = (names: Names | undefined, more?: object) => ({ metadata: { labels }, spec: podSpec(names, more) });
const selected = (more: object) => (names?: Names) => ({
  selector: { matchLabels: labels },
  template: template(names),
  ...more,
});
const onFailure = { restartPolicy: "Never" };

type Kind = { readonly apiVersion: string; readonly kind: string; readonly body: (names?: Names) => object };

const kinds = {
  serviceaccount: { apiVersion: "v1", kind: "ServiceAccount", body: (names) => ({ ...listed(names) }) },
  deployment: { apiVersion: "apps/v1", kind: "Deployment", body: (names) => ({ spec: selected({ replicas: 1 })(names) }) },
  statefulset: { apiVersion: "apps/v1", kind: "StatefulSet", body: (names) => ({ spec: selected({ serviceName: "web" })(names) }) },
  daemonset: { apiVersion: "apps/v1", kind: "DaemonSet", body: (names) => ({ spec: selected({})(names) }) },
  replicaset: { apiVersion: "apps/v1", kind: "ReplicaSet", body: (names) => ({ spec: selected({ replicas: 1 })(names) }) },
  replicationcontroller: {
    apiVersion: "v1",
    kind: "ReplicationController",
    body: (names) => ({ spec: { replicas: 1, selector: labels, template: template(names) } }),
  },
  cronjob: {
    apiVersion: "batch/v1",
    kind: "CronJob",
    body: (names) => ({ spec: { schedule: "0 0 1 1 *", jobTemplate: { spec: { template: template(names, onFailure) } } } }),
  },
  job: { apiVersion: "batch/v1", kind: "Job", body: (names) => ({ spec: { template: template(names, onFailure) } }) },
  pod: { apiVersion: "v1", kind: "Pod", body: (names) => ({ spec: podSpec(names) }) },
} as const satisfies Readonly<Record<string, Kind>>;

export type TargetName = keyof typeof kinds;

/**
 * Returns one object of a kind. @param names its list of pull secrets, with `undefined` for an entry without a name; if omitted, it has no
 * list
 */
export function targetObject(kind: TargetName, of: { readonly name?: string; readonly namespace: string }, names?: Names): object {
  const { apiVersion, kind: called, body } = kinds[kind] as Kind;
  return {
    apiVersion,
    kind: called,
    metadata: { name: "web", labels: { team: "shop" }, annotations: { "example.com/note": "theirs" }, ...of },
    ...body(names),
  };
}
