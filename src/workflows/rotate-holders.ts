import type { Outcome } from "../actions/outcome.ts";
import { type Credential, lifecycleOf } from "../credential/kind.ts";
import type { Ref } from "../kinds.ts";
import { unknownClusters } from "../plan/ownership.ts";
import type { Rotation } from "../plan/rotation.ts";
import { mostNamed, namedThere, several } from "../plan/wording.ts";
import { unnamedCluster } from "../secret/azure-words.ts";
import type { Noted } from "../state/noted.ts";
import { ownerOf, sharedOwner } from "./owner.ts";
import type { Look, RotateOrder } from "./rotate-order.ts";

type Found = Rotation<Noted>;

type Owned = "one" | "many" | "nobody";

/** Which Secrets derive the credential's name: one of these, those of their name in the selected clusters, or none. */
export async function ownedBy({ identity, members }: Found): Promise<Owned> {
  const owns = (owner: ReturnType<typeof ownerAt>) => owner.owns(identity).catch(() => false);
  for (const member of members) if (await owns(ownerAt(member))) return "one";
  const clusterScopes = [...new Set(members.map(({ clusterScope }) => clusterScope))];
  for (const name of new Set(members.map(({ to }) => to.name))) if (await owns(sharedOwner(clusterScopes, name))) return "many";
  return "nobody";
}

export const ownerAt = ({ clusterScope, to }: Noted) =>
  ownerOf({ cluster: clusterScope.cluster, context: clusterScope.context, namespace: to.namespace ?? "" }, to.name);

/** The ids of clusters that Azure says hold the credential, and that this run did not list; none if the name is only one Secret's. */
export async function clustersUnknown(
  { identity }: Found,
  { clusters, credential, owned }: Pick<RotateOrder, "clusters"> & { readonly credential: Credential; readonly owned: Owned },
): Promise<readonly string[]> {
  const described = owned === "one" ? [] : await lifecycleOf(credential).clusters(identity);
  return described.length === 0 ? [] : unknownClusters(described, (await clusters()).listed);
}

/** What is unknown of clusters, and what to do about it. */
export const inClusters = (ids: readonly string[]): string =>
  ids.includes(unnamedCluster)
    ? `a cluster ${unnamedCluster} may hold it; add --force if no other cluster does`
    : `cluster ${several(ids)} may hold it and was not listed; add its context with --contexts, or add --force`;

/** Warns of Secrets that hold the credential and that this run does not write: they keep their password. */
export function* tellOthers({ rotation, proof, unnoted }: Look & { readonly rotation: Found }): Generator<Outcome> {
  const { host, identity } = rotation;
  const foreign = proof.proven.flatMap((member) => (member.foreign ? [member.to] : []));
  const [first] = foreign;
  if (first) {
    const says = `${namesOf(foreign)} also ${foreign.length > 1 ? "hold" : "holds"} ${identity}, managed by another tool, and ${keeps(foreign)}`;
    const fix = { verb: "rotate", secret: first.name, force: true, namespace: first.namespace, context: first.context } as const;
    yield { change: { act: "tell", to: first, says, fix }, says: [says], fix };
  }
  const copies = unnoted.map(({ to }) => to);
  const [copy] = copies;
  if (!copy) return;
  const says = `${namesOf(copies)} also ${copies.length > 1 ? "hold" : "holds"} ${identity}, without an annotation that names it, and ${keeps(copies)}`;
  const fix = { verb: "create", secret: copy.name, registry: host, force: true, namespace: copy.namespace, context: copy.context } as const;
  yield { change: { act: "tell", to: copy, says, fix }, says: [says], fix };
}

const namesOf = (all: readonly Ref[]): string => several(all.map(namedThere), mostNamed);

const keeps = ({ length }: readonly Ref[]): string => (length > 1 ? "keep their password" : "keeps its password");
