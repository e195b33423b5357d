import type { Item, Report } from "./items.ts";
import { junit } from "./junit.ts";
import { jsonLine, printList } from "./object.ts";
import { openmetrics } from "./openmetrics.ts";

/** One row per format for programs. */
export const reportFormats = {
  json: (items) => printList(items, "json"),
  yaml: (items) => printList(items, "yaml"),
  jsonl: (items) => items.map(jsonLine).join(""),
  junit: (items, { now }) => junit(items, now),
  openmetrics: (items, { now, verb }) => openmetrics(items, now, verb),
  html: async (items, report) => (await import("./html/page.ts")).htmlPage(items, report),
} as const satisfies Readonly<Record<string, (items: readonly Item[], report: Report) => string | Promise<string>>>;
