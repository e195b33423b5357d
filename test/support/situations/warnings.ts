import type { KubeObject } from "../../../src/objects.ts";
import type { WarningId } from "../../../src/plan/warnings.ts";
import { account, pullSecret, stuckPod } from "../fakes/cluster.ts";
import type { FakeWorld } from "../fakes/world.ts";
import { type TargetName, targetObject } from "./target-objects.ts";

export const image = "myregistry.azurecr.io/app/web:1";
/** Puts an object with a list of pull secrets into a world. */
export const put = ({ cluster }: FakeWorld, kind: TargetName, name: string, names?: string[], namespace = "demo") =>
  cluster.put(targetObject(kind, { namespace, name }, names) as KubeObject);
/** Returns a ServiceAccount whose pods may only use Secrets in its own lists. */
export const strict = (namespace: string, name: string, names: readonly string[] = []): KubeObject => {
  const { metadata, ...rest } = account(namespace, name, names);
  return { ...rest, metadata: { ...metadata, annotations: { "kubernetes.io/enforce-mountable-secrets": "true" } } };
};

export const attach = "attach acr-myregistry -n demo";
export const app = `${attach} --serviceaccount app`;

/** The objects, the command line, and the warning that it prints. */
export const situations: readonly {
  readonly id: WarningId;
  readonly what: string;
  readonly typed: string;
  fill(world: FakeWorld): void;
  readonly warning: string;
  /** The warning of a second run. */
  readonly again: string;
}[] = [
  {
    id: "own-list",
    what: "the pods of a Deployment have another list",
    typed: app,
    fill: (world) => {
      const { cluster } = world;
      put(world, "deployment", "web", ["theirs"]);
      const { metadata, ...rest } = stuckPod("demo", "web-5c7d4-1", image, { serviceAccount: "app", names: ["theirs"] });
      const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5c7d4", uid: "u", controller: true };
      for (const name of ["web-5c7d4-1", "web-5c7d4-2"])
        cluster.put({ ...rest, metadata: { ...metadata, name, labels: { "pod-template-hash": "5c7d4" }, ownerReferences: [owner] } });
    },
    warning:
      "deployment.apps/web has its own imagePullSecrets and does not get acr-myregistry from serviceaccount/app:\n  " +
      "kubectl acr-secret attach -n demo acr-myregistry deployment/web",
    again: "same",
  },
  {
    id: "own-list",
    what: "a Job has its own list",
    typed: `${attach} --where-used`,
    fill: (world) => {
      put(world, "job", "migrate", ["theirs"]);
      put(world, "deployment", "web");
    },
    warning:
      "job.batch/migrate has its own imagePullSecrets and does not get acr-myregistry from serviceaccount/app; " +
      "recreate it with acr-myregistry",
    again: "same",
  },
  {
    id: "hides-account-list",
    what: "a template has no list",
    typed: `${attach} deployment/web`,
    fill: (world) => {
      world.cluster.put(account("demo", "app", ["theirs"]));
      put(world, "deployment", "web");
    },
    warning:
      "deployment.apps/web had no imagePullSecrets, so its pods no longer get theirs from serviceaccount/app:\n  " +
      "kubectl acr-secret attach -n demo acr-myregistry --serviceaccount app && kubectl acr-secret detach -n demo acr-myregistry deployment/web",
    again: "",
  },
  {
    id: "mountable-only",
    what: "the ServiceAccount of a template is strict",
    typed: `${attach} cronjob/report`,
    fill: (world) => {
      world.cluster.put(strict("demo", "app"));
      put(world, "cronjob", "report");
    },
    warning:
      "serviceaccount/app allows only the pull secrets that it lists (kubernetes.io/enforce-mountable-secrets), so pods of " +
      "cronjob.batch/report will be rejected:\n  kubectl acr-secret attach -n demo acr-myregistry --serviceaccount app",
    again: "same",
  },
  {
    id: "dangling-name",
    what: "the list has a name without a Secret",
    typed: app,
    fill: ({ cluster }) => void cluster.put(account("demo", "app", ["gone"])),
    warning:
      "serviceaccount/app also lists secret/gone, which does not exist:\n  kubectl acr-secret detach -n demo gone --serviceaccount app",
    again: "",
  },
  {
    id: "dangling-name",
    what: "an invalid name sends no request",
    typed: app,
    fill: ({ cluster }) => void cluster.put(account("demo", "app", ["../x"])),
    warning: `serviceaccount/app also lists secret/"../x", which does not exist:\n  kubectl acr-secret detach -n demo --serviceaccount app --dangling`,
    again: "",
  },
  {
    id: "secret-type",
    what: "the list names a Secret of another type",
    typed: app,
    fill: ({ cluster }) => {
      cluster.put(account("demo", "app", ["color"]));
      cluster.put({ ...pullSecret("demo", "color"), type: "Opaque" });
    },
    warning:
      "serviceaccount/app also lists secret/color, which is of type Opaque, not kubernetes.io/dockerconfigjson:\n  " +
      "kubectl acr-secret detach -n demo color --serviceaccount app",
    again: "",
  },
  {
    id: "malformed-secret",
    what: "the list names a malformed Secret",
    typed: app,
    fill: ({ cluster }) => {
      cluster.put(account("demo", "app", ["bad"]));
      cluster.put(pullSecret("demo", "bad", { "a.io": { auth: "!" } }));
    },
    warning:
      "serviceaccount/app also lists secret/bad, which makes the kubelet ignore all pull secrets of a pod: illegal base64 data at input byte 0:\n  " +
      "kubectl acr-secret detach -n demo bad --serviceaccount app",
    again: "",
  },
  {
    id: "malformed-secret",
    what: "the Secret itself is malformed",
    typed: "attach bad -n demo --serviceaccount app",
    fill: ({ cluster }) => void cluster.put(pullSecret("demo", "bad", { "a.io": { auth: "!" } })),
    warning: "secret/bad is malformed, so the kubelet ignores all pull secrets of a pod that lists it: illegal base64 data at input byte 0",
    again: "same",
  },
  {
    id: "empty-name",
    what: "the list has an empty name",
    typed: app,
    fill: ({ cluster }) => void cluster.put({ ...account("demo", "app"), imagePullSecrets: [{}] }),
    warning:
      "serviceaccount/app also has an entry without a name, so the cluster autoscaler skips pending pods:\n  " +
      "kubectl acr-secret detach -n demo --serviceaccount app --dangling",
    again: "",
  },
  {
    id: "no-key",
    what: "a template uses another registry",
    typed: "attach theirs -n demo deployment/web",
    fill: (world) => {
      world.cluster.put(pullSecret("demo", "theirs", { "myregistri.azurecr.io": { username: "ci", password: "x" } }));
      put(world, "deployment", "web");
    },
    warning:
      `deployment.apps/web pulls ${image}, but secret theirs has a login for myregistri.azurecr.io only (one letter from myregistry.azurecr.io):\n  ` +
      `kubectl acr-secret check -n demo theirs --image ${image}`,
    again: "",
  },
  {
    id: "no-key",
    what: "a key has no password",
    typed: "attach theirs -n demo deployment/web",
    fill: (world) => {
      world.cluster.put(pullSecret("demo", "theirs", { "myregistry.azurecr.io": { username: "ci" } }));
      put(world, "deployment", "web");
    },
    warning:
      `deployment.apps/web pulls ${image}, but secret theirs has no login: its auths are empty:\n  ` +
      `kubectl acr-secret check -n demo theirs --image ${image}`,
    again: "",
  },
];
