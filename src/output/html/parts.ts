import { linesIn } from "../../errors.ts";
import { type Html, html } from "./markup.ts";

/** The namespace of an item. `context` is only set if a run selects contexts. */
export type Place = { readonly context?: string | undefined; readonly namespace?: string | undefined };

/** The content of a report. */
export type Content = {
  /** The result in one sentence. */
  readonly title: string;
  readonly counts: readonly Count[];
  readonly sections: readonly Html[];
};

/** A part of all items. `look` is a class of the style sheet. */
export type Count = { readonly look: string; readonly text: string; readonly count: number };

export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Returns the name of a namespace or a cluster: `prod/web`. */
export function placeOf({ context, namespace }: Place): Html {
  const names = [context, namespace].filter((name) => name !== undefined);
  return names.length > 0 ? html`<code>${names.join("/")}</code>` : html`cluster`;
}

/** Returns a message. The causes of an error have lines of their own. */
export const messageLines = (message: string): Html => html`${linesIn(message).map((line, at) => html`${at > 0 && html`<br>`}${line}`)}`;

/** Returns a section; nothing if it has no content. */
export const section = (title: string, content: readonly Html[]): Html =>
  content.length === 0 ? html`` : html`<section><h2>${title}</h2>\n${content}</section>\n`;

/** The items of one namespace. */
export type Group<T> = { readonly id: string; readonly place: Place; readonly items: readonly T[] };

export const byNamespace = <T extends Place>(all: readonly T[]): Group<T>[] =>
  [...Map.groupBy(all, ({ context, namespace }) => JSON.stringify([context, namespace])).values()].map((items, at) => ({
    id: `n${at + 1}`,
    place: { context: items[0]?.context, namespace: items[0]?.namespace },
    items,
  }));

type Table = {
  /** Its class. */
  readonly look: string;
  readonly summary: Html;
  readonly columns: readonly string[];
  readonly rows: readonly Html[];
};

/** A longer table is closed at first, except on paper. */
const few = 20;

/** Returns the table of a namespace. */
export const namespaceTable = ({ id, place, items }: Group<unknown>, { look, summary, columns, rows }: Table): Html =>
  html`<details id="${id}"${items.length <= few && html` open`}><summary><h3>${placeOf(place)}</h3> <span class="dim">${summary}</span></summary>
<table class="${look}"><caption class="hidden">${placeOf(place)}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>
${rows}</tbody></table></details>
`;
