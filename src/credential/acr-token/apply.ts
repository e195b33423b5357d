import type { AcrToken, Azure, AzureRegistry, Slot } from "../../azure/port.ts";
import { CliError, Conflict, isLost } from "../../errors.ts";
import { sameMoment } from "../../moment.ts";
import type { Change, Make } from "../../plan/change.ts";
import type { Login } from "../../registry/port.ts";
import { withClusters } from "../../secret/azure-words.ts";
import type { Password } from "../../secret/entry.ts";
import type { Applied } from "../kind.ts";
import { madeBy } from "../made-by.ts";
import { shownOf } from "./renew.ts";

/** A token as it was when its plan was made, and what is to stand behind what is made for it. */
export type Issued = { readonly token: AcrToken | undefined; readonly description: Promise<string> };

/** A password that this run asked for; `madeAt` is not there where the answer was lost. */
type Minted = { readonly slot: Slot; readonly madeAt?: string | undefined };

/** Makes what a plan says, and takes back what is still as this run left it; for many tokens at once. */
export function carrier(azure: Azure, registry: AzureRegistry, issued: ReadonlyMap<string, Issued>): (change: Change) => Promise<Applied> {
  const minted = new Map<string, Minted>();
  /** Tokens that were to go, and stayed. */
  const stuck = new Set<string>();
  const description = async (name: string) => (await issued.get(name)?.description) ?? "";
  const isOurs = (token: string, { name, creationTime }: AcrToken["passwords"][number]) => {
    const { slot, madeAt } = minted.get(token) ?? {};
    return slot === name && sameMoment(madeAt, creationTime);
  };

  async function writeScopeMap({ to: { name }, before = [], after = [] }: Make): Promise<void> {
    const now = await azure.scopeMap(registry, name);
    // Others may have made or changed it since it was looked at: only our own difference is made
    const added = after.filter((action) => !before.includes(action));
    const removed = before.filter((action) => !after.includes(action));
    const actions = [...new Set([...(now?.actions ?? []), ...added])].filter((action) => !removed.includes(action)).sort();
    const said = await description(name);
    await azure.putScopeMap(registry, {
      name,
      description: now ? (withClusters(now.description, said) ?? now.description) : said,
      actions,
    });
  }

  /** A scope map whose token has stayed is what that token may pull. */
  async function deleteScopeMap({ to: { name }, before = [] }: Make): Promise<void> {
    const [now, user] = await Promise.all([azure.scopeMap(registry, name), azure.token(registry, name)]);
    const untouched = now?.description === (await description(name)) && String([...now.actions].sort()) === String([...before].sort());
    if (untouched && user && stuck.has(name)) throw new CliError("conflict", `the ACR token "${name}" still has this scope map`);
    if (untouched && !user) await azure.deleteScopeMap(registry, name);
  }

  /** A token that another run has come to use stays, without the password that this run made. */
  async function deleteToken({ to: { name } }: Make): Promise<void> {
    stuck.add(name);
    const now = await azure.token(registry, name);
    if (!now?.passwords.every((one) => isOurs(name, one))) await clearSlot(name);
    else await azure.deleteToken(registry, name);
    stuck.delete(name);
  }

  /** Exactly the passwords that are meant; the token with them, as long as it has no others. */
  async function revoke(name: string, passwords: readonly Password[]): Promise<void> {
    const now = await azure.token(registry, name);
    if (!now) return;
    stuck.add(name);
    if (shownOf(now, passwords).length < now.passwords.length) for (const password of passwords) await retire(name, password);
    else await azure.deleteToken(registry, name);
    stuck.delete(name);
  }

  async function retire(name: string, { slot, madeAt: creationTime }: Password): Promise<void> {
    await azure.clearPassword(registry, { token: name, slot: slot as Slot, creationTime });
  }

  async function clearSlot(name: string): Promise<void> {
    const ours = minted.get(name);
    if (!ours) return;
    const { slot, madeAt: creationTime } = ours;
    if (creationTime === undefined) throw new CliError("conflict", `${slot} of the ACR token "${name}" may have been made`);
    await azure.clearPassword(registry, { token: name, slot, creationTime });
  }

  /** Looks once more: a password that another run has made since the plan would die by ours. @throws Conflict */
  async function checkSlot(name: string, slot: Slot): Promise<void> {
    const madeAt = (token: AcrToken | undefined) => token?.passwords.find((one) => one.name === slot)?.creationTime;
    if (madeAt(issued.get(name)?.token) !== madeAt(await azure.token(registry, name)))
      throw new Conflict(`another run has made ${slot} of the ACR token "${name}" in the meantime`);
  }

  async function mint(name: string, slot: Slot, expiry: string | undefined): Promise<Applied> {
    await checkSlot(name, slot);
    minted.set(name, { slot });
    const asked = azure.generatePassword(registry, { token: name, slot, expiry });
    const {
      password,
      creationTime: madeAt,
      expiry: expiresAt,
    } = await asked.catch((error: unknown) => {
      if (error instanceof CliError && !isLost(error)) minted.delete(name);
      throw error;
    });
    minted.set(name, { slot, madeAt });
    const login: Login = { username: name, password };
    return { login, madeAt, expiresAt, by: await madeBy(azure) };
  }

  /** @throws Conflict where another has made the password anew, by whom ours is dead */
  async function confirm(name: string, slot: string): Promise<void> {
    const now = await azure.token(registry, name);
    if (!now?.passwords.some((one) => one.name === slot && isOurs(name, one)))
      throw new Conflict(`another run has made ${slot} of the ACR token "${name}" anew`);
  }

  const token: Partial<Record<Change["act"], (change: Make) => Promise<void>>> = {
    create: async ({ to: { name }, after: [scopeMap = name] = [] }) =>
      void (await azure.putToken(registry, { name, scopeMapId: `${registry.id}/scopeMaps/${scopeMap}` })),
    delete: (change) => {
      const { to, slot, madeAt, passwords } = change;
      if (passwords) return revoke(to.name, passwords);
      if (slot === undefined) return deleteToken(change);
      return madeAt === undefined ? clearSlot(to.name) : retire(to.name, { slot, madeAt });
    },
  };
  const scopeMap: typeof token = { create: writeScopeMap, update: writeScopeMap, delete: deleteScopeMap };
  const rows: Readonly<Record<string, typeof token>> = { "token.azurecr.io": token, "scopemap.azurecr.io": scopeMap };

  return async (change) => {
    if (change.act === "mint") return mint(change.to.name, change.slot as Slot, change.expiresAt);
    if (change.act === "confirm") await confirm(change.to.name, change.slot);
    await rows[change.to.kind]?.[change.act]?.(change as Make);
    return {};
  };
}

/** What a person types to take away what a run made. */
export function removalOf({ to: { kind, name }, ...change }: Change, registry: AzureRegistry): string[] {
  const at = ["--registry", registry.name, "--name", name];
  if ("slot" in change && change.slot !== undefined) return ["az", "acr", "token", "credential", "delete", ...at, `--${change.slot}`];
  return ["az", "acr", nouns[kind] ?? kind, "delete", ...at];
}

/** What the Azure CLI calls these. */
const nouns: Readonly<Record<string, string>> = { "token.azurecr.io": "token", "scopemap.azurecr.io": "scope-map" };
