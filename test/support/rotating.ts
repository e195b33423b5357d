import { expect } from "vitest";
import type { AcrToken } from "../../src/azure/port.ts";
import { type Credential, credentialKey, credentialOf } from "../../src/secret/record.ts";
import type { Asked } from "./fakes/asked.ts";
import { addNamespaces, type FakeWorld } from "./fakes/world.ts";
import { all, type Given, refuse } from "./rows.ts";

export const host = "myregistry.azurecr.io";

/** Returns the record of a source. */
export const recordIn = (world: FakeWorld, at: string, name = "acr-myregistry"): Credential =>
  credentialOf(world.cluster.get("secret", at, name)) ?? expect.unreachable(`no source ${at}/${name}`);

type Annotation = { readonly key: string; readonly value: object; readonly name?: string; readonly manager?: string };

/** Annotates a Secret, as anyone who may write it can. */
export const annotates =
  (at: string, { key, value, name = "acr-myregistry", manager }: Annotation) =>
  ({ cluster }: FakeWorld): void => {
    const { metadata, ...secret } = cluster.get("secret", at, name) ?? expect.unreachable("no Secret");
    cluster.put({ ...secret, metadata: { ...metadata, annotations: { ...metadata.annotations, [key]: JSON.stringify(value) } } }, manager);
  };

/** Changes the record of a source. */
export const writesRecord =
  (at: string, more: Partial<Credential>, name = "acr-myregistry") =>
  (world: FakeWorld): void =>
    annotates(at, { key: credentialKey, value: { ...recordIn(world, at, name), ...more }, name })(world);

/** Sets the clock of the cluster. */
export const clockAt =
  (time: string): Given =>
  ({ cluster }) => {
    cluster.about.now = () => Date.parse(time);
  };

/** Sets all clocks. */
export const on = (time: string, ...givens: Given[]) => ({
  given: all(clockAt(time), ...givens),
  options: { now: () => new Date(time) },
});

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

/** A password has expired by the times that Azure shows. */
export const expire =
  (slot: Slot, expiry = "2025-12-31T00:00:00Z"): Given =>
  ({ azure: { tokens } }) => {
    for (const { passwords } of tokens.values()) {
      const password = passwords.get(slot);
      if (password) passwords.set(slot, { ...password, expiry });
    }
  };

/** Returns the slots of a token that have a password. */
export const slotsOf = (world: FakeWorld, token?: string): string[] => {
  const found = token === undefined ? [...world.azure.tokens.values()][0] : world.azure.tokens.get(token);
  return [...(found?.passwords.keys() ?? [])].sort();
};

/** Returns the creation time of the password in a slot, which identifies the password in Azure. */
export const madeAtOf = (world: FakeWorld, token: string, slot: Slot): string =>
  world.azure.tokens.get(token)?.passwords.get(slot)?.creationTime ?? "";

/** Refuses the list of all Secrets, and those of one namespace. @param open another namespace, whose Secrets may be listed */
export const closes =
  (closed: string, ...open: readonly string[]): Given =>
  (world) => {
    addNamespaces(world.cluster, closed, ...open);
    const refuses = ({ call, at, namespace = closed }: Asked) => call === "list" && at.startsWith("secret") && namespace === closed;
    return refuse(refuses)(world);
  };
/** What a run prints that keeps a password because of a namespace that can't be read. */
export const heldBack = (first: RegExp) =>
  new RegExp(
    `${first.source}[^]*error: cannot list the Secrets of namespace closed, which may hold a password\n\\* .*\n(?![^]*cannot list)`,
  );
