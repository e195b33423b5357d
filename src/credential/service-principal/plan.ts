import type { Application, Custody, Key, RoleAssignment, ServicePrincipal } from "../../azure/port.ts";
import { CliError } from "../../errors.ts";
import type { Ref } from "../../kinds.ts";
import type { Change, Keep, Make, Mint, Warn } from "../../plan/change.ts";
import { mayDelete } from "../../plan/ownership.ts";
import type { Shown } from "../../plan/proof.ts";
import { isOfOurs, readMadeFor } from "../../secret/azure-words.ts";
import type { Entry, Password, Previous } from "../../secret/entry.ts";
import type { Mode } from "../granted-rights.ts";
import { keptEntry, planRetirement } from "../password-credential.ts";
import { granted, lacking, repositoriesOf, roleOn, union } from "./roles.ts";

export type PrincipalOptions = {
  /** The login server. */
  readonly host: string;
  /** The display name. */
  readonly name: string;
  readonly mode: Mode;
  /** `*` for the whole registry. */
  readonly repositories: readonly string[];
  /** The name of the password. */
  readonly key: string;
  /** No other Secret's password has this name. */
  readonly isOwnKey: boolean;
  /** RFC 3339, for a new password. */
  readonly expiresAt: string | undefined;
};

export type PrincipalFound = {
  readonly application: Application | undefined;
  readonly principal: ServicePrincipal | undefined;
  readonly assignments: readonly RoleAssignment[];
  readonly held: Entry | undefined;
  readonly pulls: "yes" | "no" | "unknown";
};

export type PrincipalPlan = {
  /** The application and the service principal, unless they exist. */
  readonly created: readonly Make[];
  readonly role: Make | Keep;
  readonly mint: Mint | Keep;
  readonly entry: Entry;
};

/**
 * Plans creating or keeping the application, the service principal, the role and the password. A password is added to the existing ones,
 * and only if the Secret has none that works.
 * @throws CliError conflict
 */
export function planPrincipal(options: PrincipalOptions, found: PrincipalFound): PrincipalPlan {
  const { host, name, key, expiresAt } = options;
  const { application, principal, held } = found;
  if (principal && !principal.enabled) throw disabled(name, principal);
  const to = applicationRef({ displayName: name });
  const because = "there is none";
  const created: Make[] = [
    ...(application ? [] : [{ act: "create", to, because } as const]),
    ...(principal ? [] : [{ act: "create", to: { kind: "serviceprincipal.graph.microsoft.com", name }, because } as const]),
  ];
  const role = planRole(options, found);
  const of = { hosts: [host], kind: "service-principal", identity: application?.appId ?? name };
  if (isHeld(found)) {
    const mint: Keep = { act: "keep", to, because: "its password is in the Secret" };
    return { created, role, mint, entry: { ...of, ...keptEntry(held) } };
  }
  const why = isOf(held, application) ? "the Secret's password is no longer taken" : "its password is in no Secret";
  const mint: Mint = { act: "mint", to, inNew: !application, slot: key, expiresAt, because: application ? why : because };
  return { created, role, mint, entry: { ...of, expiresAt, previous: keyBefore(options, found) } };
}

/**
 * Returns the newest password that was created for this Secret and that it doesn't hold. It was left by a run that was killed before it
 * wrote the Secret, or by a deleted Secret. It is recorded as the previous password, so that the next rotation or revocation deletes it.
 * `prune` deletes the others.
 */
function keyBefore({ key, isOwnKey }: PrincipalOptions, { application, held }: PrincipalFound): Previous | undefined {
  const ours = isOwnKey ? (application?.keys ?? []).filter(({ displayName }) => displayName === key) : [];
  const noted = isOf(held, application) ? held?.previous : undefined;
  if (noted && ours.some(({ slot }) => slot === noted.slot)) return noted;
  const [youngest] = ours.sort(byAge);
  return youngest && { slot: youngest.slot, madeAt: youngest.madeAt };
}

const byAge = (a: Key, b: Key) => (b.madeAt ?? "").localeCompare(a.madeAt ?? "");

/** Whether the Secret keeps its login, which belongs to the application. */
export const isHeld = ({ application, held, pulls }: PrincipalFound) => pulls !== "no" && isOf(held, application);

const isOf = (held: Entry | undefined, application: Application | undefined) =>
  application !== undefined && held?.kind === "service-principal" && held.identity.toLowerCase() === application.appId.toLowerCase();

const disabled = (name: string, { appId }: ServicePrincipal) =>
  new CliError("conflict", `the service principal "${name}" is disabled`, {
    hint: `az ad sp update --id ${appId} --set accountEnabled=true`,
  });

/** Plans adding repositories to the role, and keeps those that other users granted. */
function planRole({ name, mode, repositories }: PrincipalOptions, { assignments }: PrincipalFound): Make | Keep {
  const to = { kind: "roleassignment.management.azure.com", name } as const;
  const grants = lacking(repositories, granted(mode, assignments) ?? []);
  if (grants.length === 0) return { act: "keep", to, because: "allows it already" };
  const there = roleOn(mode, assignments);
  if (!there) return { act: "create", to, after: union(repositories, []), grants, because: "there is none" };
  const before = repositoriesOf(there, name);
  return { act: "update", to, before, after: union(before, repositories), grants, because: "allows too little" };
}

