import { randomBytes } from "node:crypto";
import { onTestFinished, vi } from "vitest";
import type { Secret, ServiceAccount } from "../../src/objects.ts";
import { create, getJson, kubectl } from "./kubectl.ts";

/** Namespaces of one test, in the order in which lists return them. */
type Fleet = {
  readonly names: readonly string[];
  /** The flag of `create` that selects all of them. */
  readonly flag: string;
  /** Returns the existing Secrets with a name, in the order of the namespaces. */
  secrets(name: string): Promise<Secret[]>;
  accounts(): Promise<ServiceAccount[]>;
};

/** Creates namespaces and waits for their default ServiceAccounts. The namespaces are deleted when the test ends. */
export async function newFleet(count: number): Promise<Fleet> {
  const id = randomBytes(4).toString("hex");
  const names = Array.from({ length: count }, (_, index) => `fleet-${id}-${String(index).padStart(2, "0")}`);
  onTestFinished(async () => void (await kubectl(["delete", "namespaces", "-l", `fleet=${id}`, "--wait=false"]).catch(() => {})));

  async function named<T extends Secret | ServiceAccount>(kind: string, name: string): Promise<T[]> {
    const { items } = await getJson<{ items: T[] }>(kind, "-A", `--field-selector=metadata.name=${name}`);
    return items.filter(({ metadata }) => names.includes(metadata.namespace ?? ""));
  }

  await create(names.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { fleet: id } } })));
  await vi.waitUntil(async () => (await named("serviceaccounts", "default")).length === count, { timeout: 20_000, interval: 100 });
  return {
    names,
    flag: `--copy-to 'fleet-${id}-*'`,
    secrets: (name) => named("secrets", name),
    accounts: () => named("serviceaccounts", "default"),
  };
}

/** Returns the resourceVersions, which change at each write to an object. */
export const versionsOf = (objects: readonly (Secret | ServiceAccount)[]) => objects.map(({ metadata }) => metadata.resourceVersion);
