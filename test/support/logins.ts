import type { World } from "../../sandbox/azure/world.ts";
import type { Secret } from "../../src/objects.ts";
import { recordIn } from "../../src/secret/record.ts";

export type Login = { readonly username: string; readonly password: string };

/** Whether the emulated Azure currently accepts a login of a token or an application. */
export function takes({ registries: [registry], applications }: World, { username, password }: Login): boolean {
  const token = registry?.tokens.find(({ name }) => name === username);
  const values = Object.values(token?.passwords ?? {}).map((one) => one?.value);
  const secrets = applications.find(({ appId }) => appId === username)?.secrets ?? [];
  return [...values, ...secrets.map(({ value }) => value)].includes(password);
}

/** Returns the login for myregistry in a Secret, or undefined without one. */
export function loginOf(secret: Pick<Secret, "data"> | undefined): Login | undefined {
  const text = Buffer.from(secret?.data?.[".dockerconfigjson"] ?? "", "base64").toString();
  const login = text === "" ? undefined : JSON.parse(text).auths?.["myregistry.azurecr.io"];
  return login && { username: login.username, password: login.password };
}

/**
 * Returns the texts of all passwords of tokens and applications whose names contain `name`, except passwords in these Secrets' annotations.
 */
export function unnoted({ registries: [registry], applications }: World, secrets: readonly Secret[], name: string): string[] {
  const entries = secrets.flatMap((secret) => recordIn(secret) ?? []);
  const isKnown = (of: string, at: string) =>
    entries.some(({ identity, slot, previous }) => identity === of && (slot === at || previous?.slot === at));
  const tokens = (registry?.tokens ?? []).filter((token) => token.name.includes(name));
  const slots = tokens.flatMap((token) => Object.entries(token.passwords).map(([slot, { value }]) => ({ of: token.name, slot, value })));
  const keys = applications
    .filter(({ displayName }) => displayName.includes(name))
    .flatMap(({ appId: of, secrets: all }) => all.map(({ keyId: slot, value }) => ({ of, slot, value })));
  return [...slots, ...keys].filter(({ of, slot }) => !isKnown(of, slot)).map(({ value }) => value);
}
