import type { Flags, Values } from "./line/flags.ts";
import type { Session } from "./session.ts";

/** A verb as data. To add one: a file like the others, and a row in verbs.ts. */
export type Verb<F extends Flags = Flags> = {
  readonly name: string;
  /** Behind `kubectl acr-secret`: `create [NAME] --registry=REGISTRY`. */
  readonly usage: string;
  readonly summary: string;
  /** Paragraphs of the help, under the summary. */
  readonly description?: string;
  /** `# why` and the line that is typed, alternating. */
  readonly examples: readonly string[];
  readonly flags: F;
  /** The most arguments that it takes. */
  readonly most: number;
  /** What an argument stands for: a Secret's name, where this does not say otherwise. @throws CliError usage */
  readonly read?: (word: string) => string;
  /** Words that complete an argument, of which `word` is begun, behind those that are there. One that ends with `/` goes on. */
  readonly complete?: (session: Session, words: readonly string[], word: string) => Promise<readonly string[]>;
  /** @returns the exit code */
  run(call: Call<F>, session: Session): Promise<number>;
};

export type Call<F extends Flags> = { readonly flags: Values<F>; readonly args: readonly string[] };

/** Gives a verb its types; nothing else. */
export const verb = <const F extends Flags>(of: Verb<F>): Verb => of as unknown as Verb;
