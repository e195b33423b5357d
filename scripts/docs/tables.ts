import type { Flag, Flags } from "../../cmd/line/flags.ts";
import { opened, type Verb } from "../../cmd/verb.ts";
import { verbs } from "../../cmd/verbs.ts";
import { warnings } from "../../src/plan/warnings.ts";

const all = await Promise.all(verbs.map(opened));

/** Fills a page's marked places: `<!-- verbs -->`, `<!-- warnings -->` and `<!-- flags:create -->`, each up to the comment that closes it. */
export function withTables(page: string): string {
  return page
    .replace(/(<!-- verbs -->\n)[\s\S]*?(<!-- \/verbs -->)/g, (_, open, close) => `${open}${verbTable(all)}${close}`)
    .replace(/(<!-- warnings -->\n)[\s\S]*?(<!-- \/warnings -->)/g, (_, open, close) => `${open}${warningTable()}${close}`)
    .replace(/(<!-- flags:(\S+) -->\n)[\s\S]*?(<!-- \/flags -->)/g, (_, open, name, close) => `${open}${flagTable(flagsOf(name))}${close}`);
}

function flagsOf(name: string): Flags {
  const verb = all.find((each) => each.name === name);
  if (!verb) throw new Error(`a page wants the flags of ${name}, which is no verb`);
  return verb.flags;
}

/** A verb that has a page of its own is a link to it. */
function verbTable(rows: readonly Verb[]): string {
  const cell = (name: string) => (name === "options" ? `\`${name}\`` : `[\`${name}\`](docs/${name}.md)`);
  return table(
    ["verb", "what it does"],
    rows.map(({ name, summary }) => [cell(name), summary]),
  );
}

const warningTable = (): string =>
  table(
    ["id", "of what"],
    Object.entries(warnings).map(([id, means]) => [`\`${id}\``, means]),
  );

function flagTable(flags: Flags): string {
  const rows = Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1));
  return table(
    ["flag", "default", "meaning"],
    rows.map(([name, flag]) => [`\`${flag.short ? `-${flag.short}, ` : ""}--${name}\``, shownDefault(flag), flag.describe]),
  );
}

function shownDefault({ type, default: value }: Flag): string {
  if (value !== undefined) return `\`${value}\``;
  return type === "boolean" ? "`false`" : "";
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("*", "\\*")).join(" | ")} |\n`;
  return line(header) + line(header.map(() => "---")) + rows.map(line).join("");
}
