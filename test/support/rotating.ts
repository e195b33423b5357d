import { expect } from "vitest";
import type { AcrToken } from "../../src/azure/port.ts";
import { managedBy, type Secret } from "../../src/objects.ts";
import { type Entry, loginsAnnotation } from "../../src/secret/entry.ts";
import { type Credential, credentialKey, credentialOf } from "../../src/secret/record.ts";
import { pullSecret } from "./fakes/cluster.ts";
import type { FakeWorld } from "./fakes/world.ts";

export const host = "myregistry.azurecr.io";

/** Returns the record of a source. */
export const recordIn = (world: FakeWorld, at: string, name = "acr-myregistry"): Credential =>
  credentialOf(world.cluster.get("secret", at, name)) ?? expect.unreachable(`no source ${at}/${name}`);

/** Changes the record of a source, as anyone who may write the Secret can. */
export const writesRecord =
  (at: string, more: Partial<Credential>, name = "acr-myregistry") =>
  (world: FakeWorld): void => {
    const { metadata, ...secret } = world.cluster.get("secret", at, name) ?? expect.unreachable("no Secret");
    const record = JSON.stringify({ ...recordIn(world, at, name), ...more });
    world.cluster.put({ ...secret, metadata: { ...metadata, annotations: { ...metadata.annotations, [credentialKey]: record } } });
  };

/** Returns the first entry in a Secret's annotation. */
export const noteIn = (world: FakeWorld, at: string, name = "acr-myregistry"): Entry => {
  const secret = world.cluster.get("secret", at, name);
  return JSON.parse(secret?.metadata.annotations?.[loginsAnnotation] ?? "[]")[0];
};

/** Whether the registry accepts the login in a Secret. */
export const isAlive = (world: FakeWorld, at: string, name?: string, context?: string): boolean => {
  const login = world.loginIn(at, name, context);
  return login !== undefined && world.azure.knows(login);
};

type Slot = AcrToken["passwords"][number]["slot"];

/** Generates a new password in a slot, like a user with az, by default for the only token. @returns the password */
export async function makeByHand({ azure }: FakeWorld, slot: Slot, token = [...azure.tokens.keys()][0] ?? ""): Promise<string> {
  const fake = azure.azure({ signal: () => new AbortController().signal } as never);
  return (await fake.generatePassword({} as never, { token, slot })).password.reveal();
}

/** Returns the slots of a token that have a password. */
export const slotsOf = (world: FakeWorld, token?: string): string[] => {
  const found = token === undefined ? [...world.azure.tokens.values()][0] : world.azure.tokens.get(token);
  return [...(found?.passwords.keys() ?? [])].sort();
};

type Inside = { readonly username: string; readonly password: string };

/** Returns a Secret as any user of a namespace may write it, with these annotation entries and this login. */
export function notedSecret(at: string, name: string, notes: readonly unknown[], inside: Inside | undefined, label = true): Secret {
  const secret = pullSecret(at, name, inside ? { [host]: inside } : {});
  const labels = label ? { [managedBy.key]: managedBy.value } : {};
  return { ...secret, metadata: { ...secret.metadata, labels, annotations: { [loginsAnnotation]: JSON.stringify(notes) } } };
}

/** Returns a copy of the Secret for another namespace or name. */
export function copyOf(world: FakeWorld, at: string, to: { at: string; name?: string; notes?: Partial<Entry> }): Secret {
  const from = world.cluster.get("secret", at, "acr-myregistry");
  if (!from) throw new Error("no Secret to copy");
  const { labels = {}, annotations = {} } = from.metadata;
  const [entry] = JSON.parse(annotations[loginsAnnotation] ?? "[]");
  const noted = { ...annotations, [loginsAnnotation]: JSON.stringify([{ ...entry, ...to.notes }]) };
  return { ...from, metadata: { name: to.name ?? "acr-myregistry", namespace: to.at, labels, annotations: noted } };
}

/** Returns the creation time of the password in a slot, which identifies the password in Azure. */
export const madeAtOf = (world: FakeWorld, token: string, slot: Slot): string =>
  world.azure.tokens.get(token)?.passwords.get(slot)?.creationTime ?? "";

/** Checks the slot that each namespace's Secret records, and that its login works. `dead`: its login does not work. */
export const logins =
  (slots: Readonly<Record<string, string>>) =>
  (world: FakeWorld): void => {
    const found = Object.keys(slots).map((at) => [at, isAlive(world, at) ? noteIn(world, at).slot : "dead"]);
    expect(Object.fromEntries(found)).toEqual(slots);
  };
