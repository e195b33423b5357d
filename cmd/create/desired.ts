import { parseLifetime } from "../../src/duration.ts";
import { CliError, usage } from "../../src/errors.ts";
import { defaultGrace, defaultLifetime } from "../../src/file/keys.ts";
import { readFiles } from "../../src/file/read.ts";
import { fileData, type NewEntry } from "../../src/file/write.ts";
import { argumentKind, kinds } from "../../src/kinds.ts";
import type { DesiredEntry } from "../../src/output/format.ts";
import { firstIgnored, identityFlags } from "../line/flags.ts";
import { type CreateFlags, type CreateOptions, createFlags } from "./options.ts";

/** The flags that a file can say, and those that count only for one run. */
const sayable: readonly string[] = [
  ...["registry", "repository", "repositories-from-pods", "exact", "service-principal", "expires-in", "restart"],
  ...["namespace", "copy-to", "copy-to-selector", "copy-to-all", "serviceaccount", "all-serviceaccounts"],
  ...["verify", "wait", "force", "output", "show-managed-fields", "dry-run", "strict", "field-manager", ...Object.keys(identityFlags)],
];

/**
 * Returns the entry that does what this command line does; undefined without `-o file`.
 * @throws CliError usage, before any request, for what a file can't say
 */
export async function desiredOf(flags: CreateFlags, options: CreateOptions): Promise<DesiredEntry | undefined> {
  if (flags.output !== "file") return undefined;
  const { source, registry, repositories, copyTo, targets } = options;
  refuseUnsayable(flags, options);
  const { name, namespace = "" } = source;
  const expiresIn = parseLifetime(flags["expires-in"] ?? "") ?? defaultLifetime;
  const entry: NewEntry = {
    name,
    registry,
    sources: { namespace },
    copyTo,
    repositories,
    serviceAccounts: targets.picks.flatMap(({ names, globs }) => [...names, ...globs]),
    credential: flags["service-principal"] === undefined ? "acr-token" : "service-principal",
    expiresIn,
    olderThan: undefined,
    grace: defaultGrace(expiresIn),
    restart: flags.restart === "none" ? "none" : "stuck",
  };
  // A name of a file is shorter than that of a Secret, and has no dots
  const file = { home: namespace, name: name.replaceAll(".", "-").slice(0, 25).replace(/-+$/, "") };
  await requireReadable({ ...file, entries: [{ ...entry, repositories: ["*"] }] });
  return { ...file, source, entry };
}

/** @throws CliError usage for a value that the reader rejects: the API server accepts longer names, for example */
async function requireReadable(file: Parameters<typeof fileData>[0]): Promise<void> {
  try {
    readFiles([{ path: "-o file", text: JSON.stringify(fileData(file)) }], await import("js-yaml"));
  } catch (error) {
    throw error instanceof CliError ? usage(error.message.replaceAll(/-o file:[\d:]+/g, "-o file")) : error;
  }
}

function refuseUnsayable(flags: CreateFlags, { targets }: CreateOptions): void {
  const other = firstIgnored(createFlags, flags, sayable);
  if (other !== undefined) throw usage(`-o file cannot be combined with --${other}: a file has no key for it`);
  if (flags.restart === "all") throw usage("-o file cannot be combined with --restart=all; a file accepts stuck and none");
  const named = flags["service-principal"];
  if (named !== undefined && named !== "*")
    throw usage(`-o file cannot be combined with --service-principal=${named}: a file creates a service principal for each source`);
  const pod = targets.picks.find(({ kind }) => "podSpec" in kinds[kind]);
  if (pod) throw usage(`-o file cannot be combined with ${argumentKind(pod.kind)} targets; a file names ServiceAccounts`);
}
