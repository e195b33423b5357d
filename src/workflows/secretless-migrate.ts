import { isDone, type Outcome } from "../actions/outcome.ts";
import { CliError } from "../errors.ts";
import type { Fix } from "../fix.ts";
import { joinNames, kinds, nameOf, type PodKind, type Ref, targetKindOf } from "../kinds.ts";
import type { Change, ChangeOf, Plan } from "../plan/change.ts";
import { planDelete } from "../plan/delete.ts";
import { hostOf } from "../plan/existing-secret.ts";
import { isPullPod } from "../plan/pull-pod.ts";
import { accountOf, type OwnerRef, planRefer } from "../plan/references.ts";
import { counted, hasPods, targetArguments } from "../plan/wording.ts";
import { isLoginServer } from "../registry/login-server.ts";
import { mapConcurrently, memoize, runConcurrently } from "../scope/concurrency.ts";
import { imagesOf } from "../state/images.ts";
import { type NamespaceReader, readersOf } from "../state/namespace-reader.ts";
import type { NamespaceState } from "../state/namespace-state.ts";
import { deletionFacts, servedBy } from "../state/plan-input.ts";
import { everything, isOver, templatesOf } from "../state/targets.ts";
import type { openNodePulls } from "./check-from-cluster.ts";
import { openFirst, revoking } from "./delete.ts";
import type { RevokeOrder } from "./revoke-credential.ts";
import { type CheckedPull, checkSecretless, type PartFinding, providerOf } from "./secretless-check.ts";
import { proveByPod } from "./secretless-pod.ts";
import { runUnit } from "./unit.ts";

type Migration = RevokeOrder &
  Pick<CheckedPull, "azure" | "registry" | "provider"> & {
    readonly secret: string;
    /** An image to check for each ServiceAccount, in addition to those of its pods. */
    readonly image: string | undefined;
    /** Also restarts running workloads whose pods list the Secret. */
    readonly restarts: boolean;
    readonly pulls: ReturnType<typeof openNodePulls>;
  };

/** The maximum number of namespaces, and of ServiceAccounts in each, whose pulls nodes prove concurrently. */
const proofWidth = 4;

/** Milliseconds to wait until rollouts have replaced the pods that list the Secret, and between two reads. */
const rollout = { timeout: 300_000, interval: 2_000 };

/**
 * Lets pods pull without the Secret. In each namespace, proves for each ServiceAccount that its pods can pull, and removes the Secret from
 * its list. Then deletes the Secret if nothing lists it anymore, and last revokes the credentials. If a part of a proof fails or is unknown,
 * the ServiceAccount stays unchanged.
 */
export async function* migrate(migration: Migration): AsyncGenerator<Outcome> {
  const { secret, clusterScopes, tools, claims, open, pulls } = migration;
  const reads = { secret, targets: { picks: everything, whereUsed: false }, pods: "all", lenient: true } as const;
  const providers = new Map<string | undefined, ReturnType<typeof providerOf>>();
  const bounds = { ...tools, width: proofWidth };

  async function* inPlace({ scope, read }: NamespaceReader): AsyncGenerator<Outcome> {
    const { context, cluster } = scope;
    // A kubelet's metrics are large, and each image of each ServiceAccount needs them. A node that is not read may have no provider
    const provider = () => memoize(providers, context, () => providerOf(cluster, Number.POSITIVE_INFINITY));
    /** The names of the lists without the Secret, and of the restarted workloads. */
    const changed = new Set<string>();
    let plan: Plan | undefined;
    async function readProven(): Promise<NamespaceState> {
      const state = await read();
      plan = await planDetach(state, { ...migration, provider });
      return state;
    }
    async function readReplaced(): Promise<NamespaceState> {
      for (let waited = 0; ; waited += rollout.interval) {
        const state = await read();
        const isReplacing = tools.dryRun === "none" && usersIn(state, migration).pods.some(({ from }) => changed.has(ownerName(from)));
        if (!isReplacing || waited >= rollout.timeout) return state;
        await tools.during("Waiting for the new pods", () => tools.sleep(rollout.interval));
      }
    }
    for await (const outcome of runUnit({ each: () => plan ?? [] }, [{ scope, read: readProven }], tools)) {
      if (isDone(outcome) && ["detach", "restart"].includes(outcome.change.act)) changed.add(nameOf(outcome.change.to));
      yield outcome;
    }
    const each = (state: NamespaceState) =>
      planEnd(usersIn(state, migration, tools.dryRun === "none" ? undefined : changed), migration, plan ?? []);
    if (plan) yield* runUnit({ claims, each }, [{ scope, read: readReplaced }], tools);
  }

  try {
    yield* revoking(runConcurrently(openFirst(readersOf(clusterScopes, reads), open), bounds, inPlace), migration);
  } finally {
    await pulls.close();
  }
}

