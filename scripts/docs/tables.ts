import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Flag, sharedFlags } from "../../cmd/line/flags.ts";
import { defaultOf, descriptionOf, groupsOf, listedFlags, typedForm } from "../../cmd/line/help.ts";
import { opened, type Verb } from "../../cmd/verb.ts";
import { verbs } from "../../cmd/verbs.ts";
import { causes } from "../../src/check/cause.ts";
import { fileForm } from "../../src/file/keys.ts";
import { stepRows } from "../../src/source/table.ts";
import { faults } from "../../test/record/faults.ts";
import { root } from "../run.ts";

/** The requests to an API server that test/cluster/plugin/rights.test.ts recorded for each command line. */
type Rights = readonly Readonly<Record<"where" | "group" | "resource" | "verb", string>>[];
type Observed = readonly { readonly line: string; readonly rights: Rights }[];
const observed: Observed = JSON.parse(await readFile(join(root, "docs/rbac.json"), "utf8"));

const all = await Promise.all(verbs.map(opened));

/**
 * Fills the generated places of a page: `<!-- verbs -->`, `<!-- causes -->`, `<!-- steps -->`, `<!-- record -->`,
 * `<!-- rights -->`, `<!-- keys:file -->` and `<!-- flags:create -->`, each up to the comment that closes it.
 */
export function withTables(page: string): string {
  return page
    .replace(/(<!-- verbs -->\n)[\s\S]*?(<!-- \/verbs -->)/g, (_, open, close) => `${open}${verbTable(all)}${close}`)
    .replace(/(<!-- causes -->\n)[\s\S]*?(<!-- \/causes -->)/g, (_, open, close) => `${open}${causeTable()}${close}`)
    .replace(/(<!-- steps -->\n)[\s\S]*?(<!-- \/steps -->)/g, (_, open, close) => `${open}${stepTable()}${close}`)
    .replace(/(<!-- record -->\n)[\s\S]*?(<!-- \/record -->)/g, (_, open, close) => `${open}${recordTable()}${close}`)
    .replace(/(<!-- rights -->\n)[\s\S]*?(<!-- \/rights -->)/g, (_, open, close) => `${open}${rightsTable(observed)}${close}`)
    .replace(/(<!-- keys:(\w+) -->\n)[\s\S]*?(<!-- \/keys -->)/g, (_, open, name, close) => `${open}${keyTable(name)}${close}`)
    .replace(/(<!-- flags:(\S+) -->\n)[\s\S]*?(<!-- \/flags -->)/g, (_, open, name, close) => `${open}${flagTable(name)}${close}`);
}

/** A verb with its own page is a link to that page. */
function verbTable(rows: readonly Verb[]): string {
  const cell = (name: string) => (name === "options" ? `\`${name}\`` : `[\`${name}\`](docs/${name}.md)`);
  return table(
    ["verb", "what it does"],
    rows.map(({ name, summary }) => [cell(name), summary]),
  );
}

/** The kinds that the table of rights calls workloads, if a command lists all of them. */
const workloads = ["replicationcontrollers", "daemonsets", "deployments", "replicasets", "statefulsets", "cronjobs", "jobs"];

function inShort(rights: Rights): Rights {
  const [listed = [], others = []] = [true, false].map((wanted) =>
    rights.filter(({ resource, verb }) => (verb === "list" && workloads.includes(resource)) === wanted),
  );
  return listed.length < workloads.length
    ? rights
    : [...others, ...listed.slice(0, 1).map((right) => ({ ...right, group: "", resource: "workloads" }))];
}

/** The rows of the loop, in their order. */
function stepTable(): string {
  const kinds = { issued: " *", taken: " †" };
  const runs = { create: "create", rotate: "rotate", remove: "delete", undo: "undo" };
  return table(
    ["when", "step", "for", "if the run is killed then"],
    stepRows.map(({ when, does, of, kind, killed = "" }) => [
      when,
      does,
      `${of.length === Object.keys(runs).length ? "all" : of.map((one) => runs[one]).join("/")}${kind ? kinds[kind] : ""}`,
      killed,
    ]),
  );
}