/** Returns the only application of a name. @throws CliError conflict if several applications have the name */
export function only(name: string, applications: readonly Application[]): Application | undefined {
  if (applications.length < 2) return applications[0];
  const ids = applications.map(({ appId }) => appId).sort();
  throw new CliError("conflict", `${ids.length} applications are called "${name}": ${ids.join(", ")}`, {
    hint: "name one by its id: --service-principal=APPID",
  });
}

/** @throws CliError conflict if a repository is named and the registry's roles can't be limited to repositories */
export function refuseScoped(mode: Mode, repositories: readonly string[], registry: string): void {
  if (mode === "abac" || repositories.every((name) => name === "*")) return;
  const message = `the roles of registry "${registry}" are for all of its repositories, so --repository cannot be combined with --service-principal`;
  throw new CliError("conflict", message, {
    hint: {
      do: "hints",
      hints: [
        "leave out --repository, or --service-principal for an ACR token that pulls these repositories alone",
        {
          do: "shell",
          argv: ["az", "acr", "update", "--name", registry, "--role-assignment-mode", "rbac-abac"],
          when: "to let roles have repositories",
        },
      ],
    },
  });
}

/** Plans adding a password to the existing ones. */
export function planPrincipalRenewal(
  { host, held, key, expiresAt }: Pick<PrincipalOptions, "host" | "key" | "expiresAt"> & { readonly held: Entry },
  { appId, displayName, keys }: Application,
): { readonly mint: Mint; readonly entry: Entry } {
  const because = "it takes the place of the other password";
  const mint: Mint = { act: "mint", to: applicationRef({ displayName }), inNew: false, slot: key, expiresAt, because };
  const replaced = keys.find(({ slot }) => slot === held.slot);
  const previous = replaced && { slot: replaced.slot, madeAt: held.madeAt };
  return { mint, entry: { hosts: [host], kind: "service-principal", identity: appId, expiresAt, previous } };
}

/** Returns those of these passwords that Azure still shows. The id of a key is never used again. */
export const keysShown = ({ keys }: Application, passwords: readonly Password[]): Key[] =>
  keys.filter(({ slot }) => passwords.some((one) => one.slot === slot));

/** Plans deleting exactly these passwords. */
export const planKeyRetirement = (application: Application, keys: readonly Key[], because?: string): Make[] =>
  planRetirement(applicationRef(application), applicationPasswords({ keys }), because);

/** Returns the reference of an application in plans. */
const applicationRef = ({ displayName: name }: Pick<Application, "displayName">) =>
  ({ kind: "application.graph.microsoft.com", name }) as const;

/** Returns the passwords that Azure shows. */
export const applicationPasswords = (application: Pick<Application, "keys"> | undefined): readonly Shown[] => application?.keys ?? [];

type RevocationFacts = Pick<PrincipalFound, "principal" | "assignments"> & {
  readonly application: Application;
  readonly otherKeys: Custody["otherKeys"];
  /** The registry's id. */
  readonly scope: string;
};

/**
 * Plans deleting an application that this plugin created if it has no other password, certificate or federated credential, and then its
 * role. If a run is killed in between, the role assignment on the registry shows what is left. For any other application, plans deleting
 * only these passwords.
 */
export function planPrincipalRevocation(
  { application, principal, assignments, otherKeys, scope }: RevocationFacts,
  passwords: readonly Password[],
): Change[] {
  const { displayName: name, keys, notes } = application;
  const shown = keysShown(application, passwords);
  const because = "it is revoked";
  const role = { kind: "roleassignment.management.azure.com", name } as const;
  const given = principal && assignments.some(({ ours, here }) => ours && here);
  const retired = planKeyRetirement(application, shown, because);
  if (!mayDelete({ described: isOfOurs(notes), otherKeys, shared: false }))
    return given && isLast(keys, shown) ? [...retired, roleStays(role, application, scope)] : retired;
  if (shown.length < keys.length) return retired;
  const deleted = shown.map(({ slot, madeAt }) => ({ slot, madeAt }));
  return [
    { act: "delete", to: applicationRef(application), passwords: deleted, because },
    ...(given ? [{ act: "delete", to: role, passwords: deleted, because } as const] : []),
  ];
}

/** Whether the application has no other password by this plugin. */
const isLast = (keys: readonly Key[], going: readonly Key[]): boolean =>
  going.length > 0 && !keys.some((key) => !going.includes(key) && readMadeFor(key.displayName));

/** Returns the warning that the role stays: other users of the application may pull with the role that this plugin assigned. */
const roleStays = (to: Ref, { displayName, appId }: Application, scope: string): Warn => ({
  act: "warn",
  to,
  says:
    `the role that this plugin gave to ${JSON.stringify(displayName)} stays, because other logins of that application may pull by it; ` +
    "if there are none, delete the role",
  fix: { do: "shell", argv: ["az", "role", "assignment", "delete", "--assignee", appId, "--scope", scope] },
});