/** The name of a pod's workload, as in a change. */
const ownerName = ({ kind, name }: OwnerRef): string => nameOf({ kind: targetKindOf(kind) ?? kind, name });

/** Whether a rollout restart replaces a pod of this workload. */
function isRolledOut({ from }: { readonly from: OwnerRef }): boolean {
  const kind = targetKindOf(from.kind);
  return kind !== undefined && kinds[kind].pullSecretList.takesEffect === "rollout";
}

/** Returns what lists the Secret: objects, and pods that may pull with it. @param without names of objects that no longer count */
function usersIn(state: NamespaceState, { secret, tools }: Migration, without: ReadonlySet<string> = new Set()) {
  const facts = deletionFacts(state, secret, tools.write.fieldManager);
  const lists = facts.targets.filter(({ names, to }) => names.includes(secret) && !without.has(nameOf(to)));
  return { facts, lists, pods: facts.needingPods.filter(({ from }) => !without.has(ownerName(from))) };
}

/**
 * Plans to remove the Secret from the ServiceAccounts whose pods can pull without it, and to restart the workloads of these pods. Also
 * proves the ServiceAccounts of templates and pods that list the Secret themselves.
 */
async function planDetach(state: NamespaceState, migration: Migration): Promise<Plan> {
  const { namespace, context } = state.scope;
  const { lists, pods } = usersIn(state, migration);
  const accounts = new Set([...lists.map(({ to, account = to.name }) => account), ...pods.map(({ account }) => account)]);
  const planned = await mapConcurrently([...accounts], proofWidth, async (name): Promise<Change[]> => {
    const proof = await prove({ kind: "serviceaccount", name, namespace, context }, state, migration);
    const target = proof.act === "warn" ? lists.find(({ to }) => nameOf(to) === nameOf(proof.to)) : undefined;
    return target ? [proof, planRefer("detach", migration.secret, target)] : [proof];
  });
  const changes = planned.flat();
  const kept = new Set(
    [...lists.map(({ to }) => to).filter(hasPods), ...changes.filter(({ act }) => act === "refuse").map(({ to }) => to)].map(nameOf),
  );
  const restarts = new Map<string, Change>();
  for (const { account, from } of migration.restarts ? pods.filter(isRolledOut) : []) {
    const needs = { kind: "serviceaccount", name: account, namespace, context } as const;
    if (kept.has(nameOf(needs)) || kept.has(ownerName(from))) continue;
    const to = { ...needs, kind: targetKindOf(from.kind) as PodKind, name: from.name };
    restarts.set(nameOf(to), { act: "restart", needs, to, because: "its pods list the Secret" });
  }
  return [...changes, ...restarts.values()];
}

/** Proves that the pods of a ServiceAccount can pull without the Secret. */
async function prove(to: Ref, state: NamespaceState, migration: Migration): Promise<ChangeOf<"warn" | "refuse">> {
  const images = imagesFor(to.name, state, migration);
  const hosts = [...images.map((image) => image.host), ...(usersIn(state, migration).facts.existing?.hosts ?? []).map(hostOf)];
  // The token of the identity is sent to the hosts of the images
  const other = hosts.find((host) => !isLoginServer(host));
  let problem: Pick<PartFinding, "message" | "next"> | undefined;
  if (other !== undefined) problem = { message: `${other} is not an Azure container registry` };
  if (images.length === 0) problem = { message: "no pod or template uses an image of the Secret; add --image" };
  for (const image of images) problem ??= await problemWith(image, to, state, migration);
  const message = `${nameOf(to)} keeps secret/${migration.secret}: ${problem?.message}`;
  if (problem) return { act: "refuse", to, message, fix: typeof problem.next === "object" ? problem.next : undefined };
  const does = migration.tools.dryRun === "none" ? "a node pulled" : "a node must first pull";
  const pulled = counted(new Set(images.map(({ text }) => text)).size, "image");
  return { act: "warn", to, message: `${nameOf(to)}: ${does} ${pulled} without a pull secret`, isInfo: true };
}

