// npm run prose [-- --list] [PATH…]: checks the words of pages, messages (with the help), comments and test names with Vale. Prints the
// alerts below these paths, and how many alerts 100 texts have. `--list` prints every message with its place instead.
import { readTexts } from "./prose/texts.ts";
import { type Alert, checkPages, checkTexts } from "./prose/vale.ts";

const [first, ...others] = process.argv.slice(2);
const lists = first === "--list";
const paths = lists || first === undefined ? others : [first, ...others];
const isBelow = ({ file }: { readonly file: string }) => paths.length === 0 || paths.some((path) => file.startsWith(path));
const say = (line: string) => process.stdout.write(`${line}\n`);

const texts = readTexts();
if (lists) {
  for (const { file, line, text } of texts.messages.filter(isBelow)) say(`${file}:${line}: ${text}`);
} else {
  const rows: [kind: string, count: number, alerts: readonly Alert[]][] = [["pages", Number.NaN, (await checkPages()).filter(isBelow)]];
  for (const kind of ["messages", "comments", "tests", "rows"] as const) {
    const below = texts[kind].filter(isBelow);
    rows.push([kind, below.length, await checkTexts(kind, below)]);
  }
  for (const [kind, , alerts] of rows)
    for (const { file, line, severity, message, text } of alerts) say(`${kind} ${file}:${line}: ${severity}: ${message}\n    ${text}`);
  for (const [kind, count, alerts] of rows) {
    const errors = alerts.filter(({ severity }) => severity === "error").length;
    const share = Number.isNaN(count) ? "" : `, ${((100 * alerts.length) / Math.max(1, count)).toFixed(1)} per 100 of ${count}`;
    say(`${kind}: ${errors} errors, ${alerts.length - errors} warnings${share}`);
  }
}
