import type { Flags, Values } from "./line/flags.ts";
import type { Session } from "./session.ts";

/**
 * The part of a verb that is always loaded. The rest is a separate part of the binary that is loaded when the verb runs
 * (scripts/bundle/parts.ts).
 */
export type VerbRow = {
  readonly name: string;
  readonly summary: string;
  load(): Promise<VerbBody>;
};

/** A verb as data. To add one, create a file like the others, and add a row in verbs.ts. */
type VerbBody<F extends Flags = Flags> = {
  /** The usage after `kubectl acr-secret`: `create [NAME] --registry REGISTRY`. */
  readonly usage: string;
  /** The paragraphs of the help after the summary. */
  readonly description?: readonly string[];
  /** Alternating comments (`# why`) and commands. */
  readonly examples: readonly string[];
  readonly flags: F;
  /** The flags that the help lists, if they are not those of the verb. */
  readonly listed?: Flags;
  /** The page in docs that describes the verb. Default: the verb's name. */
  readonly page?: string;
  /** What exit code 1 reports, for a verb that reports findings. Such a verb exits with 2 if it can't read something. */
  readonly findings?: string;
  readonly most: number;
  /** Returns candidates for an argument that starts with `word` and follows `words`. A candidate that ends with `/` can be continued. */
  readonly complete?: (session: Session, words: readonly string[], word: string) => Promise<readonly string[]>;
  /** @returns the exit code */
  run(call: Call<F>, session: Session): Promise<number>;
};

export type Verb = VerbRow & VerbBody;

type Call<F extends Flags> = { readonly flags: Values<F>; readonly args: readonly string[] };

/** Infers the types of a verb's flags. */
export const verb = <const F extends Flags>(of: VerbBody<F>): VerbBody => of as unknown as VerbBody;

/** Loads the rest of a verb. */
export const opened = async (row: VerbRow): Promise<Verb> => ({ ...row, ...(await row.load()) });

/** Returns the exit code of an error. If 1 reports a finding, such as a difference, errors exit with 2, like those of kubectl diff. */
export const failureCode = (findings: boolean): number => (findings ? 2 : 1);
