import { allReported } from "../../src/actions/reported.ts";
import type { Credential, Kind } from "../../src/credential/kind.ts";
import { isMadeInAzure } from "../../src/credential/kinds.ts";
import { usage } from "../../src/errors.ts";
import type { Create } from "../../src/fix.ts";
import { printList } from "../../src/output/object.ts";
import { loginServerIn } from "../../src/registry/login-server.ts";
import { type ClusterScope, clusterScopeOf, type NamespaceScope } from "../../src/scope/cluster-scopes.ts";
import { readers } from "../../src/secret/readers.ts";
import { wantsTargets } from "../../src/usage/targets.ts";
import { exportSecret } from "../../src/workflows/export.ts";
import { conclude } from "../conclude.ts";
import { firstIgnored, identityFlags } from "../line/flags.ts";
import { scopeFlags } from "../line/scope-flags.ts";
import { type Session, toolsOf } from "../session.ts";
import { type CreateFlags, type CreateOptions, createFlags, podsTell } from "./options.ts";

type Options = CreateOptions & { readonly kind: Kind; readonly needsName: boolean; readonly again: Create };

/** Prints the Secret of one namespace with a new password. @returns the exit code */
export async function exportOne(options: Options, flags: CreateFlags, session: Session): Promise<number> {
  const { force, "dry-run": dryRun } = flags;
  const output = manifestForm(flags, "--export");
  if (wantsTargets(options.targets)) throw usage("--export cannot be combined with targets; attach the Secret after you have applied it");
  // A dry run generates no password, but prints one that exists already
  const shows = dryRun === "none" || !isMadeInAzure(options.kind.name);
  if (session.stdout.isTTY && shows && !force)
    throw usage("--export would show the password on the terminal; redirect the output, or add --force");
  const opening = options.kind.open(options.asked, session);
  opening.catch(() => undefined);
  const place = await onlyPlace(options, session);
  const tools = (credential: Credential) => toolsOf(session, flags, credential);
  const order = { ...options, podsTell: podsTell(options), opening, tools };
  return conclude(allReported(exportSecret(place, order)), session, { ...flags, output, passwords: true }, place);
}

/** The flags that count if the reader creates the Secret itself. */
const ofManifests: readonly string[] = ["registry", "repository", "for", "output", ...Object.keys({ ...identityFlags, ...scopeFlags })];

/** Prints the objects with which a reader creates the Secret itself. @returns the exit code */
export async function printManifests(options: CreateOptions, flags: CreateFlags, session: Session): Promise<number> {
  const { name: secret, reader, repositories, asked } = options;
  const other = firstIgnored(createFlags, flags, ofManifests);
  if (other !== undefined) throw usage(`--for=${reader} cannot be combined with --${other}, because it creates no credential`);
  if (wantsTargets(options.targets)) throw usage(`--for=${reader} cannot be combined with targets, because it creates no Secret`);
  const output = manifestForm(flags, `--for=${reader}`);
  const [repository, ...others] = repositories;
  if (others.length > 0 || repository?.includes("*")) throw usage(`--for=${reader} accepts one repository without a wildcard`);
  const { namespace } = await onlyPlace(options, session);
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

/** @throws CliError usage if several namespaces are selected */
async function onlyPlace({ scope }: CreateOptions, session: Session): Promise<ClusterScope & NamespaceScope> {
  const clusterScope = await clusterScopeOf(scope, { ...session, writes: false });
  const [namespace, ...others] = clusterScope.namespaces;
  if (namespace !== undefined && others.length === 0) return { ...clusterScope, namespace };
  throw usage("one Secret is printed, so select one namespace");
}
