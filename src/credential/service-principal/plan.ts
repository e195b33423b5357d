import type { Application, Key, RoleAssignment, ServicePrincipal } from "../../azure/principals.ts";
import { CliError } from "../../errors.ts";
import { asLong } from "../../moment.ts";
import type { Keep, Make, Mint } from "../../plan/change.ts";
import type { Entry, Previous } from "../../secret/entry.ts";
import { keptNote } from "../acr-token/plan.ts";
import { granted, joinedScopes, lacking, type Mode, repositoriesOf, standing } from "./pull-roles.ts";

/** What is asked: a password of one service principal. */
export type PrincipalOptions = {
  /** The login server. */
  readonly host: string;
  /** The display name. */
  readonly name: string;
  readonly mode: Mode;
  /** `*` for all of the registry. */
  readonly repositories: readonly string[];
  /** What the password is called. */
  readonly key: string;
  /** No other Secret's password is called so. */
  readonly isOwnKey: boolean;
  /** RFC 3339, for a password that is made now. */
  readonly expiresAt: string | undefined;
};

/** What stands in Azure, and what a Secret holds. */
export type PrincipalFound = {
  readonly application: Application | undefined;
  readonly principal: ServicePrincipal | undefined;
  readonly assignments: readonly RoleAssignment[];
  readonly held: Entry | undefined;
  readonly pulls: "yes" | "no" | "unknown";
};

export type PrincipalPlan = {
  /** Application and service principal, as far as they are not there. */
  readonly made: readonly Make[];
  readonly role: Make | Keep;
  readonly mint: Mint | Keep;
  readonly entry: Entry;
};

/**
 * Application, service principal, role, password: each is made, or kept. A password is added beside those of others, and only where the
 * Secret has none that works.
 * @throws CliError conflict
 */
export function planPrincipal(options: PrincipalOptions, found: PrincipalFound): PrincipalPlan {
  const { host, name, key, expiresAt } = options;
  const { application, principal, held } = found;
  if (principal && !principal.enabled) throw disabled(name, principal);
  const to = { kind: "application.graph.microsoft.com", name } as const;
  const because = "there is none";
  const made: Make[] = [
    ...(application ? [] : [{ act: "create", to, because } as const]),
    ...(principal ? [] : [{ act: "create", to: { kind: "serviceprincipal.graph.microsoft.com", name }, because } as const]),
  ];
  const role = planRole(options, found);
  const of = { hosts: [host], kind: "service-principal", identity: application?.appId ?? name };
  const expires = expiresAt === undefined ? {} : { expiresAt };
  if (isHeld(found)) {
    const mint: Keep = { act: "keep", to, because: "its password is in the Secret" };
    return { made, role, mint, entry: { ...of, ...keptNote(held) } };
  }
  const why = isOf(held, application) ? "the Secret's password is no longer taken" : "its password is in no Secret";
  const mint: Mint = { act: "mint", to, inNew: !application, slot: key, ...expires, because: application ? why : because };
  const previous = keyBefore(options, found);
  return { made, role, mint, entry: { ...of, ...expires, ...(previous && { previous }) } };
}

/**
 * A password that was made for this Secret and is not in it: a run left it that was killed before it wrote the Secret, or a Secret that
 * was deleted. It is noted as the one before, so that the next rotation or revocation ends it. Of several the youngest; the others are
 * for `prune`.
 */
function keyBefore({ key, isOwnKey }: PrincipalOptions, { application, held }: PrincipalFound): Previous | undefined {
  const ours = isOwnKey ? (application?.keys ?? []).filter(({ displayName }) => displayName === key) : [];
  const noted = isOf(held, application) ? held?.previous : undefined;
  if (noted && ours.some(({ keyId }) => keyId === noted.slot)) return noted;
  const [youngest] = ours.sort(byAge);
  return youngest && { slot: youngest.keyId, ...(youngest.madeAt !== undefined && { madeAt: youngest.madeAt }) };
}

const byAge = (a: Key, b: Key) => (b.madeAt ?? "").localeCompare(a.madeAt ?? "");

/** Whether the Secret's login is one of the application, and still of use. */
export const isHeld = ({ application, held, pulls }: PrincipalFound) => pulls !== "no" && isOf(held, application);

const isOf = (held: Entry | undefined, application: Application | undefined) =>
  application !== undefined && held?.kind === "service-principal" && held.identity.toLowerCase() === application.appId.toLowerCase();

const disabled = (name: string, { appId }: ServicePrincipal) =>
  new CliError("conflict", `the service principal "${name}" is disabled`, {
    hint: `az ad sp update --id ${appId} --set accountEnabled=true`,
  });

/** A role is only ever added to: what others let it pull stays. */
function planRole({ name, mode, repositories }: PrincipalOptions, { assignments }: PrincipalFound): Make | Keep {
  const to = { kind: "roleassignment.management.azure.com", name } as const;
  const grants = lacking(repositories, granted(mode, assignments) ?? []);
  if (grants.length === 0) return { act: "keep", to, because: "allows it already" };
  const there = standing(mode, assignments);
  if (!there) return { act: "create", to, after: joinedScopes(repositories, []), grants, because: "there is none" };
  const before = repositoriesOf(there, name);
  return { act: "update", to, before, after: joinedScopes(before, repositories), grants, because: "allows too little" };
}

/** The one application that is meant. @throws CliError conflict where a name stands for several */
export function only(name: string, applications: readonly Application[]): Application | undefined {
  if (applications.length < 2) return applications[0];
  const ids = applications.map(({ appId }) => appId).sort();
  throw new CliError("conflict", `${ids.length} applications are called "${name}": ${ids.join(", ")}`, {
    hint: "name one by its id: --service-principal=APPID",
  });
}

/** The refusal to scope a role to repositories where the registry knows no such roles. */
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

/** When a password made now dies, if Azure shows how long the Secret's last one was to live. */
export function sameLifetime(application: Application | undefined, keyId: string | undefined, now: Date): string | undefined {
  const { madeAt = "", expiresAt = "" } = application?.keys.find((key) => key.keyId === keyId) ?? {};
  return asLong(madeAt, expiresAt, now);
}
