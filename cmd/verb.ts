import type { Flags, Values } from "./line/flags.ts";
import type { Session } from "./session.ts";

/** What is known of a verb before it is asked for. All else is a part of the binary that is read then (scripts/bundle/parts.ts). */
export type VerbRow = {
  readonly name: string;
  readonly summary: string;
  load(): Promise<VerbBody>;
};

/** A verb as data. To add one: a file like the others, and a row in verbs.ts. */
export type VerbBody<F extends Flags = Flags> = {
  /** Behind `kubectl acr-secret`: `create [NAME] --registry=REGISTRY`. */
  readonly usage: string;
  /** Paragraphs of the help, under the summary. */
  readonly description?: string;
  /** `# why` and the line that is typed, alternating. */
  readonly examples: readonly string[];
  readonly flags: F;
  /** What exit code 1 reports, for a verb that reports findings. Errors of such a verb exit with 2. */
  readonly findings?: string;
  /** The most arguments that it takes. */
  readonly most: number;
  /** What an argument stands for: a Secret's name, where this does not say otherwise. @throws CliError usage */
  readonly read?: (word: string) => string;
  /** Words that complete an argument, of which `word` is begun, behind those that are there. One that ends with `/` goes on. */
  readonly complete?: (session: Session, words: readonly string[], word: string) => Promise<readonly string[]>;
  /** @returns the exit code */
  run(call: Call<F>, session: Session): Promise<number>;
};

export type Verb = VerbRow & VerbBody;

export type Call<F extends Flags> = { readonly flags: Values<F>; readonly args: readonly string[] };

/** Gives a verb its types; nothing else. */
export const verb = <const F extends Flags>(of: VerbBody<F>): VerbBody => of as unknown as VerbBody;

/** A verb with all that it is made of. */
export const opened = async (row: VerbRow): Promise<Verb> => ({ ...row, ...(await row.load()) });

/** Returns the exit code of an error. If 1 reports a finding, such as a difference, errors exit with 2, as those of kubectl diff do. */
export const failureCode = (findings: boolean): number => (findings ? 2 : 1);
