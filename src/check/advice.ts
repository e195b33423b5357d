import type { Create, Fix } from "../fix.ts";
import { isObjectName, nameOf } from "../kinds.ts";
import type { Cause } from "./cause.ts";
import { type Advice, concerned, deliver, inOrder, joined, podDeletion, stayed, workloadsOf } from "./deliver.ts";
import type { ImageFacts, Note, SecretFacts } from "./facts.ts";

/** An image of a registry in Azure. For other registries, no command creates a credential. */
type InAzure = ImageFacts & { readonly azure: NonNullable<ImageFacts["azure"]> };

/**
 * Returns the fix for a failure. If you run the printed command, the verdict becomes `pulls`, or the words next to it say what it doesn't
 * fix. It never removes a login of another registry.
 *
 * @param secret the Secret of the cause
 */
export function advise(cause: Cause, facts: ImageFacts, secret: string | undefined): Advice {
  const held = facts.secrets.find(({ name }) => name === secret);
  if (!facts.azure) return (cause === "refused" || cause === "expired") && held?.note?.renewal === "given" ? give(facts, held) : {};
  return advices[cause]?.({ ...facts, azure: facts.azure }, held) ?? {};
}

/** The fix for each cause that a command can fix. */
const advices: Partial<Record<Cause, (facts: InAzure, held: SecretFacts | undefined) => Advice>> = {
  refused: ofSecret(renew),
  expired: ofSecret(renew),
  "out-of-scope": ofSecret(widen),
  "malformed-secret": ofSecret(repair),
  "no-login": supply,
  "not-found": (facts) => ({ fix: lookFor(facts) }),
  blocked: ({ azure: { registry } }) => ({ fix: { do: "shell", argv: ["az", "acr", "network-rule", "list", "--name", registry] } }),
};

/** The fix for a cause in a Secret. */
function ofSecret(advice: (facts: InAzure, held: SecretFacts) => Advice) {
  return (facts: InAzure, held: SecretFacts | undefined): Advice => (held ? advice(facts, held) : {});
}

/** The same advice with more words before its own. */
const explained = (words: string | undefined, { fix, because }: Advice): Advice => ({ fix, because: joined([words, because]) });

/** For a rejected login: creates a credential of the same kind again, in the same Secret. */
function renew(facts: InAzure, held: SecretFacts): Advice {
  const otherwise = facts.azure.otherwise !== undefined && !reaches(facts, held);
  if (held.note?.renewal === "given" || (otherwise && held.note)) return give(facts, held);
  if (otherwise || !isFor(facts, held)) return beside(facts);
  if (!held.note)
    return {
      fix: { ...again(facts, held), force: true },
      because: "it was not made by kubectl acr-secret, and --force replaces the login inside",
    };
  if (held.writers.length === 0) return renewal(facts, held);
  const { fix, because } = renewal(facts, held, { force: true });
  const writers = held.writers.map((writer) => JSON.stringify(writer)).join(" and ");
  const verb = held.writers.length > 1 ? "have" : "has";
  return { fix, because: joined([because, `${writers} ${verb} written to it, and --force takes that over`]) };
}

/** Adds rights to a credential that this plugin created, if its kind supports that. For any other, creates one in another Secret. */
function widen(facts: InAzure, held: SecretFacts): Advice {
  if (held.note?.widens && isFor(facts, held)) return renewal(facts, held, { repositories: [facts.ref.repository] });
  return beside(facts, [facts.ref.repository]);
}

/** For an image for which no pull secret has a login. */
function supply(facts: InAzure): Advice {
  const ready = facts.unattached.find(({ proof }) => proof.verdict === "pulls");
  if (facts.only) return {};
  if (ready) return explained(`secret ${ready.secret} pulls it, but is not attached`, deliver(facts, { secret: ready.secret }));
  if (facts.azure.otherwise === "port" || facts.azure.otherwise === "capitals") return rename(facts);
  if (facts.azure.otherwise === "region") return regional(facts);
  const missing = facts.names.find((name) => isObjectName(name) && !facts.secrets.some((secret) => secret.name === name));
  if (missing !== undefined) return { fix: make(facts, { secret: missing }) };
  const empty = facts.secrets.find(({ name, servers }) => facts.names.includes(name) && servers?.length === 0);
  if (empty) return { fix: { ...make(facts, { secret: empty.name }), force: empty.note === undefined } };
  const narrow = facts.unattached.map(({ secret }) => facts.secrets.find(({ name }) => name === secret)).find((it) => it?.note?.widens);
  if (narrow) {
    const { fix: make, because } = renewal(facts, narrow, { repositories: [facts.ref.repository] });
    return explained(because, deliver(facts, { secret: narrow.name, make }));
  }
  return beside(facts);
}

