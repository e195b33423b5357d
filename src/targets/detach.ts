import { absent, CliError, InTheWay, unlessForbidden } from "../errors.ts";
import { plugin } from "../hint.ts";
import { isObjectName, kinds, nameOf, type Ref, resourceOf, type TargetKind, targetKindOf } from "../kinds.ts";
import type { Outcome } from "../outcome.ts";
import type { NamespaceScope } from "../scope/cluster-scopes.ts";
import { listCapped } from "../scope/pages-by-namespace.ts";
import { isGlob, matchesGlob } from "../scope/scope.ts";
import type { Tools } from "../tools.ts";
import { missingSecrets } from "../usage/pull-secrets.ts";
import type { Target } from "../usage/references.ts";
import { type TargetObject, targetOf } from "../usage/targets.ts";
import { joinNames, maxNames, nameInPlace, pluralize, shownName, targetArgument } from "../wording.ts";
import {
  announceEnding,
  editEach,
  editList,
  editLists,
  endedBy,
  type ListEdit,
  listAfter,
  noteWithout,
  patchOf,
  type RecreateOptions,
  refuseOwned,
  refuseRecreate,
} from "./lists.ts";
import type { WarningId } from "./warnings.ts";

type DetachOrder = {
  readonly secret: Ref<"secret">;
  /** The objects that lose the Secret, as they were listed. */
  readonly targets: readonly TargetObject[];
  /** Without these, a target whose list can't be changed is refused. */
  readonly recreateOptions?: RecreateOptions | undefined;
  /** Removes only what `apply` has added. */
  readonly noted?: boolean | undefined;
};

/** Removes the Secret from the lists of targets in one namespace. A target that fails doesn't stop the others. */
export async function* detachTargets({ secret, targets, recreateOptions, noted }: DetachOrder, tools: Tools): AsyncGenerator<Outcome> {
  const { name, namespace = "" } = secret;
  const wanted: ListEdit = { does: "detach", secret: name, recreateOptions, noted };
  const changed = targets.map((object) => targetOf(object)).filter((target) => listAfter(target, wanted).act === "change");
  yield* announceEnding(namespace, endedBy(changed.map(({ to }) => to)), tools);
  yield* editLists(targets, wanted, tools);
}

type NotedOrder = {
  readonly secret: string;
  /** Names and patterns of ServiceAccounts. */
  readonly named: readonly string[];
  /** The ServiceAccounts among them that keep the Secret. */
  readonly except: readonly string[];
  /** Why another one keeps it, too. */
  keeps?(what: string, id: string | undefined): CliError | undefined;
};

/** The most ServiceAccounts that are read one by one. */
const mostNamed = 50;

/** Removes the Secret in one namespace from those ServiceAccounts to which `apply` has added it. A person's reference stays. */
export async function* detachNoted(
  { cluster, namespace }: NamespaceScope,
  { secret, named, except, keeps }: NotedOrder,
  tools: Tools,
): AsyncGenerator<Outcome> {
  const fits = (words: readonly string[], name: string) => words.some((word) => matchesGlob(word, name));
  const read = (name: string) => cluster.get({ kind: "serviceaccount", name, namespace });
  // Anyone in the namespace can record thousands of names
  const isWide = named.length > mostNamed || named.some(isGlob);
  async function* added() {
    const pages = isWide
      ? cluster.pages("serviceaccount", { namespace })
      : [(await Promise.all(named.map(read))).filter((one) => one !== undefined)];
    for await (const page of pages)
      yield page.filter(
        (one) => fits(named, one.metadata.name) && !fits(except, one.metadata.name) && targetOf(one).added?.includes(secret),
      );
  }
  const cut = new Set<string>();
  const targets: TargetObject[] = [];
  for (const one of await listCapped(added(), cut)) {
    const { to } = targetOf(one);
    const error = keeps?.(nameInPlace(to), one.metadata.uid);
    if (error) yield { to, error };
    else targets.push(one);
  }
  yield* detachTargets({ secret: { kind: "secret", name: secret, namespace }, targets, noted: true }, tools);
  const error = new InTheWay(`more ServiceAccounts in namespace "${namespace}" list secret/${secret}; the next run removes it there`);
  if (cut.size > 0) yield { to: { kind: "namespace", name: namespace, namespace }, error };
}

/** Names the ServiceAccounts that list a Secret that a run has deleted: a user, or `create`, has added the name. */
export async function* sayDangling({ cluster, namespace }: NamespaceScope, secret: string): AsyncGenerator<Outcome> {
  async function* listing() {
    for await (const page of cluster.pages("serviceaccount", { namespace }))
      yield page.filter((one) => targetOf(one).names.includes(secret) && !targetOf(one).added?.includes(secret));
  }
  const found = await listCapped(listing(), new Set()).catch(unlessForbidden([]));
  const [first] = found.map((one) => targetOf(one).to);
  if (!first) return;
  const names = joinNames(found.map((one) => nameOf(targetOf(one).to)));
  const messages = [`${names} still ${pluralize(found.length, "lists", "list")} secret/${secret}. To remove the name, run`];
  yield { to: first, messages, fix: { ...plugin("detach", "--dangling"), namespace } };
}

type DanglingOrder = {
  readonly namespace: string;
  readonly targets: readonly TargetObject[];
  /** The names of the existing Secrets. */
  readonly existing: ReadonlySet<string>;
  /** The command line names the targets. Otherwise targets are skipped whose pods would restart or whose list can't be changed. */
  readonly named: boolean;
};

