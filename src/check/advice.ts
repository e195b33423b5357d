import { type Command, flag, kubectl, plugin, shell } from "../hint.ts";
import { isObjectName, nameOf } from "../kinds.ts";
import { isKeyOf } from "../registry/server-key.ts";
import { inLine, joinNames, pluralize } from "../wording.ts";
import type { Cause } from "./cause.ts";
import type { ImageFacts, PodFacts, SecretFacts } from "./facts.ts";
import { otherCloudOf } from "./message.ts";

/** The next command for a failure, and notes on what it requires, what else it changes, and what it does not fix. */
export type Advice = { readonly fix?: Command | undefined; readonly notes?: readonly string[] };

/** For registries outside Azure, no command creates a credential. */
type InAzure = ImageFacts & { readonly azure: NonNullable<ImageFacts["azure"]> };

/**
 * Returns the next command for a failure. The command finds its targets itself, and prints which pods it can't restart. It never removes a
 * login of another registry.
 * @param secret the Secret of the cause
 */
export function advise(cause: Cause, facts: ImageFacts, secret: string | undefined): Advice {
  const existing = facts.secrets.find(({ name }) => name === secret);
  const change = forSecret[cause];
  const elsewhere = change && existing && changeElsewhere(facts, existing, change === widen);
  if (elsewhere) return elsewhere;
  if (!facts.azure) return change === renew && existing && canRenew(existing, [facts.ref.host]) ? again(facts, existing) : {};
  const inAzure = { ...facts, azure: facts.azure };
  if (!change) return forImage[cause]?.(inAzure) ?? {};
  return existing ? change(inAzure, existing) : {};
}

/** For a Secret whose login comes from a file or from another Secret. A command for the Secret would be undone. */
function changeElsewhere({ entries }: ImageFacts, { name, source }: SecretFacts, widens: boolean): Advice | undefined {
  const of = entries.get(name);
  if (of && widens) return { notes: [`add the repository to entry ${of.entry} of file ${of.name}, and apply it`] };
  if (of) return { notes: [`apply file ${of.name} again: its entry ${of.entry} gives secret ${name} its login`] };
  // A tenant can name any Secret as the source, so no command changes it
  return (
    source && { notes: [`secret ${name} is a copy of secret ${source.name} in namespace ${source.namespace}, which gives it its login`] }
  );
}

const forSecret: Partial<Record<Cause, (facts: InAzure, existing: SecretFacts) => Advice>> = {
  refused: renew,
  expired: renew,
  "out-of-scope": widen,
  "malformed-secret": repair,
};

const forImage: Partial<Record<Cause, (facts: InAzure) => Advice>> = {
  "no-login": supply,
  "other-namespace": supply,
  rewritten: supply,
  "private-host": (facts) => renameImage(facts),
  "cache-rule": ({ azure: { registry } }) => list("the credential sets", "az acr credential-set list", "--registry", registry),
  "other-cloud": changeCloud,
  "not-yet-effective": awaitRole,
  "not-found": lookFor,
  "no-repository": lookFor,
  blocked: showFirewall,
  "data-blocked": ({ azure: { registry } }) => list("the hosts to allow", "az acr show-endpoints", "--name", registry),
};

/** Replaces a rejected login. */
function renew(facts: InAzure, existing: SecretFacts): Advice {
  return canRenew(existing, [facts.azure.loginServer, facts.ref.host])
    ? again(facts, existing)
    : (byHand(existing) ?? createAnother(facts));
}

/** Grants the repository to the plugin's own credential. For any other, creates one in another Secret. */
function widen(facts: InAzure, existing: SecretFacts, targets: readonly string[] = []): Advice {
  const { copies = [], widens = false } = existing.note ?? {};
  if (!widens || !canRenew(existing, [facts.azure.loginServer])) return createAnother(facts);
  const repositoriesFromPods = facts.pods.length > 0;
  const { fix, notes = [] } = again(facts, existing, [...flag("repositories-from-pods", repositoriesFromPods), ...targets]);
  const all = repositoriesFromPods
    ? ["the command grants every repository that pods in the namespace use; use --repository to grant only some"]
    : [];
  return { fix, notes: [...all, ...(copies.length > 0 ? [`the copies in ${inLine(copies)} get the same rights`] : []), ...notes] };
}

/** Replaces a malformed Secret that is only for this registry. Removes any other from the lists: because of it, the kubelet uses none. */
function repair(facts: InAzure, existing: SecretFacts): Advice {
  if (canRenew(existing, [facts.azure.loginServer])) return again(facts, existing);
  const fix = { ...plugin("detach", existing.name, "--where-used"), namespace: facts.namespace };
  const stays = "the command does not change the Secret, because it may hold other logins";
  return { fix, notes: [stays, "then delete the pods that still list the Secret, and run check again"] };
}

