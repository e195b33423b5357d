import { setTimeout as sleep } from "node:timers/promises";
import { type Api, ask, atOnce } from "./api.ts";

type Listed = { readonly metadata: { readonly namespace: string; readonly name: string; readonly resourceVersion: string } };

const width = 32;

export const namespaceOf = (index: number) => `fleet-${String(index).padStart(5, "0")}`;

/**
 * Makes namespaces up to so many, with so many ServiceAccounts each, and waits until their default ones are there, which
 * kube-controller-manager makes.
 */
export async function makeNamespaces(api: Api, { from, to, accounts }: { from: number; to: number; accounts: number }): Promise<void> {
  const names = Array.from({ length: to - from }, (_, index) => namespaceOf(from + index));
  await atOnce(width, names, async (name) => {
    await ask(api, "POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  });
  await addAccounts(api, names, accounts);
  for (;;) {
    const { items } = await accountsNamed(api, "default");
    if (items.filter(({ metadata }) => metadata.namespace.startsWith("fleet-")).length >= to) return;
    await sleep(500);
  }
}

/** Gives namespaces ServiceAccounts beside `default`, up to so many. */
export async function addAccounts(api: Api, names: readonly string[], accounts: number): Promise<void> {
  const others = names.flatMap((namespace) => Array.from({ length: accounts - 1 }, (_, index) => ({ namespace, name: `app-${index}` })));
  await atOnce(width, others, async (metadata) => {
    await ask(api, "POST", `/api/v1/namespaces/${metadata.namespace}/serviceaccounts`, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata,
    });
  });
}

/** The ServiceAccounts of one name, in all namespaces. */
export const accountsNamed = (api: Api, name: string) =>
  ask<{ readonly items: readonly Listed[] }>(api, "GET", `/api/v1/serviceaccounts?fieldSelector=metadata.name%3D${name}`);

/** Takes away what a run made: the Secrets of its name, and every list of pull secrets of a default ServiceAccount. */
export async function undo(api: Api, secret: string): Promise<void> {
  const { items: secrets } = await ask<{ readonly items: readonly Listed[] }>(
    api,
    "GET",
    `/api/v1/secrets?fieldSelector=metadata.name%3D${secret}`,
  );
  const { items: accounts } = await accountsNamed(api, "default");
  await atOnce(width, secrets, ({ metadata }) => ask(api, "DELETE", `/api/v1/namespaces/${metadata.namespace}/secrets/${metadata.name}`));
  await atOnce(width, accounts, ({ metadata }) =>
    ask(api, "PATCH", `/api/v1/namespaces/${metadata.namespace}/serviceaccounts/default`, { imagePullSecrets: null }),
  );
}
