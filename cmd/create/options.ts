import { readRegistryId } from "../../src/azure/registry-name.ts";
import type { Asked } from "../../src/credential/kind.ts";
import { credentialFlags } from "../../src/credential/kinds.ts";
import { ownPrincipal } from "../../src/credential/service-principal/service-principal.ts";
import { usage } from "../../src/errors.ts";
import type { Create, ReaderName } from "../../src/fix.ts";
import { parseRepositoryScope } from "../../src/registry/repository.ts";
import type { Scope } from "../../src/scope/scope.ts";
import { checkSecretName, defaultSecretName } from "../../src/secret/names.ts";
import { readers } from "../../src/secret/readers.ts";
import { wantsTargets } from "../../src/usage/targets.ts";
import { expiryAfter, parseWait } from "../line/durations.ts";
import {
  dryRun,
  type Flags,
  fieldManager,
  identityFlags,
  identityOf,
  output,
  recreateFlag,
  restartFlag,
  strict,
  targetFlags,
  targetGroup,
  under,
  type Values,
} from "../line/flags.ts";
import { registries } from "../line/known.ts";
import { scopeFlags, scopeOf } from "../line/scope-flags.ts";
import { readTargetWords, targetValues } from "../line/target-words.ts";

const readerNames = Object.keys(readers) as ReaderName[];

/** The flags for several namespaces. */
const forSeveral = ["namespaces", "all-namespaces", "namespace-selector", "credential-per"];

export const createFlags = {
  ...under("Required", {
    registry: { type: "string", complete: registries, value: "REGISTRY", describe: "Registry name, login server or Azure resource ID" },
  }),
  ...under("What it can pull", {
    repository: {
      type: "strings",
      value: "NAME",
      describe: "Repository to pull from, or a path (team/*)",
      fallback: "the repositories granted earlier, or for a new credential those that the pods use",
    },
    "repositories-from-pods": { type: "boolean", describe: "Also grant every repository that the pods use now" },
  }),
  ...under("Credential (default: an ACR token)", {
    ...credentialFlags,
    "expires-in": {
      type: "string",
      complete: ["30d", "90d", "1y"],
      value: "DURATION",
      describe: "Lifetime of the password, such as 90d, 1y or 1h30m",
      fallback: "no expiry, or two years for a service principal",
    },
    verify: {
      type: "boolean",
      default: true,
      describe: "Pull a manifest before writing the Secret. Use --verify=false if only the cluster can reach the registry",
    },
    wait: {
      type: "string",
      value: "DURATION",
      describe: "How long to wait for a service principal to replicate in Azure, such as 30s",
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
      describe: `Write the Secret in the form and namespace that this tool expects: ${readerNames.join(", ")}`,
    },
    export: {
      type: "boolean",
      exclusive: [...Object.keys({ ...targetFlags, ...restartFlag, ...recreateFlag }), ...forSeveral, "diff"],
      describe: "Print the Secret with its password instead of writing it, for SOPS, Sealed Secrets or a vault",
    },
    force: {
      type: "boolean",
      describe:
        "Overwrite a Secret that this plugin did not create, accept a credential that can do more than pull, and export to a terminal",
    },
  }),
  ...scopeFlags,
  ...under("Where", {
    "credential-per": {
      type: "string",
      choices: ["scope", "namespace"],
      describe: "One credential that all namespaces share (scope), or one per namespace. Required for several namespaces",
    },
  }),
  ...identityFlags,
  ...output,
  output: { ...output.output, describe: "Output format. json and yaml print manifests for kubectl apply, with the password" },
  ...dryRun,
  ...strict,
  ...fieldManager,
} as const satisfies Flags;

export type CreateFlags = Values<typeof createFlags>;

export type CreateOptions = ReturnType<typeof readOptions>;

