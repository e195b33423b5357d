import type { Create, Fix } from "../fix.ts";
import { argumentKind, isObjectName, kinds, nameOf, targetKinds } from "../kinds.ts";
import { isKeyOf } from "../registry/server-key.ts";
import { inLine } from "../wording.ts";
import type { Cause } from "./cause.ts";
import {
  type Advice,
  concerned,
  deliver,
  inOrder,
  ownTemplates,
  podDeletion,
  unique,
  unreplaced,
  usesAccount,
  workloadsOf,
} from "./deliver.ts";
import type { ImageFacts, Note, SecretFacts } from "./facts.ts";
import { otherCloudOf } from "./message.ts";

/** For registries outside Azure, no command creates a credential. */
type InAzure = ImageFacts & { readonly azure: NonNullable<ImageFacts["azure"]> };

/**
 * Returns the fix for a failure. If you run the command, the verdict becomes `pulls`, or the notes say what it doesn't fix. It never
 * removes a login of another registry.
 *
 * @param secret the Secret of the cause
 */
export function advise(cause: Cause, facts: ImageFacts, secret: string | undefined): Advice {
  const existing = facts.secrets.find(({ name }) => name === secret);
  if (!facts.azure) return (cause === "refused" || cause === "expired") && existing?.note?.renewal === "given" ? give(facts, existing) : {};
  return advices[cause]?.({ ...facts, azure: facts.azure }, existing) ?? {};
}

const advices: Partial<Record<Cause, (facts: InAzure, existing: SecretFacts | undefined) => Advice>> = {
  refused: ofSecret(renew),
  expired: ofSecret(renew),
  "out-of-scope": ofSecret(widen),
  "malformed-secret": ofSecret(repair),
  "no-login": supply,
  "other-namespace": supply,
  rewritten: supply,
  "other-cloud": changeCloud,
  "not-yet-effective": awaitRole,
  "not-found": lookFor,
  "no-repository": lookFor,
  blocked: ({ azure: { registry } }) => list("the firewall rules", "az", "acr", "network-rule", "list", "--name", registry),
  "data-blocked": ({ azure: { registry } }) => list("the hosts to allow", "az", "acr", "show-endpoints", "--name", registry),
};

/** A command that only reads. */
const list = (what: string, ...argv: readonly [string, ...string[]]): Advice => ({
  fix: { do: "shell", argv },
  notes: [`the command only lists ${what}`],
});

/** The image's host or the Secret is wrong. If no registry answers at the image's host, uses the host of the login. */
function changeCloud(facts: InAzure): Advice {
  const other = otherCloudOf(facts);
  if (!other || facts.anonymous?.verdict !== "unreachable") return supply(facts);
  return renameImage({ ...facts, azure: { ...facts.azure, loginServer: other.host }, matchesLoginServer: true });
}

/** Only time fixes it. */
function awaitRole({ namespace, account, image, pods }: InAzure): Advice {
  const named = pods.length > 0 ? {} : { images: [image], serviceaccount: account };
  return {
    fix: { verb: "check", ...named, wait: "10m", namespace },
    notes: ["Azure can need ten minutes to apply a role: the command waits for it, and changes nothing"],
  };
}

function ofSecret(advice: (facts: InAzure, existing: SecretFacts) => Advice) {
  return (facts: InAzure, existing: SecretFacts | undefined): Advice => (existing ? advice(facts, existing) : {});
}

const withNotes = (added: readonly string[], { fix, notes = [] }: Advice): Advice => ({ fix, notes: [...added, ...notes] });

/** Only the source of a copy gets a new login. A tenant can name any Secret as the source, so no command does. */
const copyNotes = ({ name, source }: SecretFacts): string[] =>
  source ? [`secret ${name} is a copy of secret ${source.name} in namespace ${source.namespace}, which gives it its login`] : [];

/** For a rejected login: creates a credential of the same kind again, in the same Secret. */
function renew(facts: InAzure, existing: SecretFacts): Advice {
  if (existing.source) return { notes: copyNotes(existing) };
  const otherwise = facts.azure.otherwise !== undefined;
  if (existing.note?.renewal === "given" || (otherwise && existing.note)) return give(facts, existing);
  if (otherwise || !isFor(facts, existing)) return createAnother(facts);
  if (!existing.note)
    return {
      fix: { ...again(facts, existing), force: true },
      notes: ["the plugin did not create this Secret: --force replaces its login"],
    };
  if (existing.writers.length === 0) return renewal(facts, existing);
  const { fix, notes } = renewal(facts, existing, { force: true });
  const writers = existing.writers.map((writer) => JSON.stringify(writer)).join(" and ");
  return { fix, notes: [...notes, `${writers} changed this Secret: --force takes over the changed fields`] };
}

