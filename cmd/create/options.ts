import { registryHost, registryNameIn } from "../../src/azure/registry-name.ts";
import type { Asked, Sources } from "../../src/credential/credential-kind.ts";
import { flagsOfKinds, kindAskedFor } from "../../src/credential/kinds.ts";
import { usage } from "../../src/errors.ts";
import { plugin } from "../../src/hint.ts";
import type { Cluster } from "../../src/kube/port.ts";
import { parseRepositoryScope } from "../../src/registry/repository.ts";
import { type Scope, scopeOfNamespaces } from "../../src/scope/scope.ts";
import { checkSecretName, defaultSecretName } from "../../src/secret/names.ts";
import { type ReaderName, readers } from "../../src/secret/readers.ts";
import { azureWaits, expiryAfter } from "../line/durations.ts";
import {
  dryRun,
  type Flags,
  fieldManager,
  formatFlag,
  identityFlags,
  identityOf,
  output,
  recreateFlag,
  registryFlag,
  restartFlag,
  strict,
  targetFlags,
  targetGroup,
  under,
  type Values,
  verifyFlag,
  wordsOf,
} from "../line/flags.ts";
import { namespaces } from "../line/known.ts";
import { ours } from "../line/kubectl-flags.ts";
import { objectName } from "../line/names.ts";
import { refuseNamespace } from "../line/scope-flags.ts";
import { readTargetWords } from "../line/target-words.ts";

const readerNames = Object.keys(readers) as ReaderName[];

/** The flags that select the namespaces of copies. */
const copyFlagNames = ["copy-to", "copy-to-selector", "copy-to-all"];

export const createFlags = {
  ...under("Required", {
    registry: registryFlag,
  }),
  ...under("What it can pull", {
    repository: {
      type: "strings",
      value: "NAME",
      describe: "Repository or path (team/*) to grant",
      fallback: "those granted, else those of the pods",
    },
    "repositories-from-pods": { type: "boolean", describe: "Also grant the repositories that pods use" },
    exact: { type: "boolean", describe: "Take away all other repositories" },
  }),
  ...under("Credential (default: an ACR token)", {
    ...flagsOfKinds,
    "expires-in": {
      type: "string",
      complete: ["30d", "90d", "1y"],
      value: "DURATION",
      describe: "Lifetime of the password, such as 90d or 1y",
      fallback: "none, 180d for a service principal",
    },
    verify: verifyFlag,
    wait: {
      type: "string",
      value: "DURATION",
      describe: "How long to wait for a service principal",
      fallback: "10m for a new role, else 3m",
    },
  }),
  ...targetFlags,
  ...restartFlag,
  ...recreateFlag,
  ...under(targetGroup, {
    for: {
      type: "string",
      choices: readerNames,
      // No other reader than the kubelet reads ServiceAccounts
      exclusive: Object.keys(targetFlags),
      value: "TOOL",
      describe: `Write the Secret for a tool: ${readerNames.join(", ")}`,
    },
    export: {
      type: "boolean",
      exclusive: [...Object.keys({ ...targetFlags, ...restartFlag, ...recreateFlag }), ...copyFlagNames, "diff"],
      describe: "Print the Secret with its password instead of writing it",
    },
    force: {
      type: "boolean",
      describe: "Overwrite another tool's Secret, accept more rights than pull, export to a terminal",
    },
  }),
  ...under("Where", {
    namespace: ours.namespace,
    "copy-to": {
      type: "strings",
      read: (value) => objectName("Namespace", value),
      refuse: refuseNamespace("copy-to"),
      exclusive: ["copy-to-selector", "copy-to-all", "for"],
      complete: namespaces,
      value: "NAME",
      describe: "Also copy it to these namespaces, by name or pattern, with the targets there",
    },
    "copy-to-selector": {
      type: "string",
      exclusive: ["copy-to-all", "for"],
      value: "LABELS",
      describe: "The same for namespaces with these labels",
    },
    "copy-to-all": { type: "boolean", exclusive: ["for"], describe: "The same for all namespaces except kube-*" },
  }),
  ...identityFlags,
  ...output,
  output: formatFlag("source", "Output format. json and yaml contain the password. file is for apply"),
  ...dryRun,
  ...strict,
  ...fieldManager,
} as const satisfies Flags;

export type CreateFlags = Values<typeof createFlags>;

export type CreateOptions = Awaited<ReturnType<typeof readOptions>>;

/** The namespace of the command line, and the cluster that knows the current one. */
type Place = { readonly namespace: string | undefined; cluster(): Pick<Cluster, "namespace"> };

/** @throws CliError usage, before any request except for the name of the current namespace */
export async function readOptions(flags: CreateFlags, words: readonly string[], session: Place & Pick<Sources, "stdin"> & { now(): Date }) {
  const { registry: written, repository, verify, "expires-in": expiresIn, for: reader, exact } = flags;
  const registry = written && registryHost(written);
  const { secret: name, targets } = readTargetWords(words, flags);
  const identity = identityOf(flags);
  // A person must decide about --force each time. The kind `given` adds its own flags
  const repeated = { ...flags, registry: registry || "REGISTRY", force: false, username: undefined, "password-stdin": false };
  const again = plugin("create", words, wordsOf(createFlags, repeated));
  if (!registry) throw usage('required flag(s) "registry" not set', again);
  const grantExactly = (repositories: readonly string[]) =>
    plugin("create", words, wordsOf(createFlags, { ...repeated, repository: repositories, exact: true }));
  const secret = checkSecretName(name ?? defaultSecretName(registryNameIn(registry)));
  const asked: Asked = {
    flags,
    registry,
    identity,
    verify,
    force: flags.force,
    repositories: repository,
    ...azureWaits(flags.wait),
    again,
  };
  const kind = kindAskedFor(asked, session.stdin);
  const repositories = repositoriesOf(flags, registry);
  const { namespace: own, shape } = reader ? readers[reader] : {};
  return {
    kind,
    isNamed: name !== undefined,
    source: { kind: "secret", name: secret, namespace: await namespaceOf(own, session) } as const,
    registry,
    repositories,
    /** Also grants the repositories that pods use, regardless of earlier grants. */
    fromPods: flags["repositories-from-pods"],
    /** The Secret is for pods, so that their images count if no repository is named. */
    podsTell: reader === undefined || flags["repositories-from-pods"],
    exact,
    expiresAt: expiresIn && expiryAfter(expiresIn, session.now()),
    verify,
    shape,
    copyTo: copyScopeOf(flags),
    targets,
    wait: asked.wait,
    restart: flags.restart,
    recreate: flags.recreate,
    /** The reader of the Secret, if it is not the kubelet. */
    reader,
    asked,
    again,
    grantExactly,
  };
}

function repositoriesOf({ repository, exact }: CreateFlags, registry: string): readonly string[] {
  if (exact && repository.length === 0) throw usage("--exact requires --repository");
  return [...new Set(repository.map((text) => parseRepositoryScope(text, registryNameIn(registry))))];
}

/** If the user names no namespace, it is the one that the reader uses. */
const namespaceOf = async (own: string | undefined, { namespace, cluster }: Place): Promise<string> =>
  own !== undefined && namespace === undefined ? own : cluster().namespace();

/** Returns the namespaces that get a copy; undefined without copy flags. */
function copyScopeOf({ "copy-to": words, "copy-to-selector": selector, "copy-to-all": all }: CreateFlags): Scope | undefined {
  return selector !== undefined || all || words.length > 0 ? scopeOfNamespaces(words, selector) : undefined;
}
