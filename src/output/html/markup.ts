import { toSeconds } from "../../timestamp.ts";
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
  html`${timeOf(milliseconds)} <span class="dim">${distance(milliseconds - now.getTime())}</span>`;

/** In milliseconds. */
export const day = 86_400_000;
const units = { year: 365 * day, month: 30 * day, day, hour: day / 24, minute: day / 1440 } as const;

const relative = new Intl.RelativeTimeFormat("en");

/** Uses the largest unit that fits twice. */
function distance(milliseconds: number): string {
  const [unit, length] = Object.entries(units).find(([, each]) => Math.abs(milliseconds) >= 2 * each) ?? ["second", 1000];
  return relative.format(Math.trunc(milliseconds / length), unit as keyof typeof units);
}
