import { isInCluster, nameOf } from "../kinds.ts";
import { isFailed, type Outcome } from "../outcome.ts";
import type { Format } from "./format.ts";
import type { Item } from "./items.ts";
import { printable } from "./printable.ts";

export const name: Format = {
  outcomes: ({ inAzure }) => ({
    each: (outcome) => (isNamed(outcome, inAzure) ? `${printable(nameOf(outcome.to))}\n` : ""),
  }),
  items: (items) => {
    const deleted = new Set(items.flatMap((item) => (item.kind === "Leftover" && item.willDelete ? [item.object] : [])));
    return [...items.flatMap(secretName), ...deleted].map((each) => `${printable(each)}\n`).join("");
  },
};

/** Whether an object is named. kubectl accepts no names of objects in Azure. */
const isNamed = (outcome: Outcome, inAzure: boolean | undefined): boolean =>
  !isFailed(outcome) && outcome.result !== undefined && (inAzure ? outcome.result !== "unchanged" : isInCluster(outcome.to));

const secretName = (item: Item): string[] => (item.kind === "PullSecret" ? [`secret/${item.name}`] : []);
