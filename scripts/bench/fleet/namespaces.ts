import { setTimeout as sleep } from "node:timers/promises";
import { mapConcurrently } from "../../../src/scope/concurrency.ts";
import { type Api, ask } from "./api.ts";

type Listed = { readonly metadata: { readonly namespace: string } };

const width = 32;

export const namespaceOf = (index: number) => `fleet-${String(index).padStart(5, "0")}`;

/** Creates namespaces, and waits for their default ServiceAccounts, which kube-controller-manager creates. */
export async function makeNamespaces(api: Api, count: number, labelsOf = (_index: number): object => ({})): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => namespaceOf(index));
  await mapConcurrently([...names.entries()], width, async ([index, name]) => {
    const metadata = { name, labels: labelsOf(index) };
    await ask(api, "POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata });
  });
  for (;;) {
    const { items } = await accountsNamed(api, "default");
    if (items.filter(({ metadata }) => metadata.namespace.startsWith("fleet-")).length >= count) return;
    await sleep(500);
  }
}

const accountsNamed = (api: Api, name: string) =>
  ask<{ readonly items: readonly Listed[] }>(api, "GET", `/api/v1/serviceaccounts?fieldSelector=metadata.name%3D${name}`);

/** Deletes the Secrets with a name, and removes the `imagePullSecrets` of every default ServiceAccount. */
export async function undo(api: Api, name: string): Promise<void> {
  const secrets = await ask<{ readonly items: readonly Listed[] }>(api, "GET", `/api/v1/secrets?fieldSelector=metadata.name%3D${name}`);
  const accounts = await accountsNamed(api, "default");
  await mapConcurrently(secrets.items, width, ({ metadata }) =>
    ask(api, "DELETE", `/api/v1/namespaces/${metadata.namespace}/secrets/${name}`),
  );
  await mapConcurrently(accounts.items, width, ({ metadata }) =>
    ask(api, "PATCH", `/api/v1/namespaces/${metadata.namespace}/serviceaccounts/default`, { imagePullSecrets: null }),
  );
}
