import { explainArm } from "../../../src/azure/arm-error.ts";
import type { CliError } from "../../../src/errors.ts";
import { type Metadata, managedBy, type Pod, type Secret } from "../../../src/objects.ts";
import { credentialKey } from "../../../src/secret/record.ts";
import { type Asked, refusing } from "../fakes/asked.ts";
import { stuckPod } from "../fakes/cluster.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../fakes/world.ts";

export const image = "myregistry.azurecr.io/app/web:1";
export const record = { kind: "acr-token", host: "myregistry.azurecr.io", identity: "mine", slot: "password1" };

/** Returns the text of a pull secret: `{ "myregistry.azurecr.io": ["user", "password"] }`. */
export const auths = (logins: Readonly<Record<string, readonly [string, string]>>): string =>
  JSON.stringify({
    auths: Object.fromEntries(Object.entries(logins).map(([host, [username, password]]) => [host, { username, password }])),
  });

/** Returns a Secret of this plugin in the namespace `demo`. */
export const ours = (config: string, credential: object = record, more: Partial<Metadata> = {}): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: {
    name: "acr-myregistry",
    namespace: "demo",
    ...more,
    labels: { [managedBy.key]: managedBy.value, ...more.labels },
    annotations: { [credentialKey]: JSON.stringify(credential), ...more.annotations },
  },
  type: "kubernetes.io/dockerconfigjson",
  data: { ".dockerconfigjson": Buffer.from(config).toString("base64") },
});

/**
 * Returns a world with two namespaces: one with the plugin's Secret, which pulls and is attached, and with a pending pod, and an empty one.
 */
export function world(): FakeWorld {
  const made = fakeWorld({ contexts: ["prod", "dev"] });
  for (const cluster of made.clusters.values()) addNamespaces(cluster, "demo", "other");
  made.azure.putScopeMap({ name: "mine", actions: ["repositories/app/web/content/read", "repositories/app/web/metadata/read"] });
  const [password = ""] = made.azure.putToken("mine", ["password1"]);
  made.cluster.put(ours(auths({ "myregistry.azurecr.io": ["mine", password] })), "kubectl-acr-secret");
  attach(made, "acr-myregistry");
  made.cluster.put(stuckPod("demo", "web-1", image, { names: ["acr-myregistry"] }));
  return made;
}

/** Adds pull secrets to the list of the ServiceAccount `default`. */
export function attach({ cluster }: FakeWorld, ...names: readonly string[]): void {
  const metadata = { name: "default", namespace: "demo" };
  cluster.put({ apiVersion: "v1", kind: "ServiceAccount", metadata, imagePullSecrets: names.map((name) => ({ name })) });
}

export const pod = (made: FakeWorld, change: (pod: Pod) => Pod): void => {
  const found = made.cluster.get("pod", "demo", "web-1");
  if (found) made.cluster.put(change(found));
};

export function refuse(made: FakeWorld, which: (asked: Asked) => boolean, error: () => CliError): void {
  made.asking.around(refusing(which, error));
}

export const armError = (message: string): CliError =>
  explainArm("make token mine", { status: 400, text: JSON.stringify({ error: { code: "Bad", message } }) });
