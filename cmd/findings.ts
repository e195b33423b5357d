import { type CliError, isRefusal } from "../src/errors.ts";
import { errorItem, type Item, itemFormats } from "../src/output/items.ts";
import type { PlaceDetail } from "../src/output/words.ts";
import { printPlaceError } from "./conclude.ts";
import type { Session } from "./session.ts";

/** The reason why a namespace can't be read, or a cluster if the namespace is empty. */
export type Unreadable = { readonly context?: string | undefined; readonly namespace: string; readonly error: CliError };

/** A format for programs: its items include the errors. */
export const isItemFormat = (format: string | undefined): format is keyof typeof itemFormats =>
  Object.keys(itemFormats).includes(format ?? "");

/** Prints items and errors on standard output in a format for programs. */
export async function printItems(
  session: Session,
  format: keyof typeof itemFormats,
  items: readonly Item[],
  unreadable: readonly Unreadable[],
): Promise<void> {
  const errors = unreadable.map(({ error, ...at }) => errorItem(error, at, session.formatCommand));
  session.print(await itemFormats[format]([...items, ...errors]));
}

/**
 * Reads what a verb reports. An error that ends the run is printed as an item too.
 * @throws the same error
 */
export async function reading<T>(session: Session, format: string | undefined, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isItemFormat(format) && isRefusal(error)) await printItems(session, format, [], [{ namespace: session.namespace ?? "", error }]);
    throw error;
  }
}

/** Prints errors for people. @throws CliError of the only namespace, which the entry point prints */
export function printUnreadable(session: Session, unreadable: readonly Unreadable[], where: PlaceDetail): void {
  for (const { error, ...at } of unreadable) {
    if (where === "one" || (at.namespace === "" && where === "namespaces")) throw error;
    printPlaceError(session, error, { kind: "namespace", name: at.namespace, ...at }, where);
  }
}