/** Checks each part of a pull, and lets a node pull, except in a dry run. */
async function problemWith(
  { text, placement, ...image }: ReturnType<typeof imagesFor>[0],
  to: Ref,
  { scope }: NamespaceState,
  { tools, pulls, ...ports }: Migration,
) {
  const { cluster, namespace } = scope;
  const account = { ...to, kind: "serviceaccount", namespace } as const;
  const found: PartFinding[] = await Array.fromAsync(checkSecretless({ ...ports, account, image, cluster }));
  const isOk = ({ status }: PartFinding) => status === "ok";
  if (tools.dryRun === "none" && found.every(isOk)) found.push(await proveByPod({ account, image: text, cluster, placement }, pulls));
  const problem = found.find(({ status }) => status === "failed") ?? found.find((part) => !isOk(part));
  return problem && { ...problem, message: `${text}: ${problem.id}: ${problem.message}` };
}

/** Returns the images of a ServiceAccount's pods and templates that the Secret is for, with the place where the pods may run. */
function imagesFor(account: string, { secret, pods, targets }: NamespaceState, { image: named }: Migration) {
  const serves = secret ? servedBy(secret) : "any";
  const specs = [...pods.filter((pod) => !isOver(pod) && !isPullPod(pod)), ...templatesOf(targets)].filter(
    ({ spec }) => accountOf(spec) === account,
  );
  const used = specs.flatMap((pod) => imagesOf(pod).map((image) => ({ ...image, placement: pod.spec })));
  const asked = imagesOf({ spec: { containers: [{ name: "", image: named }] } }).map((image) => ({ ...image, placement: undefined }));
  const all = [...asked, ...used.filter((image) => serves === "any" || serves(image))];
  // A node selector often selects another kind of node
  return [...new Map(all.map((image) => [JSON.stringify([image.text, image.placement?.nodeSelector]), image])).values()];
}

type Users = ReturnType<typeof usersIn>;

/** Plans to delete the Secret if nothing lists it. */
function planEnd(users: Users, { restarts }: Migration, proven: Plan): Plan {
  const { to, existing } = users.facts;
  if (!existing) return [];
  const names = [...users.lists.map((target) => nameOf(target.to)), ...users.pods.map(({ name }) => `pod/${name}`)];
  const fix = proven.some(({ act }) => act === "refuse") ? undefined : unlist(to, users, restarts);
  if (names.length > 0) return keep(to, `it is listed by ${joinNames(names)}`, fix);
  try {
    return planDelete({ ...users.facts, targets: [], needingPods: [] }, { force: false, revoke: true });
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return keep(to, error.message, { kubectl: "delete secret", args: [to.name] });
  }
}

const keep = (to: Ref, because: string, fix: Fix | undefined): Plan => [
  { act: "keep", to, because },
  { act: "warn", to, message: `secret/${to.name} stays: ${because}`, fix },
];

/** Returns the command that removes the Secret from templates, or that replaces pods. */
function unlist({ name, namespace = "", context }: Ref, { lists, pods }: Users, restarts: boolean): Fix | undefined {
  const templates = targetArguments(lists.map(({ to }) => to).filter(hasPods));
  if (templates.targets) return { verb: "detach", secret: name, ...templates };
  if (restarts || lists.length > 0 || !pods.some(isRolledOut)) return undefined;
  const place = ["-n", namespace, ...(context === undefined ? [] : ["--context", context])];
  return { do: "shell", argv: ["kubectl", "acr-secret", "secretless", "migrate", name, ...place, "--restart=all"] };
}
