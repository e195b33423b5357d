import type { Credential, Issue } from "../credential/kind.ts";
import { lifeOf } from "../credential/life.ts";
import type { Noted, NotedIn } from "../observe/noted.ts";
import type { ChangeOf, Plan } from "../plan/change.ts";
import type { Proof } from "../plan/proof.ts";
import { passwordKey, type Rotation } from "../plan/rotation.ts";
import { isLive, isMadeBy, readClaim, type SecretClaim } from "../secret/claim.ts";
import { standingOf } from "./claim.ts";
import { ownerOf, sharedOwner } from "./owner.ts";
import type { RotateOrder } from "./rotate-order.ts";
import { groundsOf } from "./rotate-places.ts";

type Found = Rotation<Noted>;

/** A rotation as it stands. */
export type Standing = Pick<NotedIn, "unasked"> & {
  readonly rotation: Found;
  readonly proof: Proof<Noted>;
  readonly credential: Credential;
};

/** What its Secrets are to hold: the newest login that some of them hold, where others lack it; else another one. */
export async function issueFor(at: Standing, order: RotateOrder & { readonly settled: boolean }): Promise<Issue> {
  const { members, newest, behind } = at.rotation;
  const holder = members.find(({ entry, lapsed }) => !lapsed && passwordKey(entry) === passwordKey(newest));
  if (holder?.login && (behind.length > 0 || order.settled))
    return { before: [], demand: [], entry: newest, login: holder.login, pulls: "unknown", mayPull: undefined, images: [] };
  return renewed(at, holder ?? members.find(({ entry }) => entry === newest), order);
}

async function renewed({ rotation, proof, credential, unasked }: Standing, holder: Noted | undefined, order: RotateOrder): Promise<Issue> {
  const { newest, members, all, inUse, host } = rotation;
  const [first] = members;
  const secret = first?.to.name ?? "";
  const owner = first && members.length === 1 ? ownerAt(first) : sharedOwner(groundsOf(rotation), secret);
  const words = await owner.wordsInCluster();
  const images = order.verify ? await order.images(host, groundsOf(rotation)) : [];
  const owned = await ownedBy(rotation);
  const unnamed = all.some(({ lapsed }) => lapsed === "unnamed") || proof.doubted.some(({ why }) => why === "unknown");
  const blind = unnamed || (unasked.length > 0 && owned !== "one");
  const alone = owned !== "nobody";
  const held = { entry: newest, login: holder?.login };
  const inside = members.flatMap(({ login }) => login ?? []);
  const left = all.flatMap((holder) => endedOn(holder, order.now()) ?? []);
  const issue = await lifeOf(credential).renew({ held, inside, inUse, alone, blind, left, secret, words, images });
  return { ...issue, demand: [...takingOver(all, issue.demand, order.now()), ...issue.demand] };
}

/** The claim on a Secret, if it has come to its end. */
function endedOn({ metadata }: Noted, now: Date): SecretClaim | undefined {
  const claim = readClaim({ metadata });
  return claim && !isLive(claim, now) ? claim : undefined;
}

/** Whoever has noted what is written over is to find his claim gone, if he is only slow: each is taken over, on the version of the look. */
function takingOver(all: readonly Noted[], demand: Plan, now: Date): ChangeOf<"claim">[] {
  const mint = demand.find((change): change is ChangeOf<"mint"> => change.act === "mint");
  if (mint?.left === undefined) return [];
  const { slot, left: madeAt, to } = mint;
  const noting = all.filter((holder) => {
    const claim = endedOn(holder, now);
    return claim && isMadeBy(claim, to.name, { slot, madeAt });
  });
  return noting.map((holder) => ({ act: "claim", to: holder.to, stands: standingOf(holder) }));
}

const ownerAt = ({ ground, to }: Noted) =>
  ownerOf({ cluster: ground.cluster, context: ground.context, namespace: to.namespace ?? "" }, to.name);

/** Whose the credential is by its name: nobody but these Secrets can hold it then, or those of their name in the clusters at hand. */
async function ownedBy({ identity, members }: Found): Promise<"one" | "many" | "nobody"> {
  const owns = (owner: ReturnType<typeof ownerAt>) => owner.owns(identity).catch(() => false);
  for (const member of members) if (await owns(ownerAt(member))) return "one";
  const grounds = [...new Set(members.map(({ ground }) => ground))];
  for (const name of new Set(members.map(({ to }) => to.name))) if (await owns(sharedOwner(grounds, name))) return "many";
  return "nobody";
}
