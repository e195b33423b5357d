/** What to do next: in words, or as a command. A word in capitals (`REGISTRY`) stands for a value that only the user knows. */
export type Hint = string | Command;

/** A command. It is printed on one line of its own, so that users can paste it. */
export type Command = {
  /** The program with its verb: `kubectl delete pod`. For kubectl, the flags that select the cluster and the namespace follow. */
  readonly program: string;
  readonly words: readonly string[];
  /** The namespace in which it acts. Empty: in none or in all. Default: that of the current command line. */
  readonly namespace?: string | undefined;
  /** It acts in no cluster. */
  readonly isLocal?: true;
  /** It only shows more, and fixes nothing. */
  readonly isLook?: true;
  /** When to run it, or what for, on the line above. */
  readonly when?: string | undefined;
  /** Another way, in words, on the line below. */
  readonly or?: string | undefined;
  /** Shell text around the command: what it reads, and what reads its output. */
  readonly around?: readonly [before: string, after: string];
};

/** The cluster and the namespace of the current command line, for a command that acts in the same place. */
export type CurrentPlace = {
  /** The flags that select the cluster, each in one word: `--context=prod`. */
  readonly forward: readonly string[];
  readonly namespace?: string | undefined;
  /** The context to name, because it is not the current one any more. */
  readonly context?: string | undefined;
};

type Words = readonly (string | readonly string[] | undefined)[];

/** A command of this plugin: `plugin("rotate", name, flag("grace", "24h"))`. */
export const plugin = (verb: string, ...words: Words): Command => ({ program: `kubectl acr-secret ${verb}`, words: flat(words) });

export const kubectl = (verb: string, ...words: Words): Command => ({ program: `kubectl ${verb}`, words: flat(words) });

/** A command that acts in no cluster: of `az`, or of a verb that only prints. */
export const shell = (program: string, ...words: Words): Command => ({ program, words: flat(words), isLocal: true });

const flat = (words: Words): string[] => words.flatMap((word) => word ?? []);

/** Returns the words of a flag: none if it is off or absent. A list is one value with commas. */
export function flag(name: string, value: string | boolean | readonly string[] | undefined, short?: string): string[] {
  if (typeof value === "boolean") return value ? [`--${name}`] : [];
  const written = short === undefined ? `--${name}` : `-${short}`;
  const texts = typeof value === "object" ? (value.length > 0 ? [value.map(listed).join(",")] : []) : [value ?? []].flat();
  // An empty value, or one that starts with a dash, must be in one word with its flag
  return texts.flatMap((text) => (text === "" || text.startsWith("-") ? [`${written}=${text}`] : [written, text]));
}

/** An element of a flag that splits its value at commas (pflag StringSlice, which reads CSV). */
const listed = (text: string) => (/[,"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Returns a hint with a place, if it is a command that has none. */
export const inPlace = <H extends Hint | undefined>(hint: H, { namespace }: Pick<Command, "namespace">): H =>
  typeof hint === "object" ? { namespace: namespace || undefined, ...hint } : hint;

/** Returns a hint in one line, for a field of JSON. */
export function hintText(hint: Hint, formatCommand: (command: Command) => string): string {
  if (typeof hint === "string") return hint;
  return [hint.when ?? [], formatCommand(hint)].flat().join(": ");
}

/** Flags of the current command line that are not printed: a secret, and flags that don't select a cluster. */
const unprinted = ["--token=", "--cache-dir=", "--disable-compression="];

/** Returns a flag without the login in its URL, such as that of a proxy. */
const withoutLogin = (word: string): string => word.replace(/^(--(?:proxy-url|server)=(?:\w+:)?\/\/)[^/]*@/, "$1LOGIN@");

/**
 * Formats a command for a POSIX shell. Repeats the flags with which the current command line selects its cluster, so that the command acts
 * in the same cluster. These and the namespace come first: if the end of the line is lost, the command acts there or fails.
 */
export function formatCommand({ program, words, isLocal, around, ...at }: Command, given: CurrentPlace = { forward: [] }): string {
  const isContext = (word: string) => Number(word.startsWith("--context="));
  const kept = given.forward.flatMap((word) => (unprinted.some((start) => word.startsWith(start)) ? [] : withoutLogin(word)));
  const place = [
    ...flag("namespace", (at.namespace ?? given.namespace) || undefined, "n"),
    ...flag("context", given.context),
    ...kept.toSorted((a, b) => isContext(b) - isContext(a)),
  ];
  const [before, after] = around ?? (words.includes("--password-stdin") ? ['printf %s "$PASSWORD" | ', ""] : ["", ""]);
  return `${before}${[program, ...[...(isLocal ? [] : place), ...words].map(quoted)].join(" ")}${after}`;
}

/** Returns a word for a POSIX shell, in single quotes if a shell would change it. */
export const quoted = (word: string): string => (/^[\w@%+:,./-][\w@%+=:,./-]*$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