function recordTable(): string {
  return table(
    ["fault", "since", "found", "test"],
    faults.map(({ what, since, found, by, test, gone }) => {
      const label = test?.file.replace(/^test\/unit\/|\.test\.ts$/g, "");
      return [what, since, `${found}, ${by}`, test ? `[${label}](../${test.file})` : `none: ${gone}`];
    }),
  );
}

function rightsTable(rows: Observed): string {
  const cell = (rights: Rights) =>
    [...Map.groupBy(inShort(rights), ({ group, resource }) => `\`${resource}\`${group && ` (${group})`}`)]
      .map(([name, of]) => `${name} ${of.map(({ verb }) => verb).join(", ")}`)
      .join("<br>");
  return table(
    ["command", "in the namespace", "in the whole cluster"],
    rows.map(({ line, rights }) => [
      `\`${line}\``,
      ...["namespace", "cluster"].map((at) => cell(rights.filter(({ where }) => where === at))),
    ]),
  );
}

function causeTable(): string {
  const fails = { fine: "no", note: "with `--strict` or `--image`", failure: "yes" };
  return table(
    ["`cause`", "`verdict`", "can be pulled", "exit code 1"],
    Object.entries(causes).map(([id, { words, pulls, severity }]) => [
      `[\`${id}\`](explain.md#${id})`,
      words,
      pulls === "unknown" ? pulls : pulls ? "yes" : "no",
      fails[severity],
    ]),
  );
}

/** Returns the keys of a file of desired state, or those of the map or the list at a key, except the defaults that the file has too. */
function keyTable(name: string): string {
  const rows = name === "file" ? fileForm.rows : mapsIn(fileForm.rows).find(([key]) => key === name)?.[1];
  if (!rows) throw new Error(`a page wants the keys of ${name}, which is no key with keys`);
  const own = Object.entries(rows).filter(([key, row]) => name === "file" || fileForm.rows?.[key] !== row);
  return table(
    ["key", "meaning", "value", "example", "default"],
    own.map(([key, { describe, form, example, required, fallback }]) => {
      const value = form.words.replace(form.rows ? /,? (?:each|with) .*/ : /, such as .*/, "");
      return [`\`${key}\``, describe, value, `\`${example}\``, required ? "required" : (fallback ?? "")];
    }),
  );
}

const mapsIn = (rows: typeof fileForm.rows = {}): readonly (readonly [string, typeof rows])[] =>
  Object.entries(rows).flatMap(([key, { form }]) => (form.rows ? [[key, form.rows] as const, ...mapsIn(form.rows)] : []));

/** Returns a table for each group of flags in the help of a verb, or of the flags that verbs share. */
function flagTable(name: string): string {
  const verb = all.find((each) => each.name === name);
  if (!verb && name !== "shared") throw new Error(`a page wants the flags of ${name}, which is no verb`);
  const tableOf = ([group, rows]: readonly [string, readonly (readonly [string, Flag])[]]) =>
    table(
      [group, "meaning", "default"],
      rows.map(([name, flag]) => [
        `\`${flag.short ? `-${flag.short}, ` : ""}${typedForm(name, flag)}\``,
        descriptionOf(flag),
        defaultOf(flag) ?? "",
      ]),
    );
  return [...groupsOf(verb ? listedFlags(verb) : sharedFlags)].map(tableOf).join("\n");
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(" | ")} |\n`;
  return line(header) + line(header.map(() => "---")) + rows.map(line).join("");
}

/** In code, an asterisk needs no escape. */
const escaped = (cell: string) =>
  cell
    .replaceAll("|", "\\|")
    .split("`")
    .map((part, at) => (at % 2 === 1 ? part : part.replaceAll("*", "\\*")))
    .join("`");