/** For an image for which no pull secret has a login. */
function supply(facts: InAzure): Advice {
  const { only, names, secrets, unattached } = facts;
  if (only) return {};
  const ready = unattached.find(({ proof }) => proof.verdict === "pulls")?.secret;
  if (ready !== undefined) return adviseAttach(facts, ready, [`secret ${ready} can pull it, but is not attached`]);
  if (facts.azure.otherwise) return renameImage(facts);
  const missing = names.find((name) => isObjectName(name) && !secrets.some((secret) => secret.name === name));
  if (missing !== undefined) return { fix: create(facts, facts.azure.loginServer, missing) };
  const narrow = unattached.map(({ secret }) => secrets.find(({ name }) => name === secret)).find((it) => it?.note?.widens);
  return narrow ? (changeElsewhere(facts, narrow, true) ?? widen(facts, narrow, targetsOf(facts))) : createAnother(facts);
}

/** The image's host or the Secret is wrong. If no registry answers at the image's host, uses the host of the login. */
function changeCloud(facts: InAzure): Advice {
  const host = facts.anonymous?.verdict === "unreachable" ? otherCloudOf(facts)?.host : undefined;
  return host === undefined ? supply(facts) : renameImage({ ...facts, matchesLoginServer: true }, host);
}

/** Replaces the image's host by the login server, because the kubelet compares hosts exactly as written. */
function renameImage(facts: InAzure, host = facts.azure.loginServer): Advice {
  const { ref, namespace, account, owners, templates } = facts;
  const better = host + facts.image.slice(ref.host.length);
  const use = `use the image name ${better}`;
  const notes = facts.matchesLoginServer ? [use] : [`a login for ${host} does not match ${ref.host}`, `${use}, then run check again`];
  if (owners.length === 0)
    return { fix: { ...plugin("check", "--image", better, "--serviceaccount", account), namespace, isLook: true }, notes };
  const pods = concerned(facts);
  const users = [
    ...pods.map(({ name, container, owner }) => [nameOf(owner?.template ?? { kind: "pod", name }), container] as const),
    ...templates.filter(({ kind }) => !immutableKinds.includes(kind)).map(({ container, ...it }) => [nameOf(it), container] as const),
  ];
  const [[workload, container] = [], ...others] = new Map(users.map((user) => [user.join(" "), user])).values();
  if (workload === undefined || container === undefined || others.length > 0) return { notes };
  // A StatefulSet waits for a pod that never becomes ready. A ReplicaSet replaces no pods
  const left = pods.filter(({ owner }) => owner?.template && owner.template.kind !== "deployment").map(({ name }) => `pod/${name}`);
  const deletion = left.length > 0 ? [`then delete ${joinNames(left)}, unless already replaced`] : [];
  return { fix: { ...kubectl("set image", workload, `${container}=${better}`), namespace }, notes: [...notes, ...deletion] };
}

/** Only time fixes it. */
function awaitRole({ namespace, account, image, pods }: InAzure): Advice {
  const named = pods.length > 0 ? [] : ["--image", image, "--serviceaccount", account];
  const fix = { ...plugin("check", named, "--wait", "10m"), namespace };
  return { fix, notes: ["Azure can need ten minutes to apply a role: the command waits for it, and changes nothing"] };
}

function lookFor({ azure: { registry }, ref: { repository, reference }, otherTags, noRepository }: InAzure): Advice {
  if (!noRepository && reference.includes(":"))
    return list("the manifests", "az acr manifest list-metadata", "--registry", registry, "--name", repository);
  return otherTags !== "unknown" && otherTags.length > 0
    ? list("the tags", "az acr repository show-tags", "--name", registry, "--repository", repository)
    : list("the repositories", "az acr repository list", "--name", registry);
}

export const nodesMayPass = "the nodes may have access: with --from-cluster, a node tests it";

/** The firewall has rejected this machine, and may accept the nodes. */
function showFirewall({ azure: { registry } }: InAzure): Advice {
  const { fix, notes = [] } = list("the firewall rules", "az acr network-rule list", "--name", registry);
  return { fix, notes: [nodesMayPass, ...notes] };
}

/** A command that only reads. */
const list = (what: string, program: string, ...words: readonly string[]): Advice => ({
  fix: { ...shell(program, words), isLook: true },
  notes: [`the command only lists ${what}`],
});

/** Attaches a Secret, and restarts the pods that wait for it. */
function adviseAttach(facts: ImageFacts, secret: string, notes: readonly string[] = []): Advice {
  const fixed = fixedLists(facts);
  const isUseless = fixed.length > 0 && fixed.length === concerned(facts).length + facts.templates.length;
  const fix = { ...plugin("attach", secret, targetsOf(facts)), namespace: facts.namespace };
  return { fix: isUseless ? undefined : fix, notes: [...notes, ...fixedListNotes(fixed, `secret ${secret}`)] };
}

