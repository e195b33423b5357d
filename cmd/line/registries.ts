import type { Cluster } from "../../src/kube/port.ts";
import { loginServerIn } from "../../src/registry/login-server.ts";
import { recordedIn } from "../../src/secret/login.ts";
import { imagesOf } from "../../src/usage/images.ts";
import { managed } from "../../src/usage/pull-secrets.ts";

/**
 * Returns the login servers that the namespace's Secrets record and that its pods have images of, if these can be read. Doesn't ask Azure,
 * because that takes too long for completion and may require a sign-in.
 */
export async function registriesInUse(cluster: Cluster): Promise<readonly string[]> {
  const namespace = await cluster.namespace();
  const hosts = await Promise.allSettled([recorded(), usedByPods()]);
  const found = hosts.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
  return [...new Set(found.flatMap((host) => loginServerIn(host) ?? []))];

  async function recorded(): Promise<string[]> {
    const secrets = await firstPage("secret", { labels: managed, metadataOnly: true });
    return secrets.flatMap((secret) => recordedIn(secret)?.credential.host ?? []);
  }

  async function usedByPods(): Promise<string[]> {
    return (await firstPage("pod", {})).flatMap(imagesOf).map(({ host }) => host);
  }

  /** Reads only the first page: reading everything takes longer, and finds the same few registries. */
  async function firstPage<K extends "secret" | "pod">(kind: K, where: { labels?: string; metadataOnly?: boolean }) {
    for await (const page of cluster.pages(kind, { namespace, ...where })) return page;
    return [];
  }
}
