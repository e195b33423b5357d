import { unlessForbidden, withLines } from "../errors.ts";
import type { Cluster } from "../kube/port.ts";
import type { Platform, Registry } from "../registry/port.ts";
import { once } from "../scope/concurrency.ts";

const usual: Platform = { os: "linux", architecture: "amd64" };

const unlisted = "cannot list nodes, so only linux/amd64 was checked";

/**
 * Returns a registry whose proofs also fetch the first bytes of an image's parts, for each platform of the cluster's nodes. The nodes are
 * listed once. Without nodes, or without permission to list them, it uses linux/amd64.
 */
export function forNodesOf(cluster: Pick<Cluster, "pages">, registry: Registry): Registry {
  const platforms = once(() => platformsOf(cluster).catch(unlessForbidden(undefined)));
  return {
    ...registry,
    async prove(image, login) {
      const known = await platforms();
      const proof = await registry.prove(image, login, known ?? [usual]);
      if (known) return proof;
      if (proof.verdict === "pulls") return { ...proof, message: withLines(proof.message, unlisted) };
      // Further lines of a failure are the registry's own
      return proof.verdict === "other-platform" ? { ...proof, message: `${proof.message}: ${unlisted}` } : proof;
    },
  };
}

async function platformsOf(cluster: Pick<Cluster, "pages">): Promise<readonly Platform[]> {
  const found = new Map<string, Platform>();
  for await (const page of cluster.pages("node"))
    for (const { operatingSystem: os, architecture } of page.map(({ status }) => status?.nodeInfo ?? {}))
      if (os && architecture) found.set(`${os}/${architecture}`, { os, architecture });
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, platform]) => platform);
  return sorted.length > 0 ? sorted : [usual];
}
