import { usage } from "../../src/errors.ts";
import { type Flags, outputGroup } from "./flags.ts";

/** The fields and columns by which a verb sorts, and the value of each. Items without a value are last. */
export type Orders<Item> = Readonly<Record<string, (item: Item) => string | number | undefined>>;

/** Returns the row of `--sort-by`. It accepts a field like kubectl (`.expiresAt`, `{.expiresAt}`), or the header of a column. */
export const sortBy = (orders: Orders<never>) =>
  ({
    "sort-by": {
      type: "string",
      group: outputGroup,
      read: (value) => {
        const field = value.replace(/^\{?\.?(metadata\.)?|\}$/g, "").toLowerCase();
        const found = Object.keys(orders).find((name) => name.toLowerCase() === field);
        if (found !== undefined) return found;
        throw usage(`invalid --sort-by ${JSON.stringify(value)}: must be one of ${Object.keys(orders).join(", ")}`);
      },
      complete: async () => Object.keys(orders),
      value: "FIELD",
      describe: `Sort by a column or a field: ${Object.keys(orders).join(", ")}`,
    },
  }) as const satisfies Flags;

/** Sorts items by a field. Equal items, and all items without a field, keep their order. */
export function sortedBy<Item>(items: readonly Item[], orders: Orders<Item>, field: string | undefined): readonly Item[] {
  const order = field === undefined ? undefined : orders[field];
  if (!order) return items;
  const compare = (a: string | number | undefined, b: typeof a) => {
    if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
    return a < b ? -1 : Number(a > b);
  };
  return items.toSorted((a, b) => compare(order(a), order(b)));
}