/** @throws CliError usage, before any request */
export function readOptions(
  flags: CreateFlags,
  words: readonly string[],
  { now, namespace }: { now(): Date; readonly namespace: string | undefined },
) {
  const { registry: written, repository, verify, "expires-in": expiresIn, for: reader } = flags;
  const registry = written && registryHost(written);
  const { secret: name, targets } = readTargetWords(words, flags);
  const identity = identityOf(flags);
  const given = scopeOf(flags);
  const again: Create = {
    verb: "create",
    secret: name,
    registry: registry || "REGISTRY",
    repositories: repository,
    ...targetValues(targets),
    reader,
    exports: flags.export,
    expiresIn,
    identity,
    ...placesOf(given, flags["credential-per"]),
  };
  if (!registry) throw usage('required flag(s) "registry" not set', again);
  refuseOneForEach(flags);
  const secret = checkSecretName(name ?? defaultSecretName(registryNameIn(registry)));
  const repositories = [...new Set(repository.map((text) => parseRepositoryScope(text, registryNameIn(registry))))];
  const asked: Asked = {
    flags,
    registry,
    identity,
    verify,
    expiresAt: expiresIn === undefined ? undefined : expiryAfter(expiresIn, now()),
    wait: parseWait({ wait: flags.wait ?? "3m" }),
    // Azure documents up to 10 minutes for a role (learn.microsoft.com/azure/role-based-access-control/troubleshooting)
    waitForRole: parseWait({ wait: flags.wait ?? "10m" }),
    again,
  };
  return {
    name: secret,
    repositories,
    /** Also grants the repositories that pods use, regardless of earlier grants. */
    fromPods: flags["repositories-from-pods"],
    targets,
    restart: flags.restart,
    /** Recreates objects whose list can't be changed. */
    recreate: flags.recreate,
    /** The reader of the Secret, if it is not the kubelet. */
    reader,
    ...optionsFor(reader, given, namespace),
    asked,
    per: flags["credential-per"],
  };
}

/**
 * Returns the namespaces of a printed command. If each namespace has its own credential, the command is for the namespace that it concerns.
 */
function placesOf(scope: Scope, per: CreateFlags["credential-per"]): Partial<Create> {
  return scope.namespaces === "current" || per === "namespace" ? {} : { scope, credentialPer: per, namespace: undefined };
}

/** Rejects a named application with one credential for each namespace. @throws CliError usage */
function refuseOneForEach({ "credential-per": per, "service-principal": principal = ownPrincipal }: CreateFlags): void {
  if (per !== "namespace" || principal === ownPrincipal) return;
  throw usage(`--service-principal=${principal} names one application, so it cannot be combined with --credential-per=namespace`);
}

/** Whether the Secret is for pods, so that their images count if no repository is named. */
export const podsTell = ({ reader, fromPods }: CreateOptions): boolean => reader === undefined || fromPods;

/** Returns which pods to read in a namespace: all of them if their images determine the repositories or prove the credential. */
export function podsWanted(asked: CreateOptions, isOneNamespace: boolean): "none" | "waiting" | "all" {
  const { repositories, targets: options, restart } = asked;
  if (!podsTell(asked)) return "none";
  if (isOneNamespace || repositories.length === 0 || options.whereUsed || restart === "all") return "all";
  return wantsTargets(options) ? "waiting" : "none";
}

/**
 * Returns the format of the Secrets, which is absent for the kubelet's format, and the scope of a run. If the user selected no namespace,
 * it is the one that the reader uses.
 * @param named the namespace of `-n`
 */
function optionsFor(reader: ReaderName | undefined, scope: Scope, named: string | undefined) {
  if (!reader) return { shape: undefined, scope };
  const { namespace: own, shape } = readers[reader];
  if (own === undefined || named !== undefined || scope.namespaces !== "current") return { shape, scope };
  return { shape, scope: { ...scope, namespaces: { names: [own], globs: [] } } };
}

/** Removes what a browser adds to a copied login server. */
export const registryHost = (registry: string): string => registry.replace(/^https:\/\//i, "").replace(/\/$/, "");

/** Returns the name in a registry's Azure resource id. Returns any other text unchanged. */
const registryNameIn = (registry: string): string => readRegistryId(registry)?.name.toLowerCase() ?? registry;
