import { nearest } from "../nearest.ts";
import type { Located, Member } from "./located.ts";

/** A value with its place: the offset of its first character in the file. */
export type Placed<T> = { readonly at: number; readonly value: T };

export type ReportProblem = (at: number, problem: string) => void;

/** The part of a JSON Schema (draft 7) that describes a value. */
type Schema = Readonly<Record<string, unknown>>;

/** What a value of the file may be: how it is described, and how it is read. */
export type ValueForm<T> = {
  /** Completes "must be". */
  readonly words: string;
  readonly schema: Schema;
  /** The keys of the map, or of the maps in the list. */
  readonly rows?: Rows | undefined;
  /** Reports each problem. @returns undefined if the value itself has one */
  read(value: Located, key: string, report: ReportProblem): T | undefined;
};

/** A key of a map. */
export type Row<T = unknown> = {
  readonly form: ValueForm<T>;
  readonly describe: string;
  /** In YAML. */
  readonly example: string;
  readonly required?: true;
  /** The default in words. */
  readonly fallback?: string;
};

type Rows = Readonly<Record<string, Row>>;

/** The keys that a map has, and their values; undefined for an invalid one. */
type ReadMap<R extends Rows> = {
  readonly [K in keyof R]?: R[K] extends Row<infer T> ? Placed<T | undefined> : never;
};

/** A text that matches a pattern. @param parse returns undefined for an invalid text */
export function textForm<T = string>(
  words: string,
  pattern: RegExp,
  parse: (text: string) => T | undefined = (one) => one as T,
): ValueForm<T> {
  return {
    words,
    schema: { type: "string", pattern: pattern.source },
    read(value, key, report) {
      const found = value.type === "text" && pattern.test(value.text) ? parse(value.text) : undefined;
      if (found === undefined) report(value.at, `${invalid(key, value)}: must be ${words}`);
      return found;
    },
  };
}

export function choiceForm<const W extends string>(choices: readonly W[]): ValueForm<W> {
  const words = choices.join(" or ");
  return {
    words,
    schema: { enum: choices },
    read(value, key, report) {
      const written = value.type === "text" ? value.text : "";
      const found = choices.find((each) => each === written);
      if (found === undefined) report(value.at, `${invalid(key, value)}: must be ${words}${suggestion(written, choices)}`);
      return found;
    },
  };
}

/** A list of at least one value, unless it may be empty. Its valid items are read even if others are invalid. */
export function listForm<T>(
  { words: each, schema, rows, read }: ValueForm<T>,
  plural: string,
  { mayBeEmpty }: { readonly mayBeEmpty?: true } = {},
): ValueForm<readonly Placed<T>[]> {
  const words = `a list of ${plural}, each ${each}`;
  return {
    words,
    schema: { type: "array", minItems: mayBeEmpty ? 0 : 1, items: schema },
    rows,
    read(value, key, report) {
      if (value.type !== "list" || (value.items.length === 0 && !mayBeEmpty)) {
        report(value.at, `${invalid(key, value)}: must be ${words}`);
        return undefined;
      }
      return value.items.flatMap((item) => {
        const found = read(item, key, report);
        return found === undefined ? [] : { at: item.at, value: found };
      });
    },
  };
}

type Rules = {
  /** Exactly one key of each of these groups is required. */
  readonly oneOf?: readonly (readonly string[])[];
  /** Keys that cannot be used together. */
  readonly apart?: readonly (readonly [string, string])[];
  readonly schema?: Schema;
};

/** A map with the keys of a table. Its valid values are read even if others are invalid. */
export function mapForm<R extends Rows>(rows: R, rules: Rules = {}): ValueForm<ReadMap<R>> {
  const known = Object.keys(rows);
  const required = known.filter((key) => rows[key]?.required);
  const words = `a map with ${known.join(", ")}`;

  function readMember({ key, at, value }: Member, found: Record<string, Placed<unknown>>, report: ReportProblem): void {
    const row = Object.hasOwn(rows, key) ? rows[key] : undefined;
    if (!row) report(at, `unknown key${isPrintable(key) ? ` ${quoted(key)}` : ""}${suggestion(key, known)}`);
    else if (Object.hasOwn(found, key)) report(at, `duplicate key ${quoted(key)}`);
    else found[key] = { at: value.at, value: row.form.read(value, key, report) };
  }

  return {
    words,
    rows,
    schema: { ...objectSchema(rows, required), ...groupSchema(rules), ...rules.schema },
    read(value, key, report) {
      if (value.type !== "map" || value.members.length === 0) {
        report(value.at, `${invalid(key, value)}: must be ${words}`);
        return undefined;
      }
      const found: Record<string, Placed<unknown>> = {};
      for (const member of value.members) readMember(member, found, report);
      for (const each of required.filter((one) => !found[one])) report(value.at, `required key ${JSON.stringify(each)} not set`);
      reportConflicts(value.at, found, rules, report);
      return found as ReadMap<R>;
    },
  };
}

type Found = Readonly<Record<string, Placed<unknown>>>;

function reportConflicts(at: number, found: Found, { oneOf = [], apart = [] }: Rules, report: ReportProblem): void {
  const none = oneOf.filter((group) => !group.some((key) => found[key]));
  for (const group of none) report(at, `required key not set: ${group.join(" or ")}`);
  for (const group of [...oneOf, ...apart]) {
    const [first, second = ""] = group.filter((key) => found[key]);
    if (found[second]) report(found[second].at, `${JSON.stringify(second)} cannot be used with ${JSON.stringify(first)}`);
  }
}

function objectSchema(rows: Rows, required: readonly string[]): Schema {
  const properties = Object.entries(rows).map(([key, { form, describe, fallback }]) => {
    const description = fallback === undefined ? describe : `${describe} Default: ${fallback}.`;
    return [key, { description, ...form.schema }];
  });
  const needs = required.length > 0 ? { required } : { minProperties: 1 };
  return { type: "object", ...needs, properties: Object.fromEntries(properties), additionalProperties: false };
}

function groupSchema({ oneOf = [], apart = [] }: Rules): Schema {
  const exact = oneOf.map((group) => ({ oneOf: group.map((key) => ({ required: [key] })) }));
  const all = [...exact, ...apart.map((keys) => ({ not: { required: keys } }))];
  return all.length > 0 ? { allOf: all } : {};
}

const invalid = (key: string, value: Located): string => `invalid ${key}${value.type === "text" ? ` ${quoted(value.text)}` : ""}`;

const suggestion = (word: string, known: readonly string[]): string => {
  const best = nearest(word.slice(0, longest).toLowerCase(), known);
  return best === undefined ? "" : `; did you mean ${JSON.stringify(best)}?`;
};

/** A folder may have a file that is no YAML, such as a list of password hashes (crypt(5)). Its lines are keys. */
const isPrintable = (key: string): boolean => key.length <= 40 && !key.includes("$");

/** The longest text that a message repeats. */
const longest = 80;

const quoted = (written: string): string => JSON.stringify(written.length > longest ? `${written.slice(0, longest)}…` : written);
