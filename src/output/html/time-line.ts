import { day, soonDays } from "../../duration.ts";
import { toSeconds } from "../../timestamp.ts";
import type { Place } from "../items.ts";
import { expiryTimeOf, type Html, html, placeOf } from "./parts.ts";

/** How urgent an expiry is. The names are classes of the style sheet. */
type Urgency = "bad" | "soon" | "later";

export function urgencyOf(expiresAt: number, now: Date): Urgency {
  const left = expiresAt - now.getTime();
  return left <= 0 ? "bad" : left <= soonDays * day ? "soon" : "later";
}

/** A Secret, and when its logins expire. `id` is that of its namespace on the page. */
export type Lane = {
  readonly id: string;
  readonly place: Place;
  readonly secret: string;
  readonly logins: readonly { readonly expiresAt?: string | null | undefined }[];
};

/** With more Secrets than this, the time line has a row for each namespace. */
const mostSecrets = 30;

/** The marks of the axis, in days. */
const ticks = [
  { days: 0, text: "now" },
  { days: 90, text: "90 days" },
  { days: 180, text: "180 days" },
  { days: 270, text: "270 days" },
  { days: 365, text: "1 year+" },
] as const;
const last = 365;

const percent = (days: number): string => `${((100 * Math.min(Math.max(days, 0), last)) / last).toFixed(1)}%`;

/** Returns a table with a row for each Secret or namespace that expires. The axis is the same in every report: from now to a year from now. */
export function timeLine(lanes: readonly Lane[], now: Date): Html[] {
  const dated = lanes.map(({ logins, ...lane }) => ({
    ...lane,
    times: logins.flatMap(({ expiresAt }) => Date.parse(expiresAt ?? "") || []),
  }));
  const expiring = dated.filter(({ times }) => times.length > 0);
  if (expiring.length === 0) return [];
  const bySecret = expiring.length <= mostSecrets;
  const groups = Map.groupBy(expiring, ({ id, secret }) => (bySecret ? `${id} ${secret}` : id));
  const rows = [...groups.values()].map((group) => {
    const [{ id, place, secret }] = group as [(typeof group)[number]];
    const link = (name: Html) => html`<a href="#${id}">${name}</a>`;
    const times = group.flatMap((lane) => lane.times).sort((a, b) => a - b);
    const ofSecret = html`${link(html`<code>${secret}</code>`)} <span class="dim">${placeOf(place)}</span>`;
    return { times, title: bySecret ? ofSecret : link(placeOf(place)) };
  });
  const axis = ticks.map(({ days, text }) => {
    const date = toSeconds(new Date(now.getTime() + days * day)).slice(0, 10);
    const anchor = days === 0 ? "start" : days === last ? "end" : "middle";
    const dateText = days > 0 && days < last && html`<text class="date" x="${percent(days)}" y="27" text-anchor="${anchor}">${date}</text>`;
    return html`<text x="${percent(days)}" y="12" text-anchor="${anchor}">${text}</text>${dateText}`;
  });
  const lines = ticks.map(({ days }) => html`<line x1="${percent(days)}" x2="${percent(days)}" y2="100%"/>`);
  return [
    html`<table class="line">
<caption class="hidden">Time left</caption>
<thead><tr><th scope="col">${bySecret ? "Secret" : "Namespace"}</th><th scope="col"><span class="hidden">Time line</span><svg class="axis" width="100%" height="30" aria-hidden="true"><defs><g id="grid">${lines}</g></defs>${axis}</svg></th><th scope="col">Next expiry</th></tr></thead>
<tbody>${rows.toSorted((a, b) => (a.times[0] ?? 0) - (b.times[0] ?? 0)).map((row) => rowOf(row, now))}</tbody>
</table>`,
  ];
}

function rowOf({ title, times }: { readonly title: Html; readonly times: readonly number[] }, now: Date): Html {
  const [first = 0] = times;
  const at = (time: number) => percent((time - now.getTime()) / day);
  const marks = new Map(times.map((time) => [at(time), html`<circle cx="${at(time)}" cy="50%" r="5" class="${urgencyOf(time, now)}"/>`]));
  return html`<tr><th scope="row">${title}</th><td><svg width="100%" height="20" aria-hidden="true"><use href="#grid"/><rect y="50%" height="4" width="${at(first)}" class="${urgencyOf(first, now)}"/>${[...marks.values()]}</svg></td><td>${expiryTimeOf(first, now)}</td></tr>
`;
}
