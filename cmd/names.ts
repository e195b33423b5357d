import { listAll } from "../src/cluster/port.ts";
import { managedNames } from "../src/observe/secrets.ts";
import type { Session } from "./session.ts";

/** Completes the name of a Secret of this plugin. */
export async function secretNames(session: Session): Promise<string[]> {
  const cluster = session.cluster();
  return managedNames(cluster, await cluster.namespace());
}

/** Completes the name of a ServiceAccount. */
export async function accountNames(session: Session): Promise<string[]> {
  const cluster = session.cluster();
  const accounts = await listAll(cluster, "serviceaccount", { namespace: await cluster.namespace(), metadataOnly: true });
  return accounts.map(({ metadata }) => metadata.name);
}

/** Completes the name of a namespace. */
export async function namespaceNames(session: Session): Promise<string[]> {
  return (await listAll(session.cluster(), "namespace", { metadataOnly: true })).map(({ metadata }) => metadata.name);
}
