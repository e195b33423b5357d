import type { Login } from "../context.ts";
import type { Credential, Issue } from "../credential/kind.ts";
import { lifeOf } from "../credential/life.ts";
import { Conflict } from "../errors.ts";
import type { Ground } from "../fleet/places.ts";
import { keyOf, type Ref } from "../kinds.ts";
import { toSeconds } from "../moment.ts";
import { loginFor, readHeld } from "../observe/held.ts";
import { type Noted, type NotedIn, notedIn } from "../observe/noted.ts";
import type { Sight } from "../observe/place.ts";
import { type Outlook, outlooks } from "../observe/sights.ts";
import type { Plan } from "../plan/change.ts";
import { planRenewed } from "../plan/renewed.ts";
import { passwordKey, type Rotation, rotationsOf } from "../plan/rotation.ts";
import type { Entry } from "../secret/entry.ts";
import { apply } from "./apply.ts";
import type { DryRun, Outcome } from "./outcome.ts";
import { ownerOf, sharedOwner } from "./owner.ts";
import { retire } from "./retire.ts";
import type { Grace, RotateOrder } from "./rotate-order.ts";
import { sketch } from "./sketch.ts";
import { newRun, type Run, type Tools } from "./tools.ts";
import { runUnit } from "./unit.ts";

type Found = Rotation<Noted>;

/** Times that it is begun anew because another run has made a password meanwhile. */
const rounds = 10;

/**
 * Rotates one credential: another password beside the one that Secrets hold, proven; then every Secret gets it; and only once all have
 * it, what is due is retired. A rotation that did not come to its end is brought to its end instead.
 * @throws CliError of what all its Secrets depend on
 */
export async function* rotate(first: Found, seen: Pick<NotedIn, "unasked">, order: RotateOrder): AsyncGenerator<Outcome> {
  const credential = await order.open(first);
  let next: Found | undefined = first;
  let { unasked } = seen;
  for (let round = 1; next; round++) {
    try {
      // Where another run has rotated it since our first look, there is nothing left but to finish
      const settled = passwordKey(next.newest) !== passwordKey(first.newest);
      yield* rotateOnce(next, { ...order, credential, unasked, settled });
      return;
    } catch (error) {
      if (!(error instanceof Conflict) || round === rounds) throw error;
      const all = await notedIn(order.grounds, isOf(first));
      unasked = all.unasked;
      const keys = new Set(first.members.map(({ to }) => keyOf(to)));
      next = rotationsOf(all.noted, ({ to }) => keys.has(keyOf(to)))[0];
    }
  }
}

const isOf =
  ({ kind, identity, host }: Rotation) =>
  (entry: Entry): boolean =>
    entry.kind === kind && entry.identity === identity && entry.hosts[0] === host;

/** One round. */
type Turn = RotateOrder &
  Pick<NotedIn, "unasked"> & {
    readonly credential: Credential;
    /** Somebody else has made another password since this run began. */
    readonly settled: boolean;
  };

async function* rotateOnce(rotation: Found, turn: Turn): AsyncGenerator<Outcome> {
  const { credential, dryRun } = turn;
  const tools = turn.tools(credential);
  const issue = await issueFor(rotation, turn);
  const entry = withEnd(issue.entry, turn.grace, tools.now());
  const run = newRun(issue.login, issue.images);
  const unit = { before: issue.before, demand: issue.demand, run, each: eachOf(rotation, { entry, run }, tools) };
  const written: Ref<"secret">[] = [];
  let failed = false;
  for await (const outcome of runUnit(unit, placesOf(rotation), tools, dryRun)) {
    failed ||= outcome.error !== undefined || outcome.left !== undefined;
    if (outcome.change.act === "store" && !outcome.error && !outcome.left) written.push(outcome.change.to);
    yield outcome;
  }
  if (!tools.halted()) yield* retire({ rotation, entry, failed, written: new Set(written.map(keyOf)), ...turn });
  yield* tell(written, entry, { tools, dryRun });
}

/** Says on each Secret's namespace that it was rotated. */
async function* tell(written: readonly Ref<"secret">[], { identity }: Entry, { tools, dryRun }: { tools: Tools; dryRun: DryRun }) {
  const plan: Plan = written.map((to) => ({ act: "report", to, reason: "Rotated", says: `got another password of ${identity}` }));
  const bench = { tools, run: newRun(), seen: new Map() };
  yield* dryRun === "client" ? sketch(plan, bench) : apply(plan, bench);
}

