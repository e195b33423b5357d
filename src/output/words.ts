import type { DryRun } from "../actions/outcome.ts";
import type { Ref } from "../kinds.ts";
import type { Act, ChangeOf } from "../plan/change.ts";
import { inLine, placed } from "../plan/wording.ts";

export const drySuffix: Readonly<Record<DryRun, string>> = { none: "", client: " (dry run)", server: " (server dry run)" };

/**
 * Returns ` (+app/api, +app/web)` for the repositories that a scope map gets, and ` (-password1)` for a deleted password. An invalid
 * repository name is quoted, so it can't imitate several.
 */
export function grantSuffix(change: ChangeOf<Act>): string {
  if (change.act === "delete" && change.slot !== undefined) return ` (-${change.slot})`;
  const grants = ("grants" in change && change.grants) || [];
  if (grants.length === 0) return "";
  return ` (${inLine(grants.map((name) => `+${/^[\w./*-]+$/.test(name) ? name : JSON.stringify(name)}`))})`;
}

/** Whether a run has one namespace, or several, so that each line contains its namespace. */
export type PlaceDetail = "one" | "namespaces";

/** The first columns of a table, which show the namespace of each row. */
export function placeColumns(where: PlaceDetail) {
  if (where === "one") return { header: [], cells: () => [] };
  return { header: ["NAMESPACE"], cells: ({ namespace = "" }: Pick<Ref, "namespace">) => [namespace] };
}

/** ` in namespace team-a`. */
export function placeSuffix({ namespace }: Ref, where: PlaceDetail): string {
  if (where === "one" || namespace === undefined) return "";
  return placed({ namespace });
}

/** `team-a: `, before an error. */
export const placePrefix = ({ namespace = "" }: Ref, where: PlaceDetail): string =>
  where === "one" || namespace === "" ? "" : `${namespace}: `;
