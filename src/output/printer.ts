import { messageOf } from "../actions/actions.ts";
import { type ChangeOutcome, type DryRun, type Outcome, subjectOf } from "../actions/outcome.ts";
import type { Environment, Sink } from "../env.ts";
import { type Fix, inPlace } from "../fix.ts";
import { livesInCluster, nameOf } from "../kinds.ts";
import { diffPrinter } from "./diff-printer.ts";
import { printError, printWarning } from "./error.ts";
import { jsonLine, outcomeData, warningsOf } from "./jsonl.ts";
import { printData, printObjects } from "./object.ts";
import { helmValues, kustomizePatches, type Referring } from "./patches.ts";
import { printable } from "./printable.ts";
import { drySuffix, grantSuffix, type PlaceDetail, placePrefix, placeSuffix } from "./words.ts";

/** Prints outcomes as they come. */
export type Printer = {
  print(outcome: Outcome): void | Promise<void>;
  /** Prints the outcomes that had to wait for the end. */
  end(): Promise<void>;
  /** Whether there is a difference, for a printer of differences. */
  readonly differs?: boolean;
};

export type PrinterOptions = {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Environment;
  readonly dryRun: DryRun;
  readonly where: PlaceDetail;
  readonly managedFields: boolean;
  /** The run changes objects in Azure only: `name` prints their names, and `json` prints outcomes. */
  readonly inAzure?: boolean;
  formatCommand(fix: Fix): string;
};

/** The value of `-o`, or `--diff`; undefined: lines for people. */
export type Form = "name" | "json" | "yaml" | "jsonl" | "kustomize" | "helm" | "diff" | undefined;

/** The printer for a form. A new form is a row. */
export function openPrinter(form: Form, options: PrinterOptions): Printer {
  const printers: Readonly<Record<NonNullable<Form> | "lines", () => Printer>> = {
    lines: () => linePrinter(options, (outcome) => lineOf(outcome, options)),
    name: () => linePrinter(options, (outcome) => nameIn(outcome, options)),
    json: () => (options.inAzure ? outcomePrinter(options) : objectPrinter(options, "json")),
    yaml: () => objectPrinter(options, "yaml"),
    jsonl: () => ({
      print: (outcome) => {
        const data = outcomeData(outcome, options.dryRun, speller(outcome, options));
        if (data) options.stdout.write(jsonLine(data));
      },
      end: async () => {},
    }),
    diff: () => diffPrinter(options, { print: (outcome) => printBeside(outcome, options), line: (outcome) => changeOf(outcome, options) }),
    kustomize: () => referPrinter(options, kustomizePatches),
    helm: () => referPrinter(options, ([one]) => (one ? helmValues(one.secret) : "")),
  };
  return printers[form ?? "lines"]();
}

/** The name of a changed object. In a run on a cluster, objects in Azure have no name that kubectl accepts. */
function nameIn({ change }: ChangeOutcome, { inAzure }: PrinterOptions): string | undefined {
  const isNamed = inAzure ? change.act !== "keep" : messageOf(change) && livesInCluster(change.to);
  return isNamed ? nameOf(change.to) : undefined;
}

/** The line for an object. */
function lineOf({ change }: ChangeOutcome, { where, dryRun }: PrinterOptions): string | undefined {
  const word = messageOf(change);
  return word && `${nameOf(change.to)} ${word}${grantSuffix(change)}${placeSuffix(change.to, where)}${drySuffix[dryRun]}`;
}

/** The line of a changed object; undefined for an unchanged one. */
const changeOf = (outcome: ChangeOutcome, options: PrinterOptions) =>
  outcome.change.act === "keep" ? undefined : lineOf(outcome, options);

function linePrinter(options: PrinterOptions, lineOf: (outcome: ChangeOutcome) => string | undefined): Printer {
  return {
    print: (outcome) => {
      const line = !outcome.change || outcome.error || outcome.left ? undefined : lineOf(outcome);
      if (outcome.error) printFailure(outcome, options);
      if (line !== undefined) options.stdout.write(`${printable(line)}\n`);
      printWarnings(outcome, options);
    },
    end: async () => {},
  };
}

