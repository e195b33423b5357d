import type { Cluster, Named } from "../../src/context.ts";
import { CliError } from "../../src/errors.ts";
import type { ServiceAccount } from "../../src/objects.ts";
import type { Ref } from "../../src/plan/change.ts";
import type { targets, Values } from "../line/flags.ts";
import { together } from "./together.ts";

/** The ServiceAccounts that a command line names, each once. None of them is missing. */
export async function chosenAccounts(cluster: Cluster, namespace: string, flags: Values<typeof targets>): Promise<ServiceAccount[]> {
  const { serviceaccount: names, "all-serviceaccounts": all, selector } = flags;
  if (names.length > 0 && (all || selector !== undefined)) {
    throw new CliError("usage", "--serviceaccount cannot be combined with --all-serviceaccounts or --selector");
  }
  if (all || selector !== undefined) {
    const found = await cluster.serviceAccounts(namespace, selector);
    if (found.length > 0) return found;
    throw await noAccount(
      cluster,
      namespace,
      `no serviceaccount in namespace "${namespace}"${selector ? ` has the labels ${selector}` : ""}`,
    );
  }
  return together([...new Set(names)].map((name) => accountNamed(cluster, { namespace, name })));
}

/** Refuses a command that has nothing to act on. */
export function requireTargets(flags: Values<typeof targets>, verb: string): void {
  if (flags.serviceaccount.length > 0 || flags["all-serviceaccounts"] || flags.selector !== undefined) return;
  throw new CliError("usage", "no target is named", {
    hint: `kubectl acr-secret ${verb} --serviceaccount=default, or --all-serviceaccounts`,
  });
}

/** A ServiceAccount as a plan names it. */
export function accountRef({ metadata }: ServiceAccount): Ref & Named {
  return { kind: "serviceaccount", namespace: metadata.namespace ?? "", name: metadata.name };
}

async function accountNamed(cluster: Cluster, at: Named): Promise<ServiceAccount> {
  const account = await cluster.serviceAccount(at);
  return (
    account ??
    Promise.reject(await noAccount(cluster, at.namespace, `Error from server (NotFound): serviceaccounts "${at.name}" not found`))
  );
}

/** Tells a missing ServiceAccount from a missing namespace, where the user may look. */
async function noAccount(cluster: Cluster, namespace: string, message: string): Promise<CliError> {
  const uid = await cluster.namespaceUid(namespace).catch(() => "not for us to see");
  if (uid === undefined) return noNamespace(namespace);
  return new CliError("notFound", message, { hint: `kubectl get serviceaccounts -n ${namespace}` });
}

export function noNamespace(name: string): CliError {
  return new CliError("notFound", `Error from server (NotFound): namespaces "${name}" not found`, {
    hint: `kubectl create namespace ${name}`,
  });
}