/**
 * An unreadable Secret makes all Secrets of the pod unusable. It is replaced if it holds nothing else; otherwise it is removed from the
 * list.
 */
function repair(facts: InAzure, held: SecretFacts): Advice {
  if (isFor(facts, held) && facts.azure.otherwise === undefined)
    return { fix: { ...again(facts, held), force: held.note === undefined }, because: "the command replaces what is inside" };
  const { namespace, account, pods } = facts;
  const { own, copied, all } = concerned(facts);
  if (facts.only) return { because: "it may hold other logins, so no command here replaces it" };
  const byAccount = pods.length === 0 || copied.length > 0;
  const secret = facts.fresh.name;
  const detach: Fix[] = byAccount ? [{ verb: "detach", secret: held.name, serviceaccounts: [account], namespace }] : [];
  const create: Fix = byAccount ? { ...make(facts), serviceaccounts: [account] } : make(facts);
  const references = workloadsOf(own).map(({ kind, name }): Fix => {
    const args = [kind, name, "-p", replacing(held.name, secret)];
    return { kubectl: "patch", args, namespace };
  });
  const gone = [...copied.filter(({ owner }) => owner?.remakes), ...stayed(own)];
  const rest = all.filter((pod) => (pod.own ? !pod.owner?.template : !pod.owner?.remakes));
  return {
    fix: inOrder([...detach, create, ...references, ...podDeletion(gone, namespace)]),
    because: joined([
      "it is left as it is, since it may hold other logins",
      rest.length > 0 ? `pods that nothing makes anew (${rest.map(({ name }) => name).join(", ")}) have to be created again` : undefined,
    ]),
  };
}

/** Returns a strategic merge patch. The names of a pod template are merged one by one (core/v1 PodSpec, patchMergeKey=name). */
const replacing = (old: string, name: string): string =>
  JSON.stringify({ spec: { template: { spec: { imagePullSecrets: [{ $patch: "delete", name: old }, { name }] } } } });

/** Creates a credential of this plugin in its own Secret, in addition to the existing ones. */
function beside(facts: InAzure, repositories?: readonly string[]): Advice {
  if (facts.only) return {};
  if (facts.azure.otherwise) return facts.azure.otherwise === "region" ? regional(facts, repositories) : rename(facts);
  return deliver(facts, { secret: facts.fresh.name, make: make(facts, { repositories }) });
}

/**
 * A login for the login server matches no regional host, unless the Secret has it under that host too: in the pods' own Secret, or in
 * another one.
 */
function regional(facts: InAzure, repositories?: readonly string[]): Advice {
  const { azure, ref, fresh } = facts;
  const why = `a login for ${azure.loginServer} does not match ${ref.host}`;
  const own = repositories ? undefined : facts.secrets.find((held) => widensTo(facts, held));
  if (own) {
    const more = own.note?.widens ? { repositories: [ref.repository] } : {};
    return explained(why, renewal(facts, own, { ...more, includeRegional: true }));
  }
  return explained(why, deliver(facts, { secret: fresh.name, make: { ...make(facts, { repositories }), includeRegional: true } }));
}

/**
 * Whether a Secret that the pods name holds this plugin's login for the login server, and nothing that `create` would refuse to overwrite.
 */
const widensTo = (facts: InAzure, held: SecretFacts): boolean =>
  facts.names.includes(held.name) &&
  held.note?.renewal === "made" &&
  held.note.hosts[0] === facts.azure.loginServer &&
  held.writers.length === 0 &&
  isFor(facts, held);

