import type { Cluster } from "../../src/cluster/port.ts";
import { loginServerIn } from "../../src/registry/login-server.ts";
import { readEntries } from "../../src/secret/entry.ts";
import { imagesOf } from "../../src/state/images.ts";
import { managed } from "../../src/state/pull-secrets.ts";

/**
 * The login servers that the namespace's Secrets note and its pods have images of, as far as they may be read. Azure is not asked: that
 * takes longer than anybody waits for a word, and may need a sign-in.
 */
export async function registriesAround(cluster: Cluster): Promise<readonly string[]> {
  const namespace = await cluster.namespace();
  const hosts = await Promise.allSettled([noted(), pulled()]);
  const found = hosts.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
  return [...new Set(found.flatMap((host) => loginServerIn(host) ?? []))];

  async function noted(): Promise<string[]> {
    const hostsOf = (secret: Parameters<typeof readEntries>[0]) => (readEntries(secret) ?? []).flatMap((entry) => entry.hosts);
    return (await firstPage("secret", { labels: managed, metadataOnly: true })).flatMap(hostsOf);
  }

  async function pulled(): Promise<string[]> {
    return (await firstPage("pod", {})).flatMap(imagesOf).map(({ host }) => host);
  }

  /** A page is enough: what is read whole takes longer, and names the same few registries. */
  async function firstPage<K extends "secret" | "pod">(kind: K, where: { labels?: string; metadataOnly?: boolean }) {
    for await (const page of cluster.pages(kind, { namespace, ...where })) return page;
    return [];
  }
}