function outcomePrinter(options: PrinterOptions): Printer {
  const items: object[] = [];
  return {
    print: (outcome) => {
      items.push(...[outcomeData(outcome, options.dryRun, speller(outcome, options)) ?? []].flat());
      printBeside(outcome, options);
    },
    end: async () => options.stdout.write(await printData({ apiVersion: "acr-secret/v1", kind: "OutcomeList", items }, "json")),
  };
}

const sketched = "the password is only made without --dry-run, so the Secret is shown without it";

/** Prints objects that kubectl can apply. Several objects are one List, so they are printed at the end. */
function objectPrinter(options: PrinterOptions, format: "json" | "yaml"): Printer {
  const objects: object[] = [];
  return {
    print: (outcome) => {
      if (outcome.error) printFailure(outcome, options);
      else if (outcome.object && messageOf(outcome.change)) objects.push(outcome.object);
      if (outcome.change?.act === "mint" && options.dryRun !== "none") printWarning(options.stderr, options.env, sketched);
      printWarnings(outcome, options);
    },
    end: async () => {
      const shown = options.dryRun === "client" ? objects.map(asApplied) : objects;
      if (shown.length > 0) options.stdout.write(await printObjects(shown, format, { managedFields: options.managedFields }));
    },
  };
}

/** The fields of the API server. A file with them could only be applied to this version of this object. */
const ofServer = ["uid", "resourceVersion", "creationTimestamp", "generation", "selfLink"];

/** An object as in a manifest file. */
function asApplied(object: object): object {
  const { metadata = {}, status: _, ...rest } = object as { metadata?: object; status?: unknown };
  return { ...rest, metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => !ofServer.includes(key))) };
}

/** Prints Kustomize patches or Helm values. */
function referPrinter(options: PrinterOptions, text: (referring: readonly Referring[]) => string): Printer {
  const referring: Referring[] = [];
  return {
    print: (outcome) => {
      const { change, error } = outcome;
      if (error) printFailure(outcome, options);
      // A base usually has no namespace, so the patch names none
      else if (change?.act === "attach" || change?.act === "detach")
        referring.push({ ...change, to: { kind: change.to.kind, name: change.to.name }, names: change.after });
      printWarnings(outcome, options);
    },
    end: async () => void (referring.length > 0 && options.stdout.write(text(referring))),
  };
}

/** Formats a command for the namespace and the context of an outcome. */
function speller(outcome: Outcome, options: PrinterOptions): (fix: Fix) => string {
  return (fix) => options.formatCommand(inPlace(fix, subjectOf(outcome)));
}

function printFailure(outcome: Outcome, options: PrinterOptions): void {
  const { error } = outcome;
  if (error) printError({ ...options, formatCommand: speller(outcome, options) }, error, placePrefix(subjectOf(outcome), options.where));
}

/** Prints an outcome's error and warnings on stderr. */
function printBeside(outcome: Outcome, options: PrinterOptions): void {
  if (outcome.error) printFailure(outcome, options);
  printWarnings(outcome, options);
}

function printWarnings(outcome: Outcome, options: PrinterOptions): void {
  const { stderr, env, where } = options;
  const to = subjectOf(outcome);
  const place = placePrefix(to, where);
  // A person at a terminal can still press Ctrl-C. A script uses --dry-run
  if ("ahead" in outcome && stderr.isTTY) stderr.write(`${printable(outcome.ahead + placeSuffix(to, where))}\n`);
  const { texts, command } = warningsOf(outcome, speller(outcome, options));
  const isInfo = outcome.change?.act === "warn" && outcome.change.isInfo;
  for (const text of texts) {
    if (isInfo) stderr.write(`${printable(`${place}${text}`)}\n`);
    else printWarning(stderr, env, `${place}${text}`, command);
  }
}
