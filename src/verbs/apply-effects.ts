import type { Entry } from "../file/entry.ts";
import { isInCluster, keyOf, nameOf, type Ref, targetKinds } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import { isFailed, type Outcome } from "../outcome.ts";
import { dueAt } from "../secret/due.ts";
import { credentialOf } from "../secret/record.ts";
import { toSeconds } from "../timestamp.ts";
import { counted, inLine, nameInPlace, pluralize } from "../wording.ts";
import { describeTokens, type TokenPlan } from "./apply-limits.ts";

/** A source to make as its entry says, or to take away, with the repositories of its credential. */
type Step = {
  readonly source: Ref<"secret">;
  readonly entry?: Pick<Entry, "olderThan">;
  readonly described?: { readonly granted: readonly string[] | undefined };
};

export type Effects = ReturnType<typeof openEffects>;

/** Collects what a run changes for teams, and when it must run again. @param now in milliseconds */
export function openEffects(now: number) {
  // Sets, because a run may come to a source twice
  const gains = new Set<string>();
  const loses = new Set<string>();
  /** When the passwords of the sources are due, and when they expire. */
  const ends = new Map<string, { readonly source: Ref; readonly due: number; readonly end: number }>();
  const generated = new Set<string>();
  const revoked = new Set<string>();
  const accounts = new Map<string, Set<string>>();
  const registries: string[] = [];
  const ended = new Set<string>();

  function seeSource(source: Ref<"secret">, { olderThan }: Pick<Entry, "olderThan">, { object, unmade }: Outcome): void {
    const credential = credentialOf(object as Secret | undefined);
    if (!credential) return;
    const key = keyOf(source);
    if (unmade) generated.add(key);
    ends.set(key, { source, due: dueAt(credential, olderThan, now), end: Date.parse(credential.expiresAt ?? "") });
  }

  function seeMissing({ to, error }: Outcome): void {
    if (error?.kind !== "notFound" || !targetKinds.some((kind) => kind === to.kind)) return;
    accounts.set(nameOf(to), (accounts.get(nameOf(to)) ?? new Set()).add(to.namespace ?? ""));
  }

  function seeAccess({ source, described }: Step, { to, result, grants = [], withdraws = [] }: Outcome): void {
    const isRevoked = result === "deleted" && !isInCluster(to) && !revoked.has(keyOf(source));
    if (isRevoked) revoked.add(keyOf(source));
    const lost = isRevoked ? (described?.granted ?? []) : withdraws;
    if (grants.length > 0) gains.add(`${nameInPlace(source)} (${inLine(grants)})`);
    if (lost.length > 0) loses.add(`${nameInPlace(source)} (${inLine(lost)})`);
  }

  const earliest = (of: "due" | "end") =>
    [...ends.values()]
      .filter((one) => Number.isFinite(one[of]))
      .toSorted((a, b) => a[of] - b[of] || nameInPlace(a.source).localeCompare(nameInPlace(b.source)))[0];

  const passwords = () =>
    [
      ...(generated.size > 0 ? [`${generated.size} generated`] : []),
      ...(ended.size > 0 ? [`${ended.size} ended`] : []),
      ...(revoked.size > 0 ? [`${counted(revoked.size, "credential")} revoked`] : []),
    ].join(", ");

  return {
    see(step: Step, outcome: Outcome): void {
      const { to, slot } = outcome;
      if (isFailed(outcome)) seeMissing(outcome);
      else if (slot === undefined) seeAccess(step, outcome);
      else ended.add(`${nameOf(to)} ${slot}`);
      if (step.entry && keyOf(to) === keyOf(step.source)) seeSource(step.source, step.entry, outcome);
    },
    seeTokens(plan: TokenPlan, limit: number | undefined): void {
      registries.push(`Registry ${plan.at.name}: ${describeTokens(plan, limit)}`);
    },
    /** Before this time, the run must be repeated: the first password expires then. RFC 3339; undefined if none expires. */
    get deadline(): string | undefined {
      const first = earliest("end");
      return first && toSeconds(new Date(first.end));
    },
    /** The effects of a dry run, in lines. */
    lines(): readonly string[] {
      const next = earliest("due");
      const missing = [...accounts].map(([name, at]) => {
        const have = pluralize(at.size, "namespace has", "namespaces have");
        return `${at.size} ${have} no ${name}: ${inLine([...at])}`;
      });
      return [
        ...(gains.size > 0 ? [`New access: ${inLine([...gains].toSorted())}`] : []),
        ...(loses.size > 0 ? [`Lost access: ${inLine([...loses].toSorted())}`] : []),
        ...registries,
        ...(passwords() ? [`Passwords: ${passwords()}`] : []),
        ...(next ? [`Next rotation: ${nameInPlace(next.source)} at ${toSeconds(new Date(next.due))}`] : []),
        ...missing,
      ];
    },
  };
}
