import type { Application, ApplicationAccess, Key } from "../../azure/port.ts";
import { CliError } from "../../errors.ts";
import type { PluginCommand } from "../../fix.ts";
import type { Change, Keep, Make, Mint } from "../../plan/change.ts";
import { mayDelete } from "../../plan/ownership.ts";
import { isOurDescription, parseAzureOwner } from "../../secret/azure-words.ts";
import type { Entry, Password, Previous } from "../../secret/entry.ts";
import { counted } from "../../wording.ts";
import type { Mode } from "../granted-rights.ts";
import { keptEntry, planRetirement } from "../password-credential.ts";
import type { Principal } from "./find.ts";
import { granted, hasOurRole, lacking, repositoriesOf, roleOn, union } from "./roles.ts";

export type PrincipalFacts = Principal & {
  readonly host: string;
  readonly mode: Mode;
  /** `*` for the whole registry. */
  readonly repositories: readonly string[];
  /** The name of the password. */
  readonly key: string;
  /** No other Secret's password has this name. */
  readonly isOwnKey: boolean;
  /** RFC 3339, for a new password. */
  readonly expiresAt: string | undefined;
  readonly current: Entry | undefined;
  readonly pulls: "yes" | "no" | "unknown";
};

/**
 * Plans creating or keeping the application, the service principal, the role and the password. A password is added to the existing ones,
 * and only if the Secret has none that works.
 * @throws CliError conflict
 */
export function planPrincipal(facts: PrincipalFacts) {
  const { host, name, key, expiresAt, application, principal, current } = facts;
  refuseDisabled(facts);
  const to = applicationRef(name);
  const because = "it does not exist";
  const created: Make[] = [];
  if (!application) created.push({ act: "create", to, because });
  if (!principal) created.push({ act: "create", to: { kind: "serviceprincipal.graph.microsoft.com", name }, because });
  const role = planRole(facts);
  const of = { hosts: [host], kind: "service-principal", identity: application?.appId ?? name };
  if (isCurrent(facts)) {
    const keep: Keep = { act: "keep", to, because: "its password is in the Secret" };
    return { created, role, mint: keep, entry: { ...of, ...keptEntry(current) } };
  }
  const why = isOf(current, application) ? "the registry rejects the Secret's password" : "no Secret holds its password";
  const mint: Mint = { act: "mint", to, inNew: !application, slot: key, expiresAt, because: application ? why : because };
  return { created, role, mint, entry: { ...of, expiresAt, previous: keyBefore(facts) } };
}

/**
 * Returns the newest password that was created for this Secret and that it doesn't hold. It was left by a run that was killed before it
 * wrote the Secret, or by a deleted Secret. It is recorded as the previous password, so that the next rotation or revocation deletes it.
 * `prune` deletes the others.
 */
function keyBefore({ key, isOwnKey, application, current }: PrincipalFacts): Previous | undefined {
  const ours = isOwnKey ? (application?.keys ?? []).filter(({ displayName }) => displayName === key) : [];
  const recorded = isOf(current, application) ? current?.previous : undefined;
  if (recorded && ours.some(({ slot }) => slot === recorded.slot)) return recorded;
  const [newest] = ours.toSorted((a, b) => (b.madeAt ?? "").localeCompare(a.madeAt ?? ""));
  return newest && { slot: newest.slot, madeAt: newest.madeAt };
}

/** Whether the Secret keeps its login, which belongs to the application. */
export const isCurrent = ({ application, current, pulls }: Pick<PrincipalFacts, "application" | "current" | "pulls">) =>
  pulls !== "no" && isOf(current, application);

const isOf = (entry: Entry | undefined, application: Application | undefined) =>
  application !== undefined && entry?.kind === "service-principal" && entry.identity.toLowerCase() === application.appId.toLowerCase();

function refuseDisabled({ name, principal }: Principal): void {
  if (!principal || principal.enabled) return;
  throw new CliError("conflict", `service principal "${name}" is disabled`, {
    hint: `az ad sp update --id ${principal.appId} --set accountEnabled=true`,
  });
}

/** Plans adding repositories to the role, and keeps those that other users granted. */
function planRole({ name, mode, repositories, assignments }: PrincipalFacts): Make | Keep {
  const to = { kind: "roleassignment.management.azure.com", name } as const;
  const grants = lacking(repositories, granted(mode, assignments) ?? []);
  if (grants.length === 0) return { act: "keep", to, because: "already grants it" };
  const there = roleOn(mode, assignments);
  if (!there) return { act: "create", to, after: union(repositories, []), grants, because: "it does not exist" };
  const before = repositoriesOf(there, name);
  return { act: "update", to, before, after: union(before, repositories), grants, because: "lacks repositories" };
}

