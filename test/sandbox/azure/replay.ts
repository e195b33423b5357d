import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** One exchange with the real Azure. Braces name values that differ each time: `{registry}`, `{time+00:00}`. `…` is an omitted rest. */
export type Case = {
  readonly name: string;
  /** `recorded` is real traffic. For `reported` and `documented` responses, only the given parts are known. */
  readonly seen: string;
  /** The public recording: repository, commit and file. */
  readonly source: string;
  /** Method and URL, with a decoded query. */
  readonly request: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly answer: { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown };
};

export type Names = Readonly<Record<string, string>>;

export const cases: readonly Case[] = JSON.parse(await readFile(join(import.meta.dirname, "recorded.json"), "utf8"));

/** Patterns for names in braces without a given value. */
const shapes: Names = {
  "time+00:00": String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?\+00:00`,
  timeZ: String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z`,
  "timeZ with 7 decimals": String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z`,
  "timeZ in seconds": String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`,
  claims: "[A-Za-z0-9+/]+={0,2}",
  "time without zone": String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`,
  "yyyy-MM-dd HH:mm:ssZ": String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ`,
  guid: "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
  "32 hex": "[0-9a-f]{32}",
  ticks: String.raw`\d{18}`,
  base64url: String.raw`[\w-]{43,}`,
  "16 of a-z0-9": "[a-z0-9]{16}",
  "84 of A-Za-z0-9": "[A-Za-z0-9]{84}",
  "3 characters": ".{3}",
  sha1: "[0-9A-F]{40}",
  jwt: String.raw`ey[\w-]+\.[\w-]+\.[\w-]+`,
};

/** Replaces the names in a text with their values. */
export function fill<T>(value: T, names: Names): T {
  const filled = JSON.stringify(value).replace(/\{([^{}":]+)\}/g, (whole, name: string) => {
    const known = names[name];
    return known === undefined ? whole : JSON.stringify(known).slice(1, -1);
  });
  return JSON.parse(filled);
}

/**
 * Returns the differences of a response from the recorded one, one line per field.
 * A recorded list is a sample: each of its items must have a similar item in the response, and each item of the response a similar one in
 * it. Similar items may differ in their values.
 *
 * @param partly only parts of the response are known, so additional fields are no difference
 */
export function differences(recorded: unknown, answered: unknown, partly: boolean, at = ""): string[] {
  if (typeof recorded === "string") return matches(recorded, answered) ? [] : [`${at} is ${JSON.stringify(answered)}, not ${recorded}`];
  if (Array.isArray(recorded) && Array.isArray(answered)) return ofLists(recorded, answered, partly, at);
  if (isObject(recorded) && isObject(answered)) {
    const missing = Object.keys(recorded).filter((key) => !(key in answered));
    const more = partly ? [] : Object.keys(answered).filter((key) => !(key in recorded));
    return [
      ...missing.map((key) => `${at}.${key} is missing`),
      ...more.map((key) => `${at}.${key} is too much`),
      ...Object.keys(recorded).flatMap((key) => (key in answered ? differences(recorded[key], answered[key], partly, `${at}.${key}`) : [])),
    ];
  }
  return recorded === answered ? [] : [`${at} is ${JSON.stringify(answered)}, not ${JSON.stringify(recorded)}`];
}

function ofLists(recorded: readonly unknown[], answered: readonly unknown[], partly: boolean, at: string): string[] {
  if (recorded.length === 0) return answered.length === 0 ? [] : [`${at} is not empty`];
  const found = recorded.flatMap((item, index) => nearest(answered.map((one) => differences(item, one, partly, `${at}[${index}]`))));
  const unlike = answered.flatMap((one) => nearest(recorded.map((item) => fieldsOf(differences(item, one, partly, `${at}[]`)))));
  return [...new Set([...found, ...unlike])];
}

const nearest = (all: readonly string[][]): string[] => [...all].sort((a, b) => a.length - b.length)[0] ?? ["a list is empty"];
const fieldsOf = (found: readonly string[]) => found.filter((line) => / is (missing|too much)$/.test(line));

function matches(recorded: string, answered: unknown): boolean {
  const source = recorded
    .split(/(\{[^{}]+\}| ?…)/)
    .map((part, index) => (index % 2 === 1 ? (shapes[part.slice(1, -1)] ?? ".*") : part.replace(/[.*+?^$|()[\]\\{}]/g, "\\$&")));
  return typeof answered === "string" && new RegExp(`^${source.join("")}$`, "s").test(answered);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
