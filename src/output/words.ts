import type { Ref } from "../kinds.ts";
import type { DryRun, Outcome } from "../outcome.ts";
import { inLine, placed, shownName } from "../wording.ts";

export const drySuffix: Readonly<Record<DryRun, string>> = { none: "", client: " (dry run)", server: " (server dry run)" };

/** Returns ` (+app/api, -app/wbe)` for the repositories that a scope map gets and loses, and ` (-password1)` for a deleted password. */
export function grantSuffix({ grants = [], withdraws = [], slot }: Outcome): string {
  if (slot !== undefined) return ` (-${slot})`;
  const signed = [...grants.map((name) => `+${shownName(name)}`), ...withdraws.map((name) => `-${shownName(name)}`)];
  return signed.length === 0 ? "" : ` (${inLine(signed)})`;
}

/** Whether a run has one namespace, or several, so that each line contains its namespace. */
export type PlaceDetail = "one" | "namespaces";

/** The first columns of a table, which show the namespace of each row. */
export function placeColumns(where: PlaceDetail) {
  if (where === "one") return { header: [], cells: () => [] };
  return { header: ["NAMESPACE"], cells: ({ namespace = "" }: Pick<Ref, "namespace">) => [namespace] };
}

/** @param home the only namespace that is not named */
const isPlaced = ({ namespace = "" }: Ref, where: PlaceDetail, home = namespace): boolean =>
  namespace !== "" && (where !== "one" || namespace !== home);

/** ` in namespace team-a` */
export const placeSuffix = (to: Ref, where: PlaceDetail, home?: string): string => (isPlaced(to, where, home) ? placed(to) : "");

/** `team-a: `, before an error. */
export const placePrefix = (to: Ref, where: PlaceDetail, home?: string): string => (isPlaced(to, where, home) ? `${to.namespace}: ` : "");