/** Plans adding a password to the existing ones. */
export function planPrincipalRenewal(
  { host, current, key, expiresAt }: Pick<PrincipalFacts, "host" | "key" | "expiresAt"> & { readonly current: Entry },
  { appId, displayName, keys }: Application,
): { readonly mint: Mint; readonly entry: Entry } {
  const because = "it replaces the other password";
  const mint: Mint = { act: "mint", to: applicationRef(displayName), inNew: false, slot: key, expiresAt, because };
  const replaced = keys.find(({ slot }) => slot === current.slot);
  const previous = replaced && { slot: replaced.slot, madeAt: current.madeAt };
  return { mint, entry: { hosts: [host], kind: "service-principal", identity: appId, expiresAt, previous } };
}

/** Returns those of these passwords that Azure still shows. The id of a key is never used again. */
export const keysShown = ({ keys }: Application, passwords: readonly Password[]): Key[] =>
  keys.filter(({ slot }) => passwords.some((one) => one.slot === slot));

/** Plans deleting exactly these passwords, if Azure still shows them. */
export const planKeyRetirement = (application: Application, passwords: readonly Password[], because?: string): Make[] =>
  planRetirement(applicationRef(application.displayName), keysShown(application, passwords), because);

const applicationRef = (name: string) => ({ kind: "application.graph.microsoft.com", name }) as const;

/**
 * Plans deleting an application that this plugin created if it has no other password, certificate or federated credential, and then its
 * role. If a run is killed in between, the role assignment on the registry shows what is left. For any other application, plans deleting
 * only these passwords.
 * @param of.scope the registry's id
 */
export function planPrincipalRevocation(
  application: Application,
  of: Pick<Principal, "principal" | "assignments"> & Pick<ApplicationAccess, "otherKeys"> & { readonly scope: string },
  passwords: readonly Password[],
): Change[] {
  const { principal, assignments, otherKeys, scope } = of;
  const { displayName: name, keys, notes } = application;
  const shown = keysShown(application, passwords);
  const because = "it is revoked";
  const role = { kind: "roleassignment.management.azure.com", name } as const;
  const isGranted = principal && hasOurRole(assignments);
  const retired = planKeyRetirement(application, passwords, because);
  if (!mayDelete({ described: isOurDescription(notes), otherKeys, shared: false }))
    return isGranted && isLast(keys, shown) ? [...retired, roleStays(application, scope)] : retired;
  if (shown.length < keys.length) return retired;
  const deleted = shown.map(({ slot, madeAt }) => ({ slot, madeAt }));
  return [
    { act: "delete", to: applicationRef(name), passwords: deleted, because },
    ...(isGranted ? [{ act: "delete", to: role, passwords: deleted, because } as const] : []),
  ];
}

/** Whether the application has no other password by this plugin. */
const isLast = (keys: readonly Key[], going: readonly Key[]): boolean =>
  going.length > 0 && !keys.some((key) => !going.includes(key) && parseAzureOwner(key.displayName));

/** Returns the warning that the role stays: other users of the application may pull with the role that this plugin assigned. */
const roleStays = ({ displayName: name, appId }: Application, scope: string): Change => ({
  act: "warn",
  to: { kind: "roleassignment.management.azure.com", name },
  message:
    `the role of ${JSON.stringify(name)} was kept, because other logins of the application may need it. ` +
    "If no other login needs it, delete the role",
  fix: { do: "shell", argv: ["az", "role", "assignment", "delete", "--assignee", appId, "--scope", scope] },
});

/**
 * Warns that an application still has passwords by this plugin. The deleted Secrets do not record them, so only `prune` can tell
 * whether a Secret holds them.
 */
export function warnOfRest(
  { displayName: name, keys }: Application,
  passwords: readonly Password[],
  command: Pick<PluginCommand, "registry" | "identity">,
): Change[] {
  const rest = keys.filter(({ slot, displayName }) => !passwords.some((one) => one.slot === slot) && parseAzureOwner(displayName));
  if (rest.length === 0) return [];
  const message = `application ${JSON.stringify(name)} still has ${counted(rest.length, "password")} of this plugin. To list what no Secret uses, run`;
  return [{ act: "warn", to: applicationRef(name), message, fix: { verb: "prune", ...command } }];
}
