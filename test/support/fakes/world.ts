import type { World } from "../in-process.ts";
import { type Asking, openAsking } from "./asked.ts";
import { type FakeAzure, fakeAzure } from "./azure.ts";
import { account, type FakeCluster, fakeCluster, namespace } from "./cluster.ts";
import { fakeFiles } from "./files.ts";

/** A whole world in memory: a cluster (or one for each context), Azure, and a registry, all of one record. */
export type FakeWorld = {
  readonly asking: Asking;
  /** The cluster of the current context, or of the only one. */
  readonly cluster: FakeCluster;
  readonly clusters: ReadonlyMap<string, FakeCluster>;
  readonly azure: FakeAzure;
  readonly files: ReturnType<typeof fakeFiles>;
  /** What command lines run in. */
  readonly ports: Pick<World, "cluster" | "azure" | "registry" | "contexts" | "disk">;
  /** The login in a Secret; undefined without one. */
  loginIn(at: string, name?: string, context?: string): { readonly username: string; readonly password: string } | undefined;
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
      azure: azure.azure,
      registry: azure.registry,
    },
    loginIn: (at, name = "acr-myregistry", context) => {
      const secret = (context === undefined ? cluster : clusters.get(context))?.get("secret", at, name);
      const text = Buffer.from(secret?.data?.[".dockerconfigjson"] ?? "", "base64").toString();
      if (text === "") return undefined;
      const { auths } = JSON.parse(text) as { auths: Record<string, { username: string; password: string }> };
      return auths["myregistry.azurecr.io"];
    },
  };
}

/** A namespace with its default ServiceAccount. */
export function addNamespaces(cluster: FakeCluster, ...names: readonly string[]): void {
  for (const name of names) {
    cluster.put(namespace(name, { uid: `uid-of-${name}` }));
    cluster.put(account(name));
  }
}
