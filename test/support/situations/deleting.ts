import type { KubeObjects } from "../../../src/objects.ts";
import { stuckPod } from "../fakes/cluster.ts";
import { worldOf } from "../fakes/fleet.ts";
import type { FakeWorld } from "../fakes/world.ts";
import { type } from "../in-process.ts";

export const image = "myregistry.azurecr.io/app/web:1";
export const making = "create --registry myregistry --repository app/web";

/** Runs command lines in a world, and forgets their calls. */
export async function after(world: FakeWorld, ...lines: readonly string[]): Promise<FakeWorld> {
  for (const line of lines) {
    const { code, stderr } = await type(line, world.ports);
    if (code !== 0) throw new Error(stderr);
  }
  world.asking.forget();
  return world;
}

/** Creates a namespace with a Secret for its own token. The default ServiceAccount lists the Secret. */
export const made = (): Promise<FakeWorld> => after(worldOf(["demo"]), `${making} --serviceaccount default -n demo`);

/** Returns a Deployment whose template lists pull secrets. */
export const deployment = (names: readonly string[]): KubeObjects["deployment.apps"] => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "demo" },
  spec: { template: { metadata: {}, spec: { containers: [{ name: "c", image }], imagePullSecrets: names.map((name) => ({ name })) } } },
});

/** Returns a running pod of that Deployment. */
export function running(name: string, { names = ["acr-myregistry"], of = image } = {}): KubeObjects["pod"] {
  const { metadata, ...pod } = stuckPod("demo", name, of, { names });
  const [owner] = metadata.ownerReferences ?? [];
  return {
    ...pod,
    metadata: { ...metadata, labels: { "pod-template-hash": "5d" }, ownerReferences: owner ? [{ ...owner, name: "web-5d" }] : [] },
    status: { phase: "Running", containerStatuses: [{ name: "web", state: { running: {} } }] },
  };
}

/** Returns everything in the clusters and in Azure, except what the API server changes at each write. */
export function everythingIn({ clusters, azure }: FakeWorld) {
  const kinds = ["secret", "serviceaccount", "deployment.apps", "pod"] as const;
  const objects = [...clusters].flatMap(([context, cluster]) =>
    kinds.flatMap((kind) =>
      cluster
        .all(kind)
        .map(({ metadata: { resourceVersion: _, managedFields: __, ...metadata }, ...object }) => ({ context, ...object, metadata })),
    ),
  );
  const tokens = [...azure.tokens].map(([name, { passwords, ...token }]) => ({ name, ...token, passwords: [...passwords] }));
  const { applications, principals, assignments } = azure.directory;
  return structuredClone({ objects, tokens, scopeMaps: [...azure.scopeMaps.values()], applications, principals, assignments });
}
