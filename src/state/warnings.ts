import { CliError } from "../errors.ts";
import type { Fix } from "../fix.ts";
import { joinNames, keyOf, kinds, nameOf, type Ref, type TargetKind, targetKindOf } from "../kinds.ts";
import { readPullSecret } from "../kubelet/read-pull-secret.ts";
import type { Pod, Secret, ServiceAccount } from "../objects.ts";
import type { Act, Plan, Warn } from "../plan/change.ts";
import { accountOf, namesIn, type OwnerRef, type Target } from "../plan/references.ts";
import { hasPods, isPlain, pluralize, shown, targetArguments } from "../plan/wording.ts";
import { imagesFrom } from "./images.ts";
import type { NamespaceState } from "./namespace-state.ts";
import { hasOwnList, isYounger, topOf } from "./pods.ts";
import { secretsOf } from "./pull-secrets.ts";
import { accountsIn, isOver, specOf, type TargetObject, targetOf } from "./targets.ts";

/**
 * Returns the warnings for targets that a plan attaches a Secret to. A lasting problem that keeps pods from their image is reported in
 * every run. A problem that a write causes, or that concerns the written list, is reported only with that write.
 * @param hosts the hosts of the Secret's registry
 */
export function warnOfTargets(secret: string, hosts: readonly string[], state: NamespaceState, plan: Plan): Warn[] {
  const written = changedIn(plan, state, "attach", "recreate");
  const carrying = changedIn(plan, state, "attach", "recreate", "keep");
  const attached = new Set(carrying.filter(({ to }) => !hasPods(to)).map(({ to }) => to.name));
  const accounts = [...accountsIn(state.objects).values()];
  const warnings = [
    ...warnOwnLists(secret, carrying, listersOf(state, hosts)),
    ...warnHidden(secret, written, attached, accounts),
    ...warnMountable(secret, carrying, attached, accounts),
    ...warnNameless(written),
  ];
  return warnings.map((warning) => ({ ...warning, needs: warning.to }));
}

/** Returns the objects that have a change with one of these actions in a plan, as targets. */
export function changedIn(plan: Plan, { targets, scope }: NamespaceState, ...acts: readonly Act[]) {
  const changed = new Set(plan.filter(({ act }) => acts.includes(act)).map(({ to }) => keyOf(to)));
  const all = targets.map((object) => ({ ...targetOf(object, scope.context), object }));
  return all.filter(({ to }) => changed.has(keyOf(to)));
}

/** An owner of a list of pull secrets with images of the registry: a template, or a pod without a controller. */
type Lister = { readonly of: OwnerRef; readonly account: string; readonly names: readonly string[] };

/** Returns the owners of lists among every object that was read in a namespace, including those that are not targets. */
export function listersOf({ objects, pods }: NamespaceState, hosts: readonly string[]): Lister[] {
  const accounts = accountsIn(objects);
  return [...objects.flatMap((object) => listerOf(object, hosts)), ...pods.flatMap((pod) => authorOf(pod, hosts, accounts))];
}

/** Returns a template that has its own list. For an object that another object creates from a template, only that template is reported. */
function listerOf(object: TargetObject, hosts: readonly string[]): Lister[] {
  const spec = specOf(object);
  const names = namesIn(spec?.imagePullSecrets);
  if (!spec || names.length === 0 || targetOf(object).owner || hasEnded(object) || imagesFrom(hosts, [{ spec }]).length === 0) return [];
  return [{ of: { kind: object.kind, name: object.metadata.name }, account: accountOf(spec), names }];
}

/** Returns the owner of a pod with its own list. The pod was created after the ServiceAccount's list was last changed. */
function authorOf(pod: Pod, hosts: readonly string[], accounts: ReadonlyMap<string, ServiceAccount>): Lister[] {
  const account = accounts.get(accountOf(pod.spec));
  if (!account || !hasOwnList(pod, account) || !isYounger(pod, account)) return [];
  if (hasEnded(pod) || imagesFrom(hosts, [pod]).length === 0) return [];
  return [{ of: topOf(pod), account: account.metadata.name, names: namesIn(pod.spec.imagePullSecrets) }];
}

const hasEnded = (object: TargetObject): boolean => object.metadata.deletionTimestamp !== undefined || isOver(object);