/** What its Secrets are to hold: the newest login that some of them hold, where others lack it; else another one. */
async function issueFor(rotation: Found, turn: Turn): Promise<Issue> {
  const { newest, behind } = rotation;
  const login = await loginOf(rotation, newest);
  const isStanding = behind.length > 0 || turn.settled;
  if (login && isStanding && (await isTaken(rotation.host, login, turn)))
    return { before: [], demand: [], entry: newest, login, pulls: "unknown", mayPull: undefined, images: [] };
  return renewed(rotation, login, turn);
}

async function renewed(rotation: Found, login: Login | undefined, turn: Turn): Promise<Issue> {
  const { newest, members, inUse, host } = rotation;
  const [first] = members;
  const secret = first?.to.name ?? "";
  const owner = first && members.length === 1 ? ownerAt(first) : sharedOwner(groundsOf(rotation), secret);
  const words = await owner.wordsInCluster();
  const images = turn.verify ? await turn.images(host, groundsOf(rotation)) : [];
  return lifeOf(turn.credential).renew({ held: { entry: newest, login }, inUse, alone: await isAlone(rotation), secret, words, images });
}

const ownerAt = ({ ground, to }: Noted) =>
  ownerOf({ cluster: ground.cluster, context: ground.context, namespace: to.namespace ?? "" }, to.name);

/** Whether nobody but these Secrets can hold a credential of its name. */
async function isAlone({ identity, members }: Found): Promise<boolean> {
  const grounds = members.map(({ ground }) => ground);
  const names = [...new Set(members.map(({ to }) => to.name))];
  const owners = [...(members.length === 1 ? members.map(ownerAt) : []), ...names.map((name) => sharedOwner(grounds, name))];
  for (const owner of owners) if (await owner.owns(identity).catch(() => false)) return true;
  return false;
}

/** The newest login, out of the first Secret that still holds it. */
async function loginOf({ members, host }: Found, newest: Entry): Promise<Login | undefined> {
  const holder = members.find(({ entry }) => passwordKey(entry) === passwordKey(newest));
  const secret = holder && (await holder.ground.cluster.get(holder.to));
  return secret && loginFor(secret, host);
}

/** Whether a registry still takes a login; where nobody is to be asked, it is taken to. */
async function isTaken(host: string, login: Login, { verify, credential, tools }: Turn): Promise<boolean> {
  return !verify || (await tools(credential).registry().admits(host, login)).verdict !== "refused";
}

/** The places of its Secrets, those of one name together: a look is for one name. */
async function* placesOf(rotation: Found): AsyncGenerator<Outlook> {
  const names = [...new Set(rotation.members.map(({ to }) => to.name))];
  for (const name of names)
    yield* outlooks(groundsOf({ members: rotation.members.filter(({ to }) => to.name === name) }), {
      secret: name,
      targets: { picks: [], whereUsed: false },
      pods: "none",
      lenient: true,
    });
}

/** The namespaces of some Secrets, cluster by cluster. */
export function groundsOf({ members }: Pick<Found, "members">): Ground[] {
  const grounds = [...new Set(members.map(({ ground }) => ground))];
  return grounds.map((ground) => {
    const namespaces = members.flatMap(({ ground: of, to }) => (of === ground && to.namespace !== undefined ? [to.namespace] : []));
    return { ...ground, namespaces: [...new Set(namespaces)], open: false };
  });
}

/** How long the password that is replaced is to work. */
function withEnd(entry: Entry, grace: Grace, now: Date): Entry {
  const { previous } = entry;
  if (!previous || grace === "next" || previous.until !== undefined) return entry;
  return { ...entry, previous: { ...previous, until: toSeconds(new Date(now.getTime() + grace)) } };
}

function eachOf(
  rotation: Found,
  { entry, run }: { readonly entry: Entry; readonly run: Run },
  { write, force }: Tools,
): (sight: Sight) => Plan {
  const { host } = rotation;
  return ({ secret, place: { context } }) => {
    // One that is gone needs no login
    if (!secret) return [];
    const { name, namespace = "" } = secret.metadata;
    const to = { kind: "secret", name, namespace, ...(context !== undefined && { context }) } as const;
    const { held, login: inside } = readHeld(secret, host, write.fieldManager);
    const { login, made } = run;
    const same = login !== undefined && inside?.username === login.username && inside.password.equals(login.password);
    return planRenewed(to, { rotation, entry, madeAt: made?.madeAt, fresh: !same, force }, held);
  };
}
