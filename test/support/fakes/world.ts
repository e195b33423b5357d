import type { World } from "../in-process.ts";
import { type Login, loginOf } from "../logins.ts";
import { type Asking, openAsking } from "./asked.ts";
import { type FakeAzure, fakeAzure } from "./azure.ts";
import { account, type FakeCluster, fakeCluster, namespace } from "./cluster.ts";
import { fakeFiles } from "./files.ts";

/** A complete world in memory: a cluster (or one per context), Azure, and a registry. All share one record of calls. */
export type FakeWorld = {
  readonly asking: Asking;
  /** The cluster of the current context, or the only cluster. */
  readonly cluster: FakeCluster;
  readonly clusters: ReadonlyMap<string, FakeCluster>;
  readonly azure: FakeAzure;
  readonly files: ReturnType<typeof fakeFiles>;
  /** The ports for command lines. */
  readonly ports: Pick<World, "cluster" | "azure" | "registry" | "contexts" | "disk" | "kubectl">;
  /** Returns the login in a Secret, or undefined without one. */
  loginIn(at: string, name?: string, context?: string): Login | undefined;
};

export function fakeWorld({ contexts = [], sku = "Premium" }: { contexts?: readonly string[]; sku?: string } = {}): FakeWorld {
  const asking = openAsking();
  const clusters = new Map((contexts.length > 0 ? contexts : [""]).map((name) => [name, fakeCluster(asking, name)]));
  const [cluster] = clusters.values();
  if (!cluster) throw new Error("no cluster");
  const files = fakeFiles();
  const azure = fakeAzure(asking, { sku });
  azure.images.add("app/web:1");
  return {
    asking,
    cluster,
    clusters,
    azure,
    files,
    ports: {
      disk: files,
      contexts,
      cluster: (of) => {
        const named = of.kube.forward.find((flag) => flag.startsWith("--context="))?.slice("--context=".length);
        const chosen = named === undefined ? cluster : clusters.get(named);
        if (!chosen) throw new Error(`no context ${named}`);
        return chosen.open(of);
      },
      kubectl: async () => ({ version: "v1.37.0", context: contexts[0] ?? "demo" }),
      azure: azure.azure,
      registry: azure.registry,
    },
    loginIn: (at, name = "acr-myregistry", context) => {
      return loginOf((context === undefined ? cluster : clusters.get(context))?.get("secret", at, name));
    },
  };
}

/** Creates namespaces, each with its default ServiceAccount. */
export function addNamespaces(cluster: FakeCluster, ...names: readonly string[]): void {
  for (const name of names) {
    cluster.put(namespace(name, { uid: `uid-of-${name}` }));
    cluster.put(account(name));
  }
}