/**
 * Warns about templates and pods that run as a ServiceAccount with the Secret, and have their own list without it. Admission copies the
 * ServiceAccount's names only into a pod without a list. Returns one warning for each ServiceAccount, and another one for objects whose
 * list can't be changed.
 */
function warnOwnLists(secret: string, carrying: readonly Target[], listers: readonly Lister[]): Warn[] {
  const attached = new Set(carrying.map(({ to }) => nameOf(to)));
  // A template that was read, and its pods, count once
  const unique = new Map(listers.map((lister) => [ownerName(lister.of), lister]));
  const lacking = [...unique].filter(([name, { names }]) => !names.includes(secret) && !attached.has(name)).map(([, lister]) => lister);
  return carrying
    .filter(({ to }) => !hasPods(to))
    .flatMap(({ to }) => {
      const mine = lacking.filter(({ account }) => account === to.name).map(({ of }) => of);
      const refs = mine.flatMap((of) => changeableRef(of) ?? []);
      const lasting = mine.filter((of) => !changeableRef(of)).map(ownerName);
      const fix = { verb: "attach", secret, ...targetArguments(refs) } as const;
      return [...warnOwnList(refs.map(nameOf), to, secret, fix), ...warnOwnList(lasting, to, secret)];
    });
}

const ownerName = ({ kind, name }: OwnerRef): string => `${targetKindOf(kind) ?? kind.toLowerCase()}/${name}`;

/** Returns the target whose list can be changed; undefined for objects that keep their list, and for unknown kinds. */
function changeableRef({ kind: called, name }: OwnerRef): Ref<TargetKind> | undefined {
  const kind = targetKindOf(called);
  return kind && kinds[kind].pullSecretList.takesEffect !== "recreate" ? { kind, name } : undefined;
}

function warnOwnList(names: readonly string[], to: Ref<TargetKind>, secret: string, fix?: Fix): Warn[] {
  if (names.length === 0) return [];
  const [has, its, does, it] = names.length === 1 ? ["has", "its", "does", "it"] : ["have", "their", "do", "them"];
  const recreate = fix ? "" : `; recreate ${it} with ${secret}`;
  const message = `${joinNames(names)} ${has} ${its} own imagePullSecrets and ${does} not get ${secret} from ${nameOf(to)}${recreate}`;
  return [{ act: "warn", id: "own-list", to, message, fix }];
}

/**
 * Warns about templates that get their first name, so that their pods no longer get the ServiceAccount's names. The fix adds the name to
 * the ServiceAccount's list and removes it from the template's.
 */
function warnHidden(
  secret: string,
  written: readonly Target[],
  attached: ReadonlySet<string>,
  accounts: readonly ServiceAccount[],
): Warn[] {
  return accounts.flatMap(({ metadata: { name }, imagePullSecrets }) => {
    const templates = templatesOf(
      name,
      written.filter(({ names }) => names.length === 0),
    );
    const listed = namesIn(imagePullSecrets);
    const lost = listed.filter((one) => one !== secret && one !== "");
    if (lost.length === 0) return [];
    const message = `had no imagePullSecrets, so ${pluralize(templates.length, "its", "their")} pods no longer get ${joinNames(lost.map(shown))} from serviceaccount/${name}`;
    const { namespace, context } = templates[0] ?? {};
    const detach = { verb: "detach", secret, ...targetArguments(templates), namespace, context } as const;
    const attach = { verb: "attach", secret, serviceaccounts: [name], namespace, context } as const;
    const has = listed.includes(secret) || attached.has(name);
    return warningAbout(
      templates,
      "hides-account-list",
      (names) => `${names} ${message}`,
      has ? detach : { do: "steps", steps: [attach, detach] },
    );
  });
}

/**
 * Only pull secrets that the ServiceAccount lists itself are allowed in its pods. Deprecated since Kubernetes 1.32, and still honored
 * (plugin/pkg/admission/serviceaccount).
 */
const enforceMountable = "kubernetes.io/enforce-mountable-secrets";

/** The values that Go's strconv.ParseBool reads as true. Admission reads the annotation with it. */
const saysTrue = new Set(["1", "t", "T", "TRUE", "true", "True"]);

