import { createHash } from "node:crypto";
import { counted } from "../../wording.ts";
import type { Report } from "../format.ts";
import type { ErrorItem, ImageCheck, Item, Place, PullSecretItem } from "../items.ts";
import { checkContent } from "./check.ts";
import { listContent } from "./list.ts";
import { type Content, type Html, html, messageLines, placeOf, section, timeOf } from "./parts.ts";
import { styles } from "./styles.ts";

/** Returns the report of `check` or `list` as one HTML file. Its policy allows no scripts, no requests and no other styles. */
export function htmlPage(items: readonly Item[], { verb, now, version }: Report): string {
  const found = items.flatMap((item) => (item.kind === "ImageCheck" || item.kind === "PullSecret" ? [item] : []));
  const errors = items.filter((item) => item.kind === "Error");
  const content = verb === "check" ? checkContent(found as ImageCheck[], now) : listContent(found as PullSecretItem[], now);
  const title = found.length === 0 && errors.length > 0 ? "Nothing could be read" : content.title;
  const facts = [...scopeOf(found), ...(errors.length > 0 ? [`${errors.length} not read`] : [])];
  const styleHash = createHash("sha256").update(styles).digest("base64");
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${{ markup: styleHash }}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${{ markup: styles }}</style>
</head>
<body>
<header>
<p class="dim">kubectl acr-secret ${verb}</p>
<h1>${title}</h1>
<p>${timeOf(now.getTime())}${facts.map((fact) => ` · ${fact}`)}</p>
${proportions(content.counts)}</header>
<main>
${section("Not read", errors.map(errorCard))}${content.sections}</main>
<footer><p>kubectl acr-secret ${version} made this report. It contains no passwords. Times are in UTC.</p></footer>
</body>
</html>
`.markup;
}

function scopeOf(found: readonly Place[]): string[] {
  const { size } = new Set(found.map(({ namespace }) => namespace));
  return size > 0 ? [counted(size, "namespace")] : [];
}

/** Returns a bar with a part for each count, and the counts as a list. */
function proportions(all: Content["counts"]): Html {
  const counts = all.filter(({ count }) => count > 0);
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const percent = (count: number) => `${((100 * count) / total).toFixed(2)}%`;
  const startOf = (at: number) => counts.slice(0, at).reduce((sum, { count }) => sum + count, 0);
  const parts = counts.map(
    ({ look, count }, at) => html`<rect class="${look}" x="${percent(startOf(at))}" width="${percent(count)}" height="100%"/>`,
  );
  const dot = (look: string) =>
    html`<svg width="10" height="10" aria-hidden="true"><circle class="${look}" cx="50%" cy="50%" r="5"/></svg>`;
  if (total === 0) return html``;
  return html`<svg class="bar" width="100%" height="10" aria-hidden="true">${parts}</svg>
<ul class="counts">${counts.map(({ look, text, count }) => html`<li>${dot(look)}<b>${count}</b> ${text}</li>`)}</ul>
`;
}

const errorCard = ({ message, hint, ...place }: ErrorItem): Html =>
  html`<article class="bad"><h3>${placeOf(place)}</h3><p>${messageLines(message)}</p>${hint !== undefined && html`<pre><code>${hint}</code></pre>`}</article>
`;
