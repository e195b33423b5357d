import type { Environment, Sink } from "../env.ts";
import type { NewEntry } from "../file/write.ts";
import type { Command } from "../hint.ts";
import type { Ref } from "../kinds.ts";
import type { DryRun, Outcome } from "../outcome.ts";
import type { FileIdentity } from "../secret/record.ts";
import type { Item } from "./items.ts";
import type { PlaceDetail } from "./words.ts";

/** A file of src/output that prints a format. It has a function for each shape of results that it can print. */
export type Format = {
  /** Prints outcomes while a verb runs. */
  readonly outcomes?: (options: PrinterOptions) => Writer;
  /** Prints what a verb has read. */
  readonly items?: (items: readonly Item[], report: Report) => string | Promise<string>;
};

/** Returns the text of a format for each outcome, and the text for the end. */
export type Writer = { each(outcome: Outcome): string | Promise<string>; end?(): string | Promise<string> };

/** A file with the entry of one source. */
export type DesiredEntry = FileIdentity & { readonly source: Ref; readonly entry: NewEntry };

export type PrinterOptions = {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Environment;
  readonly dryRun: DryRun;
  readonly where: PlaceDetail;
  /** The namespace that lines do not name, if the run has one. Other namespaces are named. */
  readonly home?: string | undefined;
  readonly managedFields: boolean;
  /** `json` and `yaml` print the data of Secrets; otherwise each value is `***`. */
  readonly passwords?: true | undefined;
  /** What `file` prints, with the repositories that the source records. */
  readonly desired?: DesiredEntry | undefined;
  /** The run changes objects in Azure only: `name` prints their names, and `json` prints outcomes. */
  readonly inAzure?: boolean;
  formatCommand(fix: Command): string;
};

/** A run of a verb that reads, and the program that it belongs to. */
export type Report = {
  readonly verb: "check" | "list" | "prune" | "doctor" | "explain";
  readonly now: Date;
  readonly version: string;
};