/** Warns about templates whose pods will be rejected, because the ServiceAccount's annotation allows only names that it lists itself. */
function warnMountable(
  secret: string,
  carrying: readonly Target[],
  attached: ReadonlySet<string>,
  accounts: readonly ServiceAccount[],
): Warn[] {
  return accounts.flatMap(({ metadata: { name, annotations }, imagePullSecrets }) => {
    if (!saysTrue.has(annotations?.[enforceMountable] ?? "") || namesIn(imagePullSecrets).includes(secret) || attached.has(name)) return [];
    const message = (names: string) =>
      `serviceaccount/${name} allows only the pull secrets that it lists (${enforceMountable}), so pods of ${names} will be rejected`;
    return warningAbout(templatesOf(name, carrying), "mountable-only", message, { verb: "attach", secret, serviceaccounts: [name] });
  });
}

/** Returns the templates among targets that run as a ServiceAccount. */
const templatesOf = (account: string, targets: readonly Target[]): Ref<TargetKind>[] =>
  targets.filter((target) => target.account === account).map(({ to }) => to);

/** Warns about entries without a name in lists that this run writes. */
function warnNameless(written: readonly Target[]): Warn[] {
  const having = havingName("", written);
  const message = (names: string) =>
    `${names} also ${pluralize(having.length, "has an entry", "have entries")} without a name, so the cluster autoscaler skips pending pods`;
  return warningAbout(having, "empty-name", message, { verb: "detach", dangling: true, ...targetArguments(having) });
}

const havingName = (name: string, targets: readonly Target[]) => targets.filter(({ names }) => names.includes(name)).map(({ to }) => to);

function warningAbout(targets: readonly Ref<TargetKind>[], id: Warn["id"], message: (names: string) => string, fix: Fix): Warn[] {
  const [to] = targets;
  return to ? [{ act: "warn", id, to, message: message(joinNames(targets.map(nameOf))), fix }] : [];
}

/** The maximum number of Secrets to read for {@link warnOtherNames}. */
const maxSecrets = 5;

/**
 * Reads the Secrets of the other names in the lists that a plan writes. Warns about those that are missing or that the kubelet can't use.
 * Reports each name once, with every list that contains it. Skips a Secret that can't be read.
 */
export function warnOtherNames(state: NamespaceState, plan: Plan): Promise<Warn[]> | undefined {
  const names = new Set(changedIn(plan, state, "attach").flatMap((target) => target.names.filter((name) => name !== "")));
  if (state.fromClusterLists || names.size === 0) return undefined;
  const written = changedIn(plan, state, "attach", "recreate");
  const { get } = secretsOf(state.scope.cluster, state.scope.namespace);
  const warn = async (name: string): Promise<Warn[]> => {
    const problem = await problemWith(name, get);
    if (!problem) return [];
    const having = havingName(name, written);
    const message = (lists: string) =>
      `${lists} also ${pluralize(having.length, "lists", "list")} secret/${shown(name)}, which ${problem.why}`;
    const what = isPlain(name) ? { secret: name } : { dangling: true };
    const warnings = warningAbout(having, problem.id, message, { verb: "detach", ...what, ...targetArguments(having) });
    return warnings.map((warning) => ({ ...warning, needs: warning.to }));
  };
  return Promise.all([...names].slice(0, maxSecrets).map(warn)).then((warnings) => warnings.flat());
}

/** Returns the problem with a Secret that a list refers to, as a text that follows `secret/NAME, which`; undefined if there is none. */
async function problemWith(
  name: string,
  get: (name: string) => Promise<Secret | undefined>,
): Promise<{ readonly id: Warn["id"]; readonly why: string } | undefined> {
  try {
    const secret = await get(name);
    if (!secret) return { id: "dangling-name", why: "does not exist" };
    const reading = readPullSecret({ ...secret, name });
    if ("skipped" in reading) return { id: "secret-type", why: reading.skipped };
    if ("malformed" in reading)
      return { id: "malformed-secret", why: `makes the kubelet ignore all pull secrets of a pod: ${reading.malformed}` };
    return undefined;
  } catch (error) {
    if (error instanceof CliError) return undefined;
    throw error;
  }
}
