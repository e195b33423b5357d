import { fromNow } from "../../duration.ts";
import { linesIn } from "../../errors.ts";
import { toSeconds } from "../../timestamp.ts";
import type { Place } from "../items.ts";
import { printable } from "../printable.ts";

/** Text that is escaped already. */
export type Html = { readonly markup: string };

type Value = Html | string | number | false | undefined | readonly Value[];

/** Builds markup. Every value that is not markup is escaped. Lists are joined. `false` and `undefined` are empty. */
export const html = (texts: TemplateStringsArray, ...values: readonly Value[]): Html => ({
  markup: texts.reduce((markup, text, at) => markup + markupOf(values[at - 1]) + text),
});

function markupOf(value: Value): string {
  if (value === undefined || value === false) return "";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return printable(value).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
  return "markup" in value ? value.markup : value.map(markupOf).join("");
}

/** Formats a time in milliseconds as RFC 3339. */
export function timeOf(milliseconds: number): Html {
  const time = toSeconds(new Date(milliseconds));
  return html`<time datetime="${time}">${time.replace("T", " ")}</time>`;
}

/** Formats a time as RFC 3339 and relative to the time of the report: `in 29 days`. */
export const expiryTimeOf = (milliseconds: number, now: Date): Html =>
  html`${timeOf(milliseconds)} <span class="dim">${fromNow(milliseconds - now.getTime())}</span>`;

/** The content of a report. */
export type Content = {
  /** The result in one sentence. */
  readonly title: string;
  readonly counts: readonly Count[];
  readonly sections: readonly Html[];
};

/** A part of all items. `look` is a class of the style sheet. */
type Count = { readonly look: string; readonly text: string; readonly count: number };

/** Returns the name of a namespace, or `cluster`. */
export function placeOf(place: Place): Html {
  const { namespace: name = "" } = place;
  return name !== "" ? html`<code>${name}</code>` : html`cluster`;
}

/** Returns a message. The causes of an error have lines of their own. */
export const messageLines = (message: string): Html => html`${linesIn(message).map((line, at) => html`${at > 0 && html`<br>`}${line}`)}`;

/** Returns a section; nothing if it has no content. */
export const section = (title: string, content: readonly Html[]): Html =>
  content.length === 0 ? html`` : html`<section><h2>${title}</h2>\n${content}</section>\n`;

/** The items of one namespace. */
export type Group<T> = { readonly id: string; readonly place: Place; readonly items: readonly T[] };

export const byNamespace = <T extends Place>(all: readonly T[]): Group<T>[] =>
  [...Map.groupBy(all, ({ namespace }) => namespace)].map(([namespace, items], at) => ({
    id: `n${at + 1}`,
    place: { namespace },
    items,
  }));

/** `look` is a class of the style sheet. */
type Table = { readonly look: string; readonly summary: Html; readonly columns: readonly string[]; readonly rows: readonly Html[] };

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