/** Grants the repository to the plugin's own credential. For any other, creates one in another Secret. */
function widen(facts: InAzure, existing: SecretFacts): Advice {
  const { copies = [], widens = false } = existing.note ?? {};
  if (!widens || !isFor(facts, existing)) return withNotes(copyNotes(existing), createAnother(facts, [facts.ref.repository]));
  const gain = copies.length > 0 ? [`the copies in ${inLine(copies)} get the repository too`] : [];
  return withNotes(gain, renewal(facts, existing, { repositories: [facts.ref.repository] }));
}

/** For an image for which no pull secret has a login. */
function supply(facts: InAzure): Advice {
  const ready = facts.unattached.find(({ proof }) => proof.verdict === "pulls");
  if (facts.only) return {};
  if (ready) return withNotes([`secret ${ready.secret} can pull it, but is not attached`], deliver(facts, { secret: ready.secret }));
  if (facts.azure.otherwise) return renameImage(facts);
  const missing = facts.names.find((name) => isObjectName(name) && !facts.secrets.some((secret) => secret.name === name));
  if (missing !== undefined) return { fix: make(facts, { secret: missing }) };
  const empty = facts.secrets.find(
    ({ name, servers, isFixed, source }) => !isFixed && !source && facts.names.includes(name) && servers?.length === 0,
  );
  if (empty) return { fix: { ...make(facts, { secret: empty.name }), force: empty.note === undefined || empty.writers.length > 0 } };
  const narrow = facts.unattached.map(({ secret }) => facts.secrets.find(({ name }) => name === secret)).find((it) => it?.note?.widens);
  if (narrow) {
    const { fix: make, notes } = renewal(facts, narrow, { repositories: [facts.ref.repository] });
    return withNotes(notes, deliver(facts, { secret: narrow.name, make }));
  }
  return createAnother(facts);
}

/** Replaces a malformed Secret that is only for this registry. Otherwise removes it from the lists. */
function repair(facts: InAzure, existing: SecretFacts): Advice {
  if (existing.source) return { notes: copyNotes(existing) };
  if (isFor(facts, existing) && facts.azure.otherwise === undefined)
    return { fix: { ...again(facts, existing), force: existing.note === undefined }, notes: ["the command replaces its contents"] };
  const { namespace, account } = facts;
  const { own, copied, all } = concerned(facts);
  if (facts.only) return { notes: ["the Secret may hold other logins, so no command replaces it"] };
  const byAccount = usesAccount(facts);
  const secret = facts.fresh.name;
  const detach: Fix[] = byAccount ? [{ verb: "detach", secret: existing.name, serviceaccounts: [account], namespace }] : [];
  const create: Fix = byAccount ? { ...make(facts), serviceaccounts: [account] } : make(facts);
  const references = unique([...workloadsOf(own), ...ownTemplates(facts)]).flatMap(({ kind, name }): Fix[] => {
    const patch = replacing(kind, existing.name, secret);
    return patch === undefined ? [] : [{ kubectl: "patch", args: [kind, name, "-p", patch], namespace }];
  });
  const deleted = [...copied.filter(({ owner }) => owner?.remakes), ...unreplaced(own)];
  const rest = all.filter((pod) => (pod.own ? !pod.owner?.template : !pod.owner?.remakes));
  return {
    fix: inOrder([...detach, create, ...references, ...podDeletion(deleted, namespace)]),
    notes: [
      "the command does not change the Secret, because it may hold other logins",
      ...(rest.length > 0 ? [`no controller recreates these pods, so create them again: ${rest.map(({ name }) => name).join(", ")}`] : []),
    ],
  };
}

/**
 * Returns a strategic merge patch. The names of a pod template are merged one by one (core/v1 PodSpec, patchMergeKey=name). The template of
 * a Job is immutable.
 */
function replacing(kind: string, old: string, name: string): string | undefined {
  const row = targetKinds.find((each) => argumentKind(each) === kind);
  if (!row || kinds[row].pullSecretList.takesEffect === "recreate") return undefined;
  const list: object = [{ $patch: "delete", name: old }, { name }];
  return JSON.stringify(kinds[row].pullSecretList.path.toReversed().reduce((value, step) => ({ [step]: value }), list));
}

/** Creates a credential of this plugin in its own Secret, in addition to the existing ones. */
function createAnother(facts: InAzure, repositories?: readonly string[]): Advice {
  if (facts.only) return {};
  if (facts.azure.otherwise) return renameImage(facts);
  return deliver(facts, { secret: facts.fresh.name, make: make(facts, { repositories }) });
}

