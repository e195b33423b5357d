import type { ManagedFields, Metadata } from "../../src/objects.ts";
import { pullSecret } from "./fakes/cluster.ts";
import { create, getJson, kubectl } from "./kubectl.ts";
import { newNamespace } from "./plugin.ts";

const auths = { "myregistry.azurecr.io": { auth: Buffer.from("ci:hunter2").toString("base64") } };

/** Creates a namespace with a pull secret `acr`, and the Secrets that the lists of other tools name. */
export async function namespaceWithSecret(): Promise<string> {
  const namespace = await newNamespace();
  await create(["acr", "theirs", "more"].map((name) => pullSecret(namespace, name, auths)));
  return namespace;
}

/** Returns the ServiceAccount `web` as a user's manifest file contains it. */
export const accountFile = (namespace: string, { metadata, ...more }: { metadata?: Partial<Metadata>; imagePullSecrets?: object[] }) =>
  JSON.stringify({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "web", namespace, ...metadata }, ...more });

/** Returns the Deployment `web` as a user's manifest file contains it. */
export function deploymentFile(namespace: string, metadata: Partial<Metadata>, imagePullSecrets: object[]): string {
  const template = {
    metadata: { labels: { app: "web" } },
    spec: { containers: [{ name: "web", image: "myregistry.azurecr.io/app/web:1" }], imagePullSecrets },
  };
  const spec = { replicas: 0, selector: { matchLabels: { app: "web" } }, template };
  return JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace, ...metadata }, spec });
}

/** Does what kustomize-controller does before it applies: takes over the fields of every manager whose name begins with `kubectl`. */
export async function takeOver(kind: string, namespace: string): Promise<void> {
  const { metadata } = await getJson<{ metadata: Metadata }>(kind, "web", "-n", namespace, "--show-managed-fields");
  const entries = metadata.managedFields ?? [];
  const mine = ({ manager = "" }: ManagedFields) => /^kubectl|^kustomize-controller$/.test(manager);
  const fieldsV1 = entries.filter(mine).reduce<object>((all, entry) => merged(all, entry.fieldsV1 ?? {}), {});
  const { apiVersion } = entries.find(mine) ?? {};
  const one = {
    manager: "kustomize-controller",
    operation: "Apply",
    apiVersion,
    time: "2026-01-01T00:00:00Z",
    fieldsType: "FieldsV1",
    fieldsV1,
  };
  const patch = [{ op: "replace", path: "/metadata/managedFields", value: [...entries.filter((entry) => !mine(entry)), one] }];
  await kubectl(["patch", kind, "web", "-n", namespace, "--type=json", "-p", JSON.stringify(patch)]);
}

function merged(one: object, other: object): object {
  const both = { ...one } as Record<string, object>;
  for (const [key, value] of Object.entries(other)) both[key] = merged(both[key] ?? {}, value);
  return both;
}
