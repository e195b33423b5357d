import { randomBytes } from "node:crypto";
import { onTestFinished, vi } from "vitest";
import type { Secret, ServiceAccount } from "../../src/objects.ts";
import { create, kubectl } from "./kubectl.ts";

/** Namespaces of one test, in the order in which lists return them. */
export type Fleet = {
  readonly names: readonly string[];
  /** The flag that selects all of them, and those that are created later. */
  readonly flag: string;
  /** Creates more of them. @returns their names */
  enlarge(count: number): Promise<string[]>;
  /** Returns the existing Secrets with a name, in the order of the namespaces. */
  secrets(name: string): Promise<Secret[]>;
  accounts(): Promise<ServiceAccount[]>;
};

/** Creates namespaces and waits for their default ServiceAccounts. The namespaces are deleted when the test ends. */
export async function newFleet(count: number, kubeconfig = process.env["KUBECONFIG"], id = randomBytes(4).toString("hex")): Promise<Fleet> {
  const names: string[] = [];
  onTestFinished(async () => void (await ask("delete", "namespaces", "-l", `fleet=${id}`, "--wait=false").catch(() => {})));

  function ask(...args: string[]): Promise<string> {
    return kubectl(args, "", kubeconfig);
  }

  async function enlarge(by: number): Promise<string[]> {
    const fresh = Array.from({ length: by }, (_, index) => `fleet-${id}-${String(names.length + index).padStart(2, "0")}`);
    names.push(...fresh);
    const object = (name: string) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { fleet: id } } });
    await create(fresh.map(object), kubeconfig);
    await vi.waitUntil(async () => (await named("serviceaccounts", "default")).length === names.length, { timeout: 20_000, interval: 100 });
    return fresh;
  }

  async function named<T extends Secret | ServiceAccount>(kind: string, name: string): Promise<T[]> {
    const { items }: { items: T[] } = JSON.parse(await ask("get", kind, "-A", `--field-selector=metadata.name=${name}`, "-o", "json"));
    return items.filter(({ metadata }) => names.includes(metadata.namespace ?? ""));
  }

  await enlarge(count);
  return {
    names,
    flag: `--namespaces 'fleet-${id}-*'`,
    enlarge,
    secrets: (name) => named("secrets", name),
    accounts: () => named("serviceaccounts", "default"),
  };
}

/** Returns the resourceVersions, which change at each write to an object. */
export const versionsOf = (objects: readonly (Secret | ServiceAccount)[]) => objects.map(({ metadata }) => metadata.resourceVersion);