/** Restarts the pods that are older than the attachment of a Secret. `attach` restarts no pods of Jobs, and reports those. */
export function adviseRestart(facts: ImageFacts, secret: string): Advice {
  const older = concerned(facts).filter(({ own }) => !own);
  const jobs = [...new Set(older.flatMap(({ owner }) => (owner?.kind === "job" ? [nameOf(owner)] : [])))];
  if (older.some(({ owner }) => owner?.kind !== "job")) return adviseAttach(facts, secret);
  const them = pluralize(jobs.length, "it", "them");
  return {
    notes: [
      `a Job counts a deleted pod as failed, so no command restarts pods of ${joinNames(jobs)}: delete ${them} and create ${them} again`,
    ],
  };
}

/** Creates and attaches a credential in its own Secret, in addition to the existing ones. */
function createAnother(facts: InAzure): Advice {
  const { only, azure, fresh, owners, ref } = facts;
  if (only) return {};
  if (azure.otherwise) return renameImage(facts);
  const secret = fresh.isDefault ? undefined : fresh.name;
  // With --where-used, `create` also finds the repositories of templates
  const repositories = owners.length > 0 ? [] : [ref.repository];
  const words = ["--registry", azure.loginServer, ...flag("repository", repositories), ...targetsOf(facts)];
  const fix = { ...plugin("create", secret, words), namespace: facts.namespace };
  return { fix, notes: fixedListNotes(fixedLists(facts), "the new Secret") };
}

/**
 * Whether a command may create the credential of a Secret again: only this plugin has written the Secret, and no other login would be lost.
 * Anyone in the namespace can write a record, so its flags must not widen what the credential can do.
 * @param hosts the names of the registry
 */
const canRenew = ({ note, writers, servers = [], isFixed }: SecretFacts, hosts: readonly string[]): boolean =>
  note?.again !== undefined &&
  !note.unlabeled &&
  writers.length === 0 &&
  !isFixed &&
  servers.length > 0 &&
  servers.every((server) => hosts.some((host) => isKeyOf(host, server)));

/** What to do about a login that only a person can ask for again. */
const byHand = ({ name, note }: SecretFacts): Advice | undefined =>
  note && !note.again ? { notes: [`if you created secret ${name}, run create again with the same flags`] } : undefined;

/** Creates a Secret's credential again, of the same kind. */
function again(facts: ImageFacts, { name, note, servers = [] }: SecretFacts, more: readonly string[] = []): Advice {
  const { loginServer = facts.ref.host } = facts.azure ?? {};
  const registry = servers.every((server) => isKeyOf(loginServer, server)) ? loginServer : facts.ref.host;
  const isGiven = note?.renewal === "given";
  return {
    fix: create(facts, registry, name, [...(note?.again ?? []), ...flag("expires-in", note?.expiresIn), ...more]),
    notes: isGiven ? ["the plugin did not generate this password: set PASSWORD to a new one"] : [],
  };
}

/** `create` finds the repositories that pods use. Others must be named. */
function create({ namespace, pods, ref }: ImageFacts, registry: string, secret: string, more: readonly string[] = []): Command {
  const repository = pods.length > 0 ? [] : ["--repository", ref.repository];
  return { ...plugin("create", secret, "--registry", registry, repository, more), namespace };
}

/** Returns the pods of a failure: those whose node does not have the image, if there are any. */
export function concerned({ pods }: ImageFacts): readonly PodFacts[] {
  const waiting = pods.filter(({ pulled }) => !pulled);
  return waiting.length > 0 ? waiting : pods;
}

/** Selects everything that uses the registry, or the ServiceAccount for an image that only the command line names. */
const targetsOf = ({ owners, account }: ImageFacts): string[] => (owners.length > 0 ? ["--where-used"] : ["--serviceaccount", account]);

const immutableKinds = ["job", "podtemplate"];

/** Returns the objects with a list of their own that --where-used doesn't change. */
const fixedLists = (facts: ImageFacts): string[] => [
  ...concerned(facts).flatMap(({ own, owner, name }) => (own && !owner?.template ? [nameOf(owner ?? { kind: "pod", name })] : [])),
  ...facts.templates.filter(({ own, kind }) => own && immutableKinds.includes(kind)).map(nameOf),
];

function fixedListNotes(fixed: readonly string[], secret: string): string[] {
  const names = [...new Set(fixed)];
  if (names.length === 0) return [];
  const them = pluralize(names.length, "it", "them");
  return [`attach and create do not change imagePullSecrets of ${joinNames(names)}: create ${them} again with ${secret} in the list`];
}
