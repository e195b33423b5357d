import { nameOf } from "../../src/kinds.ts";
import { age } from "../../src/output/age.ts";
import { printData } from "../../src/output/object.ts";
import { printable, printableJson } from "../../src/output/printable.ts";
import { table } from "../../src/output/table.ts";
import type { PruneRow } from "../../src/plan/prune.ts";

export type Columns = {
  readonly wide: boolean;
  readonly headers: boolean;
  /** The duration that `--older-than` gives. */
  readonly olderThan: string;
  readonly now: Date;
};

/** The table of `prune`. Nobody tells when an ACR token was used last, nor, but for a preview, a password of an application. */
export function pruneTable(rows: readonly PruneRow[], { wide, headers, olderThan, now }: Columns): string {
  const header = ["NAME", "KIND", "FOR", "AGE", "LAST USE", "STATE", ...(wide ? ["CLUSTER", "IDENTITY", "PASSWORDS"] : [])];
  const cells = rows.map(({ to, what, identity, passwords, for: { words, clusters }, madeAt, state, lost }) => {
    const held = lost ? "" : passwords.map(({ slot }) => slot).join(",");
    return [
      to.name,
      what,
      words,
      age(madeAt, now),
      "<unknown>",
      stateIn(state, olderThan),
      ...(wide ? [clusters.join(","), identity, held] : []),
    ];
  });
  return table(header, cells, { headers });
}

const stateIn = (state: PruneRow["state"], olderThan: string) =>
  state === "too recent" ? `too recent (changed less than ${olderThan} ago, see --older-than)` : state;

/** One row as data (`acr-secret/v1`). */
function dataOf({ to, what, kind, identity, passwords, for: { words, clusters }, madeAt, state, goes, lost }: PruneRow) {
  return {
    apiVersion: "acr-secret/v1",
    kind: "Leftover",
    object: nameOf(to),
    what,
    credential: kind,
    ...(identity !== "" && { identity }),
    ...(!lost && { passwords }),
    for: words,
    clusters,
    ...(madeAt !== undefined && { madeAt }),
    state,
    goes,
  };
}

/** How rows are printed for programs. */
export const printed: Readonly<Record<"json" | "jsonl" | "name", (rows: readonly PruneRow[]) => string | Promise<string>>> = {
  json: (rows) => printData({ apiVersion: "acr-secret/v1", kind: "LeftoverList", items: rows.map(dataOf) }, "json"),
  jsonl: (rows) => rows.map((row) => `${printableJson(JSON.stringify(dataOf(row)))}\n`).join(""),
  name: (rows) => [...new Set(rows.filter(({ goes }) => goes).map(({ to }) => `${printable(nameOf(to))}\n`))].join(""),
};
