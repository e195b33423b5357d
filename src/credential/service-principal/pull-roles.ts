import type { RoleAssignment } from "../../azure/principals.ts";
import { CliError } from "../../errors.ts";
import { covers } from "../../registry/repository.ts";
import { repositoriesIn } from "./abac-condition.ts";

/** How a registry decides who may pull what. */
export type Mode = "legacy" | "abac";

/** The role that lets pull and do nothing else, by the mode of the registry (Azure's own identifiers). */
export const pullRole: Readonly<Record<Mode, { readonly id: string; readonly name: string }>> = {
  legacy: { id: "7f951dda-4ed3-4680-a7ca-43fe172d538d", name: "AcrPull" },
  abac: { id: "b93aa761-3e63-49ed-ac28-beffa264f7ac", name: "Container Registry Repository Reader" },
};

/** Roles that let pull too, and more: AcrPush; Container Registry Repository Writer and Contributor. */
const more: Readonly<Record<Mode, readonly string[]>> = {
  legacy: ["8311e382-0749-4cb8-b61a-304f252e45ec"],
  abac: ["2a1e307c-b015-4ebd-883e-5b7698a07328", "2efddaa5-3f1f-4df3-97df-af3f13818f4c"],
};

const isPull = (mode: Mode, { role }: RoleAssignment) => role === pullRole[mode].id || more[mode].includes(role);

/** The repositories that roles let pull, as far as their conditions are understood; undefined where there is no such role. */
export function granted(mode: Mode, assignments: readonly RoleAssignment[]): string[] | undefined {
  const pulling = assignments.filter((one) => isPull(mode, one));
  if (pulling.length === 0) return undefined;
  const all = [...new Set(pulling.flatMap(({ condition }) => repositoriesIn(condition) ?? []))].sort();
  return all.includes("*") ? ["*"] : all;
}

/** The assignment of the role that lets pull, on the registry itself: Azure has one for a principal at most. */
export const standing = (mode: Mode, assignments: readonly RoleAssignment[]): RoleAssignment | undefined =>
  assignments.find(({ role, here }) => here && role === pullRole[mode].id);

/** The repositories that are not covered yet. */
export const lacking = (wanted: readonly string[], had: readonly string[]): string[] =>
  wanted.filter((repository) => !had.some((scope) => scope === repository || covers(scope, repository)));

/** All of both. */
export function joinedScopes(some: readonly string[], others: readonly string[]): string[] {
  const all = [...new Set([...some, ...others])].sort();
  return all.includes("*") ? ["*"] : all;
}

/**
 * The repositories of a standing assignment, to which others may be added.
 * @throws CliError conflict where somebody else wrote it
 */
export function repositoriesOf({ ours, condition, name }: RoleAssignment, principal: string): string[] {
  const repositories = repositoriesIn(condition);
  if (ours && repositories) return repositories;
  throw new CliError("conflict", `the role of "${principal}" on the registry has a condition that somebody else wrote`, {
    hint: `name another service principal, or let the repositories into the condition of role assignment ${name} yourself`,
  });
}
