import { setTimeout as sleep } from "node:timers/promises";
import { mapConcurrently } from "../../../src/scope/concurrency.ts";
import { type Api, ask } from "./api.ts";

type Listed = { readonly metadata: { readonly namespace: string; readonly name: string; readonly resourceVersion: string } };

const width = 32;

export const namespaceOf = (index: number) => `fleet-${String(index).padStart(5, "0")}`;

/** Creates namespaces and their ServiceAccounts, and waits for the default ServiceAccounts, which kube-controller-manager creates. */
export async function makeNamespaces(api: Api, { from, to, accounts }: { from: number; to: number; accounts: number }): Promise<void> {
  const names = Array.from({ length: to - from }, (_, index) => namespaceOf(from + index));
  await mapConcurrently(names, width, async (name) => {
    await ask(api, "POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  });
  await addAccounts(api, names, accounts);
  for (;;) {
    const { items } = await accountsNamed(api, "default");
    if (items.filter(({ metadata }) => metadata.namespace.startsWith("fleet-")).length >= to) return;
    await sleep(500);
  }
}

/** Creates ServiceAccounts in addition to `default`, up to the given number in each namespace. */
export async function addAccounts(api: Api, names: readonly string[], accounts: number): Promise<void> {
  const others = names.flatMap((namespace) => Array.from({ length: accounts - 1 }, (_, index) => ({ namespace, name: `app-${index}` })));
  await mapConcurrently(others, width, async (metadata) => {
    await ask(api, "POST", `/api/v1/namespaces/${metadata.namespace}/serviceaccounts`, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata,
    });
  });
}

/** Returns the ServiceAccounts with a name in all namespaces. */
export const accountsNamed = (api: Api, name: string) =>
  ask<{ readonly items: readonly Listed[] }>(api, "GET", `/api/v1/serviceaccounts?fieldSelector=metadata.name%3D${name}`);

/** Removes the results of a run: the Secrets with its name, and the `imagePullSecrets` of every default ServiceAccount. */
export async function undo(api: Api, secret: string): Promise<void> {
  const { items: secrets } = await ask<{ readonly items: readonly Listed[] }>(
    api,
    "GET",
    `/api/v1/secrets?fieldSelector=metadata.name%3D${secret}`,
  );
  const { items: accounts } = await accountsNamed(api, "default");
  await mapConcurrently(secrets, width, ({ metadata }) =>
    ask(api, "DELETE", `/api/v1/namespaces/${metadata.namespace}/secrets/${metadata.name}`),
  );
  await mapConcurrently(accounts, width, ({ metadata }) =>
    ask(api, "PATCH", `/api/v1/namespaces/${metadata.namespace}/serviceaccounts/default`, { imagePullSecrets: null }),
  );
}
