import { usage } from "../../src/errors.ts";
import { printList } from "../../src/output/object.ts";
import { loginServerIn } from "../../src/registry/login-server.ts";
import { readers } from "../../src/secret/readers.ts";
import { wantsTargets } from "../../src/usage/targets.ts";
import { type ExportOrder, exportSecret } from "../../src/verbs/export.ts";
import { conclude } from "../conclude.ts";
import { firstIgnored, identityFlags } from "../line/flags.ts";
import { type Session, toolsOf } from "../session.ts";
import { type CreateFlags, type CreateOptions, createFlags } from "./options.ts";

type Exporting = Pick<ExportOrder, "open"> & { readonly isIssued: boolean };

/** Prints the Secret of one namespace with a new password. @returns the exit code */
export async function exportOne(options: CreateOptions & Exporting, flags: CreateFlags, session: Session): Promise<number> {
  const { force, "dry-run": dryRun } = flags;
  const output = manifestForm(flags, "--export");
  if (wantsTargets(options.targets)) throw usage("--export cannot be combined with targets; attach the Secret after you have applied it");
  // A dry run generates no password, but prints one that exists already
  const shows = dryRun === "none" || !options.isIssued;
  if (session.stdout.isTTY && shows && !force)
    throw usage("--export would show the password on the terminal; redirect the output, or add --force");
  const outcomes = exportSecret({ ...options, to: options.source }, toolsOf(session, flags));
  const { namespace = "" } = options.source;
  return conclude(outcomes, session, { ...flags, output, passwords: true }, { namespaces: [namespace], open: false });
}

/** The flags that count if the reader creates the Secret itself. */
const ofManifests: readonly string[] = ["registry", "repository", "for", "output", "namespace", ...Object.keys(identityFlags)];

/** Prints the objects with which a reader creates the Secret itself. @returns the exit code */
export async function printManifests(options: CreateOptions, flags: CreateFlags, session: Session): Promise<number> {
  const { source, reader, repositories, asked } = options;
  const other = firstIgnored(createFlags, flags, ofManifests);
  if (other !== undefined) throw usage(`--for=${reader} cannot be combined with --${other}, because it creates no credential`);
  if (wantsTargets(options.targets)) throw usage(`--for=${reader} cannot be combined with targets, because it creates no Secret`);
  const output = manifestForm(flags, `--for=${reader}`);
  const [repository, ...others] = repositories;
  if (others.length > 0 || repository?.includes("*")) throw usage(`--for=${reader} accepts one repository without a wildcard`);
  const { namespace = "", name: secret } = source;
  const find = async () => (await (await session.azure(asked.identity)).findRegistry(asked.registry)).loginServer;
  const host = loginServerIn(asked.registry) ?? (await session.during(`Looking for ${asked.registry} in Azure`, find));
  const to = { secret, namespace, host, repository };
  const { manifests, refer } = readers[reader ?? "external-secrets"];
  session.print(await printList(manifests?.(to) ?? [], output));
  session.hint(refer(to));
  return 0;
}

/** @throws CliError usage for a form that kubectl does not apply */
function manifestForm({ output = "yaml" }: CreateFlags, flag: string): "yaml" | "json" {
  if (output === "yaml" || output === "json") return output;
  throw usage(`${flag} cannot be combined with -o ${output}; use yaml or json`);
}
