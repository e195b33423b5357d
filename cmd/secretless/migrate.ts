import { Claims } from "../../src/actions/claims.ts";
import { parseKind } from "../../src/credential/kinds.ts";
import { CliError, usage } from "../../src/errors.ts";
import { parseImage } from "../../src/registry/image-reference.ts";
import { clusterScopesOf } from "../../src/scope/cluster-scopes.ts";
import { annotationKeys } from "../../src/secretless/objects.ts";
import type { NamespaceReader } from "../../src/state/namespace-reader.ts";
import { openNodePulls } from "../../src/workflows/check-from-cluster.ts";
import { migrate } from "../../src/workflows/secretless-migrate.ts";
import { conclude, printsHints } from "../conclude.ts";
import { type CreateFlags, createFlags, readOptions } from "../create/options.ts";
import { type Flags, type identityFlags, identityOf, under, type Values, type writeOutput } from "../line/flags.ts";
import { secretName } from "../line/names.ts";
import { parse } from "../line/parse.ts";
import { scopeFlags, scopeOf } from "../line/scope-flags.ts";
import { opener } from "../recorded-credential.ts";
import { nameOfSecret } from "../run-on-targets.ts";
import { type Session, toolsOf } from "../session.ts";

const { repository, restart, "credential-per": credentialPer } = createFlags;

export const migrateFlags = {
  ...under("Migration", {
    undo: { type: "boolean", describe: "Create the Secret again, for the ServiceAccounts that secretless create has set up" },
    restart: {
      ...restart,
      describe: "With all: restart the workloads whose pods list the Secret. With --undo: which pods to restart, as for create",
    },
    repository: { ...repository, describe: "With --undo: repository to pull from, or a path (team/*)" },
  }),
  ...scopeFlags,
  ...under("Where", {
    "credential-per": { ...credentialPer, describe: "With --undo: one credential for all namespaces (scope), or one per namespace" },
  }),
} as const satisfies Flags;

type MigrateFlags = Values<typeof migrateFlags & typeof identityFlags & typeof writeOutput> &
  Pick<CreateFlags, "registry"> & { readonly image: string | undefined };

/** Lets pods pull without a Secret, or takes that back. @returns the exit code */
export async function runMigrate(given: MigrateFlags, session: Session, names: readonly string[]): Promise<number> {
  const [name, ...others] = names.map(secretName);
  if (others.length > 0) throw usage("secretless migrate accepts the name of one Secret");
  const { image, registry } = given;
  if (image !== undefined) parseImage(image);
  if (given.undo && image !== undefined) throw usage("--image cannot be used with --undo");
  if (given.undo) return undo(given, names, session);
  if (registry !== undefined || given.repository.length > 0 || given["credential-per"] !== undefined)
    throw usage("--registry, --repository and --credential-per require --undo");
  const clusterScopes = await clusterScopesOf(scopeOf(given), { ...session, writes: true });
  const secret = name ?? (await nameOfSecret(clusterScopes, { verb: "list", namespace: clusterScopes[0]?.namespaces[0] }));
  const identity = identityOf(given);
  const tools = toolsOf(session, given);
  const pulls = openNodePulls(undefined, { ...tools, warn: session.warn });
  const ports = { azure: await session.azure(identity), registry: session.registry(), pulls, open: opener(identity, session) };
  const outcomes = migrate({ ...ports, secret, image, clusterScopes, tools, claims: new Claims(tools), restarts: given.restart === "all" });
  return conclude(outcomes, session, given, clusterScopes);
}

/** Creates the Secret like `create`. The annotations of the ServiceAccounts stay, so pods can pull without it until it exists. */
async function undo(given: MigrateFlags, names: readonly string[], session: Session): Promise<number> {
  const { createAll } = await import("../create.ts");
  // `--verify` of node-files is another flag
  const flags = { ...parse([], createFlags).flags, ...given, verify: true } as unknown as CreateFlags;
  const options = readOptions(flags, names, session);
  const accounts = { kind: "serviceaccount", names: [], globs: ["*"], selector: undefined } as const;
  const targets = { picks: [accounts], whereUsed: false };
  const selected = { ...options, targets, ...parseKind(options.asked, session.stdin), select: readSetUp };
  const code = await createAll(selected, flags, session);
  if (!printsHints(code, given)) return code;
  const argv = ["kubectl", "acr-secret", "secretless", "delete", "SERVICEACCOUNT", "--registry", options.asked.registry];
  session.hint({ do: "shell", argv, when: "pods can still pull without the Secret; to end that, run for each ServiceAccount" });
  return code;
}

/** Yields the namespaces with ServiceAccounts that are set up, and selects only these. @throws CliError notFound without one */
async function* readSetUp(places: AsyncIterable<NamespaceReader>): AsyncGenerator<NamespaceReader> {
  let isFound = false;
  for await (const place of places) {
    const read = async () => {
      const state = await place.read();
      return { ...state, targets: state.targets.filter(({ metadata }) => metadata.annotations?.[annotationKeys.clientId] !== undefined) };
    };
    const isEmpty = await read().then(
      ({ targets }) => targets.length === 0,
      () => false,
    );
    if (!isEmpty) yield { ...place, read };
    isFound ||= !isEmpty;
  }
  if (!isFound) throw new CliError("notFound", `no ServiceAccount has the annotation ${annotationKeys.clientId}`);
}
