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

/** The parts of its place that a line contains: none if there is only one place. */
export type PlaceDetail = "one" | "namespaces" | "clusters";

/** The first columns of a table, which show the place of each row. */
export function placeColumns(where: PlaceDetail) {
  const columns = ({ one: [], namespaces: ["namespace"], clusters: ["context", "namespace"] } as const)[where];
  return {
    header: columns.map((column) => column.toUpperCase()),
    cells: (place: Pick<Ref, "namespace" | "context">) => columns.map((column) => place[column] ?? ""),
  };
}

/** ` in namespace team-a of context prod`. */
export function placeSuffix({ namespace, context }: Ref, where: PlaceDetail): string {
  if (where === "one" || namespace === undefined) return "";
  return placed({ namespace, context: where === "clusters" ? context : undefined });
}

/** `prod/team-a: `, before an error. */
export function placePrefix({ namespace, context }: Ref, where: PlaceDetail): string {
  const parts = [where === "clusters" ? context : undefined, namespace].filter((part) => part !== undefined && part !== "");
  return where === "one" || parts.length === 0 ? "" : `${parts.join("/")}: `;
}
