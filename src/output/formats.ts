import type { Format } from "./format.ts";

/** The results that verbs print. A verb has the formats whose rows name its results. */
type Results =
  /** What a run did with objects: attach, detach, rotate, delete, secretless. */
  | "outcomes"
  /** The same for create. */
  | "source"
  | "checks"
  | "secrets"
  /** What prune found, or deleted. */
  | "leftovers"
  /** Everything else that a verb prints at its end: doctor, explain, schedule, version. */
  | "data";

type Row = {
  readonly of: readonly Results[];
  /** Absent: the verb prints its own table. */
  readonly open?: () => Promise<Format>;
};

/** The formats of `-o`, in the order of the help. A new format is a row here and a file, which is loaded at its first use. */
const rows = {
  /** The objects as the API server has them, or items of acr-secret/v1 in one list. */
  json: {
    of: ["outcomes", "source", "checks", "secrets", "leftovers", "data"],
    open: async () => (await import("./json.ts")).json,
  },
  /** The same as YAML. */
  yaml: {
    of: ["outcomes", "source", "checks", "secrets", "data"],
    open: async () => (await import("./json.ts")).yaml,
  },
  /** The names of the objects, as arguments of kubectl. */
  name: {
    of: ["outcomes", "source", "secrets", "leftovers"],
    open: async () => (await import("./name.ts")).name,
  },
  /** One item of acr-secret/v1 on each line, errors included. */
  jsonl: {
    of: ["outcomes", "source", "checks", "secrets", "leftovers"],
    open: async () => (await import("./json.ts")).jsonl,
  },
  /** A file of desired state to commit. */
  file: { of: ["source"], open: async () => (await import("./file.ts")).file },
  /** A report of tests for a pipeline. */
  junit: { of: ["checks"], open: async () => ({ items: (await import("./junit.ts")).junit }) },
  /** Metrics for Prometheus. */
  openmetrics: { of: ["checks", "secrets"], open: async () => ({ items: (await import("./openmetrics.ts")).openmetrics }) },
  /** A page to read and to archive. */
  html: { of: ["checks", "secrets"], open: async () => ({ items: (await import("./html/page.ts")).htmlPage }) },
  /** The table with more columns. */
  wide: { of: ["checks", "secrets", "leftovers"] },
} as const satisfies Readonly<Record<string, Row>>;

export type FormatName = keyof typeof rows;

/** The names of the formats for these results. */
type FormatOf<R extends Results> = { [F in FormatName]: R extends (typeof rows)[F]["of"][number] ? F : never }[FormatName];

export const formatsOf = <R extends Results>(results: R): readonly FormatOf<R>[] =>
  Object.entries<Row>(rows).flatMap(([name, { of }]) => (of.includes(results) ? [name as FormatOf<R>] : []));

/** Whether a value of `-o` is a format for programs. Without one, and with `wide`, the verb prints text for people. */
export const isForPrograms = (name: FormatName | undefined): name is Exclude<FormatName, "wide"> =>
  name !== undefined && "open" in rows[name];

/** Loads a format. */
export const openFormat = (name: Exclude<FormatName, "wide">): Promise<Format> => rows[name].open();
