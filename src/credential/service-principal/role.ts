import { CliError } from "../../errors.ts";
import type { Change, Make } from "../../plan/change.ts";
import { patiently } from "../retry.ts";
import { conditionOf } from "./abac-condition.ts";
import { granted, joinedScopes, lacking, pullRole, repositoriesOf, standing } from "./pull-roles.ts";
import { isRefused, isUsed, type Outside, principalOf, type State } from "./state.ts";

type Writer = (it: State, change: Make) => Promise<void>;

/** Gives principals the role that lets pull, and takes just that back. */
export function roleWriter({ azure, registry, mode, patience }: Outside): Partial<Record<Change["act"], Writer>> {
  const role = pullRole[mode].id;
  const of = (it: State) => ({ principalId: principalOf(it).id, role });
  const assignments = (it: State) => azure.roleAssignments(registry, principalOf(it).id);
  const put = (it: State, repositories: readonly string[]) =>
    azure.assignRole(registry, { ...of(it), condition: conditionOf(repositories) });

  async function now(it: State): Promise<string[] | undefined> {
    const there = standing(mode, await assignments(it));
    return there && repositoriesOf(there, it.name);
  }

  /** Others may have given it since it was looked at: only our own difference is made. */
  async function write(it: State, { after: wanted = [] }: Make): Promise<void> {
    it.asked.role = true;
    const isNew = it.made.principal !== undefined;
    const before = isNew ? undefined : await now(it);
    if (before && lacking(wanted, before).length === 0) return;
    const after = joinedScopes(before ?? [], wanted);
    it.written = { before, after };
    await patiently(isNew || it.existing !== undefined, patience, () => put(it, after)).catch((error: unknown) =>
      unlessGiven(it, wanted, error),
    );
  }

  /** Somebody may have given it a moment ago under another name, which is as good. */
  async function unlessGiven(it: State, wanted: readonly string[], error: unknown): Promise<void> {
    if (isRefused(error)) it.written = undefined;
    const isThere = error instanceof CliError && error.kind === "conflict";
    const had = isThere ? granted(mode, await assignments(it)) : undefined;
    if (!had || lacking(wanted, had).length > 0) throw error;
  }

  async function takeBack(it: State): Promise<void> {
    if (!it.written || (await isUsed(it, azure))) return;
    const { before = [], after } = it.written;
    const added = after.filter((name) => !before.includes(name));
    const others = ((await now(it)) ?? []).filter((name) => !added.includes(name));
    const left = joinedScopes(before, others);
    await (left.length > 0 ? put(it, left) : azure.unassignRole(registry, of(it)));
    it.written = undefined;
  }

  return { create: write, update: (it, change) => (it.asked.role ? takeBack(it) : write(it, change)), delete: takeBack };
}
