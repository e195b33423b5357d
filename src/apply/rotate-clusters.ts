import type { Credential } from "../credential/kind.ts";
import { lifeOf } from "../credential/life.ts";
import type { Noted } from "../observe/noted.ts";
import { unknownClusters } from "../plan/ownership.ts";
import type { Rotation } from "../plan/rotation.ts";
import { several } from "../plan/said.ts";
import { ownerOf, sharedOwner } from "./owner.ts";
import type { RotateOrder } from "./rotate-order.ts";

type Found = Rotation<Noted>;

type Owned = "one" | "many" | "nobody";

/** Whose the credential is by its name: nobody but these Secrets can hold it then, or those of their name in the clusters at hand. */
export async function ownedBy({ identity, members }: Found): Promise<Owned> {
  const owns = (owner: ReturnType<typeof ownerAt>) => owner.owns(identity).catch(() => false);
  for (const member of members) if (await owns(ownerAt(member))) return "one";
  const grounds = [...new Set(members.map(({ ground }) => ground))];
  for (const name of new Set(members.map(({ to }) => to.name))) if (await owns(sharedOwner(grounds, name))) return "many";
  return "nobody";
}

export const ownerAt = ({ ground, to }: Noted) =>
  ownerOf({ cluster: ground.cluster, context: ground.context, namespace: to.namespace ?? "" }, to.name);

/** The ids of clusters that Azure says hold the credential, and that this run did not list; none if the name is only one Secret's. */
export async function clustersUnknown(
  { identity }: Found,
  { clusters, credential, owned }: Pick<RotateOrder, "clusters"> & { readonly credential: Credential; readonly owned: Owned },
): Promise<readonly string[]> {
  const described = owned === "one" ? [] : await lifeOf(credential).clusters(identity);
  return described.length === 0 ? [] : unknownClusters(described, (await clusters()).listed);
}

/** What is unknown of clusters, and what to do about it. */
export const inClusters = (ids: readonly string[]): string =>
  `cluster ${several(ids)} may hold it and was not listed; add its context with --contexts, or add --force`;
