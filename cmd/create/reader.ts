import { CliError } from "../../src/errors.ts";
import type { ReaderName } from "../../src/fix.ts";
import type { Scope } from "../../src/scope/scope.ts";
import { readers } from "../../src/secret/readers.ts";
import { type Flags, targets } from "../line/flags.ts";

const names = Object.keys(readers) as ReaderName[];

/** The flag by which a Secret is made for another reader than the kubelet: none of them looks at a ServiceAccount. */
export const readerFlags = {
  for: {
    type: "string",
    choices: names,
    exclusive: Object.keys(targets),
    describe: `Make the Secret as this reader wants it, in its namespace, and print what refers to it. One of: (${names.join(", ")}).`,
  },
} as const satisfies Flags;

/** A Secret for some readers holds one login. @throws CliError usage */
export function refuseSeveral(reader: ReaderName | undefined, flags: Readonly<Record<"merge" | "include-regional", boolean>>): void {
  const several = (["merge", "include-regional"] as const).find((flag) => flags[flag]);
  if (several && reader && readers[reader].shape)
    throw new CliError("usage", `--for=${reader} cannot be combined with --${several}: its Secret holds one login`);
}

/** The places of a run: of those that nobody named, the one where the reader looks. @param named the namespace of `-n` */
export function scopeFor(reader: ReaderName | undefined, scope: Scope, named: string | undefined): Scope {
  const own = reader && readers[reader].namespace;
  if (own === undefined || named !== undefined || scope.namespaces !== "current") return scope;
  return { ...scope, namespaces: { names: [own], globs: [] } };
}
