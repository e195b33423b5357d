import { counted, joinNames, pluralize } from "../../wording.ts";
import { type ImageCheck, imageUsers, nextCommandOf } from "../items.ts";
import { bySeverity, stateOf } from "../verdicts.ts";
import { byNamespace, type Content, type Group, type Html, html, messageLines, namespaceTable, placeOf, section } from "./parts.ts";
import { type Lane, timeLine } from "./time-line.ts";

/** The classes of the style sheet. */
const looks = { fails: "bad", unchecked: "soon", pulls: "fine" } as const;

const lookOf = (item: ImageCheck): string => looks[stateOf(item)];

const failText = (count: number): string => pluralize(count, "fails", "fail");

/** Returns the report of `check`: failures first, then when the Secrets expire, then every image. */
export function checkContent(items: readonly ImageCheck[], now: Date): Content {
  const { fails: bad = [], unchecked: soon = [], pulls: fine = [] } = Object.groupBy(items, stateOf);
  const groups = byNamespace(items);
  return {
    title: titleOf(items.length, bad.length, fine.length),
    counts: [
      { look: "bad", text: failText(bad.length), count: bad.length },
      { look: "soon", text: "not checked", count: soon.length },
      { look: "fine", text: pluralize(fine.length, "pulls", "pull"), count: fine.length },
    ],
    sections: [
      section("Failures", cards(bad)),
      section("Not checked", cards(soon)),
      section("Expiry of the Secrets in use", timeLine(groups.flatMap(lanesOf), now)),
      section("Images by namespace", groups.map(tableOf)),
    ],
  };
}

function titleOf(all: number, bad: number, fine: number): string {
  if (all === 0) return "No images to check";
  if (bad > 0) return `${bad} of ${counted(all, "image")} ${failText(bad)}`;
  return fine === all && all > 1 ? `All ${all} images can be pulled` : `${fine} of ${counted(all, "image")} can be pulled`;
}

/** Returns a card for each fix, with the images that it fixes. */
function cards(items: readonly ImageCheck[]): Html[] {
  const groups = Map.groupBy(items, (item) => JSON.stringify([item.namespace, nextCommandOf(item) ?? [item.cause, item.message]]));
  return [...groups.values()].map((group) => {
    const [first] = group as [ImageCheck];
    const next = nextCommandOf(first);
    const unique = (texts: readonly string[]) => [...new Set(texts)];
    const registry = unique(group.flatMap(({ registryMessages }) => registryMessages));
    const notes = unique(group.flatMap((item) => item.notes));
    return html`<article class="${lookOf(first)}">
<h3>${unique(group.map(({ verdict }) => verdict)).join(", ")} <span class="dim">${placeOf(first)}</span></h3>
${[...Map.groupBy(group, ({ message }) => message).values()].map(reasonOf)}${registry.map((text) => html`<blockquote>${text}</blockquote>\n`)}${
  notes.length > 0 && html`<ul>${notes.map((note) => html`<li>${note}</li>`)}</ul>\n`
}${next !== undefined && html`<pre><code>${next}</code></pre>`}</article>
`;
  });
}

/** Returns the images that fail for the same reason, and the reason. */
const reasonOf = (items: readonly ImageCheck[]): Html =>
  html`<p>${items.map((item) => html`<code class="image">${item.image}</code> <span class="dim">${usersOf(item)}</span><br>`)}${messageLines(items[0]?.message ?? "")}</p>
`;

const usersOf = (item: ImageCheck): string => joinNames(imageUsers(item));

/** Returns the recorded times of expiry of each Secret. */
const lanesOf = ({ id, place, items }: Group<ImageCheck>): Lane[] =>
  [...Map.groupBy(items, ({ secret }) => secret)].map(([secret, logins]) => ({ id, place, secret, logins }));

const rowOf = (item: ImageCheck): Html =>
  html`<tr><th scope="row"><code>${item.image}</code></th><td>${usersOf(item)}</td><td>${item.secret}${item.file && html` <span class="dim">file ${item.file.name}</span>`}</td><td><b class="${lookOf(item)}">${item.verdict}</b>${item.proof === "cluster" && html` <span class="dim">in the cluster</span>`}</td></tr>
`;

function tableOf(group: Group<ImageCheck>): Html {
  const { items } = group;
  const bad = items.filter(({ ok }) => !ok).length;
  return namespaceTable(group, {
    look: "images",
    summary: html`${counted(items.length, "image")}${bad > 0 && html`, <b class="bad">${bad} ${failText(bad)}</b>`}`,
    columns: ["Image", "Used by", "Secret", "Result"],
    rows: bySeverity(items).map(rowOf),
  });
}