/** Replaces the image's host by the login server, because the kubelet compares hosts exactly as written. */
function renameImage(facts: InAzure): Advice {
  const { azure, ref, namespace, account, owners, templates } = facts;
  const { all: pods } = concerned(facts);
  const better = azure.loginServer + facts.image.slice(ref.host.length);
  const why = facts.matchesLoginServer ? [] : [`a login for ${azure.loginServer} does not match ${ref.host}`];
  const notes = [...why, `use the image name ${better}`];
  if (owners.length === 0) return { fix: { verb: "check", images: [better], serviceaccount: account, namespace }, notes };
  const first: Advice = facts.matchesLoginServer
    ? {}
    : deliver(facts, { secret: facts.fresh.name, make: make(facts, { repositories: [ref.repository] }) });
  const users = [
    ...pods.map(({ name, container, owner }) => ({ workload: owner?.template ?? { kind: "pod", name }, container })),
    ...templates
      .filter(({ kind }) => kind !== "job" && kind !== "podtemplate")
      .map(({ container, ...workload }) => ({ workload, container })),
  ].filter(({ container }) => container !== undefined);
  const places = new Map(users.map((user) => [`${nameOf(user.workload)} ${user.container}`, user]));
  const renamed = [...places.values()].map(({ workload, container }): Fix => {
    const args = [nameOf(workload), `${container}=${better}`];
    return { kubectl: "set image", args, namespace };
  });
  const deletion = renamed.length > 0 ? podDeletion(unreplaced(pods), namespace) : [];
  return { fix: inOrder([...(first.fix ? [first.fix] : []), ...renamed, ...deletion]), notes: [...notes, ...(first.notes ?? [])] };
}

/** For a credential that the plugin did not generate. */
function give(facts: ImageFacts, existing: SecretFacts): Advice {
  const { ref, namespace } = facts;
  const { name, note } = existing;
  return {
    fix: { verb: "create", secret: name, registry: ref.host, username: note?.identity, namespace, ...forced(note) },
    notes: [...unlabeled(note), "the plugin did not generate this password: set PASSWORD to a new one"],
  };
}

/** The notes repeat the annotation, because anyone in the namespace can write it. The user who pastes the command decides. */
function renewal(facts: InAzure, existing: SecretFacts, more: Partial<Create> = {}) {
  const { warning } = existing.note?.again ?? {};
  const notes = [...unlabeled(existing.note), ...(warning ? [`the Secret's annotation says that ${warning}`] : [])];
  return { fix: { ...again(facts, existing), ...more }, notes };
}

/** The command that creates a Secret's credential again, from its annotation. */
function again(facts: InAzure, { name, note }: SecretFacts): Create & { namespace: string } {
  const { flags } = note?.renewal === "made" ? note.again : {};
  return { ...make(facts, { secret: name }), ...flags, expiresIn: note?.expiresIn, ...forced(note) };
}

/** Without this plugin's label, `create` treats a Secret as another tool's. */
const forced = (note: Note | undefined) => (note?.unlabeled ? { force: true } : {});

const unlabeled = (note: Note | undefined): string[] =>
  note?.unlabeled ? [`the Secret has lost its label ${note.unlabeled}: --force restores it`] : [];

/** `create` finds the images that pods use. An image that only the command line names must be named again. */
function make(facts: InAzure, chosen: Pick<Create, "secret" | "repositories"> = {}): Create & { namespace: string } {
  const { azure, namespace, pods, ref, fresh } = facts;
  const { secret = fresh.isDefault ? undefined : fresh.name, repositories = pods.length > 0 ? [] : [ref.repository] } = chosen;
  return { verb: "create", secret, registry: azure.loginServer, repositories, namespace };
}

/** Whether a Secret can be changed, has logins for this registry, and no other login that would be lost. */
function isFor({ azure }: InAzure, { servers = [], isFixed }: SecretFacts): boolean {
  return !isFixed && servers.length > 0 && servers.every((server) => isKeyOf(azure.loginServer, server));
}

function lookFor({ azure: { registry }, ref: { repository, reference }, otherTags, noRepository }: InAzure): Advice {
  if (!noRepository && reference.includes(":"))
    return list("the manifests", "az", "acr", "manifest", "list-metadata", "--registry", registry, "--name", repository);
  return otherTags !== "unknown" && otherTags.length > 0
    ? list("the tags", "az", "acr", "repository", "show-tags", "--name", registry, "--repository", repository)
    : list("the repositories", "az", "acr", "repository", "list", "--name", registry);
}