/** Names the image by the login server, because the kubelet compares hosts exactly as written. */
function rename(facts: InAzure): Advice {
  const { azure, ref, namespace, account } = facts;
  const { all: pods } = concerned(facts);
  const named = azure.loginServer + facts.image.slice(ref.host.length);
  const why = facts.matchesLoginServer ? "" : `a login for ${azure.loginServer} does not match ${ref.host}: `;
  const because = `${why}name the image ${named}`;
  if (pods.length === 0) return { fix: { verb: "check", images: [named], serviceaccount: account, namespace }, because };
  const first = facts.matchesLoginServer
    ? {}
    : // The pods of a Job would already have other names when their image is set
      deliver(facts, { secret: facts.fresh.name, make: make(facts, { repositories: [ref.repository] }), stays: "job" });
  const places = new Map(
    pods.map(({ name, container, owner }) => {
      const workload = owner?.template ?? { kind: "pod", name };
      return [`${nameOf(workload)} ${container}`, { workload, container }] as const;
    }),
  );
  const renamed = [...places.values()].map(({ workload, container }): Fix => {
    const args = [nameOf(workload), `${container}=${named}`];
    return { kubectl: "set image", args, namespace };
  });
  const gone = podDeletion(stayed(pods), namespace);
  return { fix: inOrder([...(first.fix ? [first.fix] : []), ...renamed, ...gone]), because: joined([because, first.because]) };
}

/** A credential that the user supplied must be supplied again. */
function give(facts: ImageFacts, held: SecretFacts): Advice {
  const { azure, ref, namespace } = facts;
  const { name, note } = held;
  // Its regional hosts get the login together with the login server
  const registry = azure && reaches({ ...facts, azure }, held) ? azure.loginServer : ref.host;
  return {
    fix: { verb: "create", secret: name, registry, username: note?.identity, namespace, ...forced(note) },
    because: joined([unlabeled(note), "its password was given, so a new one has to be: put it into PASSWORD"]),
  };
}

/** The advice repeats the annotation, because anyone in the namespace can write it. The user who pastes the command decides. */
function renewal(facts: InAzure, held: SecretFacts, more: Partial<Create> = {}): { fix: Create; because: string | undefined } {
  const { noted } = held.note?.again ?? {};
  return { fix: { ...again(facts, held), ...more }, because: joined([unlabeled(held.note), noted && `the Secret notes that ${noted}`]) };
}

/** The command that creates a Secret's credential again, from its annotation. */
function again(facts: InAzure, { name, note }: SecretFacts): Create & { namespace: string } {
  const { flags } = note?.renewal === "made" ? note.again : {};
  return { ...make(facts, { secret: name }), ...flags, expiresIn: note?.expiresIn, ...forced(note) };
}

/** Without this plugin's label, `create` treats a Secret as another tool's. */
const forced = (note: Note | undefined) => (note?.unlabeled ? { force: true } : {});

const unlabeled = (note: Note | undefined) =>
  note?.unlabeled && `its annotation names this login, but it has lost its label ${note.unlabeled}, which --force brings back`;

/** `create` finds the images that pods use. An image that only the command line names must be named again. */
function make(facts: InAzure, chosen: Pick<Create, "secret" | "repositories"> = {}): Create & { namespace: string } {
  const { azure, namespace, pods, ref, fresh } = facts;
  const { secret = fresh.isDefault ? undefined : fresh.name, repositories = pods.length > 0 ? [] : [ref.repository] } = chosen;
  return { verb: "create", secret, registry: azure.loginServer, repositories, namespace };
}

/** Whether a Secret has logins for this registry, and no other login that would be lost. */
function isFor({ azure, ref }: InAzure, { servers = [], note }: SecretFacts): boolean {
  const ours = note?.hosts[0] === azure.loginServer ? note.hosts : [];
  const hosts = servers.map((server) => /^(?:https?:\/\/)?([^/]*)/.exec(server)?.[1] ?? "");
  return hosts.length > 0 && hosts.every((host) => host === ref.host || ours.includes(host));
}

/** Whether a Secret's annotation names one login for the login server and for the image's regional host. */
const reaches = ({ azure, ref }: InAzure, { note }: SecretFacts): boolean =>
  note?.hosts[0] === azure.loginServer && note.hosts.includes(ref.host);

function lookFor({ azure: { registry }, ref: { repository, reference }, hasOtherTags }: InAzure): Fix {
  if (reference.includes(":"))
    return { do: "shell", argv: ["az", "acr", "manifest", "list-metadata", "--registry", registry, "--name", repository] };
  return hasOtherTags
    ? { do: "shell", argv: ["az", "acr", "repository", "show-tags", "--name", registry, "--repository", repository] }
    : { do: "shell", argv: ["az", "acr", "repository", "list", "--name", registry] };
}
