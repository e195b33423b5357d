import type { Environment, Sink } from "../env.ts";
import { type Fix, inPlace } from "../fix.ts";
import { isInCluster, nameOf, type Ref, type TargetKind } from "../kinds.ts";
import { type DryRun, isFailed, type Outcome } from "../outcome.ts";
import { diffOf, withoutPasswords } from "./diff.ts";
import { printError, printWarning } from "./error.ts";
import { outcomeData, warningsOf } from "./jsonl.ts";
import { jsonLine, printData, printObjects } from "./object.ts";
import { helmValues, kustomizePatches, type TargetChange } from "./patches.ts";
import { printable } from "./printable.ts";
import { styleFor } from "./style.ts";
import { drySuffix, grantSuffix, type PlaceDetail, placePrefix, placeSuffix } from "./words.ts";

type PrinterOptions = {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Environment;
  readonly dryRun: DryRun;
  readonly where: PlaceDetail;
  readonly managedFields: boolean;
  /** `json` and `yaml` print the data of Secrets; otherwise each value is `***`. */
  readonly passwords?: true | undefined;
  /** The run changes objects in Azure only: `name` prints their names, and `json` prints outcomes. */
  readonly inAzure?: boolean;
  formatCommand(fix: Fix): string;
};

/** The value of `-o`, or `--diff`; undefined: lines for people. */
export type Form = "name" | "json" | "yaml" | "jsonl" | "kustomize" | "helm" | "diff" | undefined;

/** Returns the text of a form for each outcome, and the text for the end. */
type Writer = { each(outcome: Outcome): string | Promise<string>; end?(): string | Promise<string> };

const writers: Readonly<Record<NonNullable<Form> | "lines", (options: PrinterOptions) => Writer>> = {
  lines: (options) => ({ each: (outcome) => (isFailed(outcome) ? "" : lineOf(outcome, options)) }),
  name: ({ inAzure }) => ({
    each: (outcome) => (isNamed(outcome, inAzure) ? `${printable(nameOf(outcome.to))}\n` : ""),
  }),
  json: (options) => (options.inAzure ? outcomeList(options) : objectList(options, "json")),
  yaml: (options) => objectList(options, "yaml"),
  jsonl: (options) => ({
    each: (outcome) => {
      const data = outcomeData(outcome, options.dryRun, formatterOf(outcome, options));
      return data ? jsonLine(data) : "";
    },
  }),
  diff: (options) => ({ each: (outcome) => (isFailed(outcome) ? "" : differenceOf(outcome, options)) }),
  kustomize: () => targetList(kustomizePatches),
  helm: () => targetList(([one]) => (one ? helmValues(one.secret) : "")),
};

export type Printer = ReturnType<typeof openPrinter>;

/** Prints outcomes on stdout in a form, and errors and warnings on stderr, except for `jsonl`, which contains them. */
export function openPrinter(form: Form, options: PrinterOptions) {
  const { stdout } = options;
  const writer = writers[form ?? "lines"](options);
  let differs = false;
  return {
    print: async (outcome: Outcome) => {
      const text = await writer.each(outcome);
      if (text !== "") stdout.write(text);
      differs ||= form === "diff" && text !== "";
      if (form !== "jsonl") printMessages(outcome, options);
    },
    /** Prints the text for the end. */
    end: async () => {
      const text = (await writer.end?.()) ?? "";
      if (text !== "") stdout.write(text);
    },
    /** Whether a printer of `diff` has printed a difference. */
    get differs() {
      return differs;
    },
  };
}

/** Whether `-o name` prints an object. kubectl accepts no names of objects in Azure. */
const isNamed = (outcome: Outcome, inAzure: boolean | undefined): boolean =>
  !isFailed(outcome) && outcome.result !== undefined && (inAzure ? outcome.result !== "unchanged" : isInCluster(outcome.to));

function lineOf(outcome: Outcome, { where, dryRun }: PrinterOptions): string {
  const { to, result } = outcome;
  if (result === undefined) return "";
  return `${printable(`${nameOf(to)} ${result}${grantSuffix(outcome)}${placeSuffix(to, where)}${drySuffix[dryRun]}`)}\n`;
}

/** Returns the lines of a difference. An object that can't be compared gets the line of `lines`. */
async function differenceOf(outcome: Outcome, options: PrinterOptions): Promise<string> {
  const { to, result } = outcome;
  const diff = await diffOf(outcome, `${nameOf(to)}${placeSuffix(to, options.where)}`, styleFor(options.stdout, options.env));
  const line = result === "unchanged" || diff ? "" : lineOf(outcome, options);
  return line + (diff ?? []).map((each) => `${each}\n`).join("");
}

function outcomeList(options: PrinterOptions): Writer {
  const items: object[] = [];
  return {
    each: (outcome) => {
      const data = outcomeData(outcome, options.dryRun, formatterOf(outcome, options));
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
    each: ({ object, result, unmade }) => {
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

/** Kustomize patches or Helm values. */
function targetList(text: (changes: readonly TargetChange[]) => string): Writer {
  const changes: TargetChange[] = [];
  return {
    each: ({ to, list, result, error }) => {
      if (!error && list && result === "patched")
        changes.push({ act: list.does, to: to as Ref<TargetKind>, secret: list.secret, names: list.after });
      return "";
    },
    end: () => (changes.length > 0 ? text(changes) : ""),
  };
}

const formatterOf = (outcome: Outcome, options: PrinterOptions) => (fix: Fix) => options.formatCommand(inPlace(fix, outcome.to));

/** Prints an outcome's error and warnings on stderr. */
function printMessages(outcome: Outcome, options: PrinterOptions): void {
  const { stderr, env, where } = options;
  const { to, notice } = outcome;
  const place = placePrefix(to, where);
  const formatCommand = formatterOf(outcome, options);
  if (outcome.error) printError({ stderr, env, formatCommand }, outcome.error, place);
  // At a terminal, a user can still press Ctrl-C
  if (notice !== undefined && stderr.isTTY) stderr.write(`${printable(notice + placeSuffix(to, where))}\n`);
  const { texts, command, isInfo } = warningsOf(outcome, formatCommand);
  for (const text of texts) {
    if (isInfo) stderr.write(`${printable(`${place}${text}`)}\n`);
    else printWarning(stderr, env, `${place}${text}`, command);
  }
}