/** Removes names of missing Secrets from the lists of targets in one namespace. Warns once about the targets that it skips. */
export async function* detachDangling({ namespace, targets, existing, named }: DanglingOrder, tools: Tools): AsyncGenerator<Outcome> {
  const all = targets.map((object): Dangling => {
    const target = targetOf(object);
    const missing = new Set(target.names.filter((name) => name === "" || !existing.has(name)));
    return { object, target, missing: [...missing] };
  });
  const selected = named ? all : all.filter(({ target: { names, to } }) => names.length > 0 && quiet.has(effectOf(to)));
  const changed = selected.filter(({ target, missing }) => missing.length > 0 && !refusal(missing, target));
  yield* announceEnding(namespace, endedBy(changed.map(({ target }) => target.to)), tools);
  const byObject = new Map(selected.map((one) => [one.object, one]));
  yield* editEach([...byObject.keys()], tools, (object) => removeMissing(byObject.get(object) as Dangling, tools));
  if (named) return;
  const skipped = (how: string) => all.filter(({ target: { to }, missing }) => effectOf(to) === how && missing.length > 0);
  yield* warnSkipped(skipped("rollout"), true);
  yield* warnSkipped(skipped("recreate"), false);
}

/** A target and the names in its list without a Secret, including the empty name. */
type Dangling = { readonly object: TargetObject; readonly target: Target; readonly missing: readonly string[] };

const effectOf = ({ kind }: Ref<TargetKind>): string => kinds[kind].pullSecretList.takesEffect;

/** When changes take effect that end no pod. */
const quiet = new Set(["new-pods", "next-run"]);

async function removeMissing({ object, target, missing: listed }: Dangling, tools: Tools): Promise<Outcome> {
  const { to } = target;
  const error = refusal(listed, target);
  if (error) throw error;
  const { namespace = "" } = to;
  // Check now: a name can be in a list before its Secret is created
  const missing = tools.dryRun === "client" ? listed : await missingSecrets({ cluster: tools.cluster(), namespace }, listed);
  const decide = (old: TargetObject | undefined) => (old ? withoutNames(missing, old) : refuseMissing(to));
  const outcome = await editList(object, { does: "detach", decide }, tools);
  return outcome.result === "patched" && tools.dryRun === "none" ? unlessCreated(outcome, missing, tools) : outcome;
}

/** Another run that creates the Secret meanwhile finds its name in the list. */
async function unlessCreated(outcome: Outcome, removed: readonly string[], tools: Tools): Promise<Outcome> {
  const { namespace = "" } = outcome.to;
  const missing = await missingSecrets({ cluster: tools.cluster(), namespace }, removed);
  const created = removed.find((name) => !missing.includes(name));
  if (created === undefined) return outcome;
  const hint = plugin("attach", created, targetArgument(outcome.to as Ref<TargetKind>));
  return { ...outcome, error: new CliError("conflict", `secret "${created}" was created while its name was removed`, { hint }) };
}

function withoutNames(missing: readonly string[], object: TargetObject) {
  const { to, names, added } = targetOf(object);
  const after = names.filter((name) => !missing.includes(name));
  if (after.length === names.length) return { act: "keep", because: "every listed Secret exists" } as const;
  const { act, patch } = patchOf(to, after);
  return { act, patch: { ...patch, ...noteWithout(missing, added) } };
}

const refuseMissing = ({ kind, name }: Ref<TargetKind>) => ({ act: "refuse", error: absent(resourceOf(kind), name) }) as const;

/** Returns the refusal for a list with names of missing Secrets that can't be written. */
function refusal([first, ...more]: readonly string[], { to, owner, recreation }: Target): CliError | undefined {
  if (first === undefined) return undefined;
  const wanted = { does: "detach", secret: first } as const;
  if (owner) {
    const { kind, message } = refuseOwned(to, owner, wanted);
    const template = targetKindOf(owner.kind);
    const hint = template && plugin("detach", targetArgument({ kind: template, name: owner.name }), "--dangling");
    return new CliError(kind, message, { hint });
  }
  const refused = recreation && refuseRecreate(to, recreation, wanted);
  if (!refused || (more.length === 0 && isObjectName(first))) return refused;
  // The command that recreates the pod accepts only one name
  return new CliError(refused.kind, refused.message);
}

/** @param isFixable whether a command that names the targets removes the names */
function* warnSkipped(skipped: readonly Dangling[], isFixable: boolean): Generator<Outcome> {
  const [to, ...others] = skipped.map(({ target }) => target.to);
  if (!to) return;
  const refs = [to, ...others];
  const missing = [...new Set(skipped.flatMap((one) => one.missing))];
  const secrets = `${pluralize(missing.length, "a missing Secret", "missing Secrets")} (${joinNames(missing.map(shownName))})`;
  const why = isFixable ? "a change restarts pods" : `the ${pluralize(refs.length, "list", "lists")} cannot be changed`;
  const message = `${joinNames(refs.map(nameOf))} ${pluralize(refs.length, "lists", "list")} ${secrets}; skipped because ${why}`;
  const id: WarningId = missing.every((name) => name === "") ? "empty-name" : "dangling-name";
  const fix = isFixable ? plugin("detach", refs.slice(0, maxNames).map(targetArgument), "--dangling") : undefined;
  yield { to, messages: [message], ids: [id], fix };
}
