import type { Outcome } from "../outcome.ts";
import { withoutPasswords } from "./diff.ts";
import { printWarning } from "./error.ts";
import type { Format, PrinterOptions, Report, Writer } from "./format.ts";
import { jsonLine, printData, printList, printObjects } from "./object.ts";
import { outcomeData } from "./outcome-data.ts";

export const json: Format = {
  outcomes: (options) => (options.inAzure ? outcomeList(options) : objectList(options, "json")),
  items: (items, report) => list(items, report, "json"),
};

export const yaml: Format = {
  outcomes: (options) => objectList(options, "yaml"),
  items: (items, report) => list(items, report, "yaml"),
};

/** Prints a line for each outcome, as soon as it is known. */
export const jsonl: Format = {
  outcomes: (options) => ({
    each: (outcome) => {
      const data = outcomeData(outcome, options);
      return data ? jsonLine(data) : "";
    },
  }),
  items: (items) => items.map(jsonLine).join(""),
};

/** Verbs whose lists have a kind of their own. The others print a List, as kubectl does. */
const listKinds: Partial<Readonly<Record<Report["verb"], string>>> = { prune: "LeftoverList", explain: "ExplanationList" };

function list(items: readonly object[], { verb }: Report, format: "json" | "yaml"): Promise<string> {
  const kind = listKinds[verb];
  return kind === undefined ? printList(items, format) : printData({ apiVersion: "acr-secret/v1", kind, items }, format);
}

function outcomeList(options: PrinterOptions): Writer {
  const items: object[] = [];
  return {
    each: (outcome) => {
      const data = outcomeData(outcome, options);
      if (data) items.push(data);
      return "";
    },
    end: () => printData({ apiVersion: "acr-secret/v1", kind: "OutcomeList", items }, "json"),
  };
}

const passwordless = "a dry run generates no password, so the Secret is printed without it";

/** Prints the objects at the end, because several are one List. kubectl can apply them unless their passwords are masked. */
function objectList({ stderr, env, dryRun, managedFields, passwords }: PrinterOptions, format: "json" | "yaml"): Writer {
  const objects: object[] = [];
  let isWarned = false;
  return {
    each: ({ object, result, unmade }: Outcome) => {
      if (object && result) objects.push(dryRun === "client" ? asApplied(object) : object);
      if (unmade && !isWarned) printWarning(stderr, env, passwordless);
      isWarned ||= unmade === true;
      return "";
    },
    end: () => (objects.length > 0 ? printObjects(passwords ? objects : objects.map(withoutPasswords), format, { managedFields }) : ""),
  };
}

/** Fields that the API server sets. kubectl can apply a file with them only to this version of the object. */
const ofServer = ["uid", "resourceVersion", "creationTimestamp", "generation", "selfLink"];

function asApplied(object: object): object {
  const { metadata = {}, status: _, ...rest } = object as { metadata?: object; status?: unknown };
  return { ...rest, metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => !ofServer.includes(key))) };
}
