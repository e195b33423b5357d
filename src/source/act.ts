import { lifetimeOf } from "../credential/issue.ts";
import type { Account, Made } from "../credential/issuer.ts";
import { asCliError, CliError, Interrupted, isLost } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import { type Decision, type Edited, edit, outcomeOf } from "../kube/edit.ts";
import type { Secret } from "../objects.ts";
import { isFailed, type Outcome } from "../outcome.ts";
import { runConcurrently } from "../scope/concurrency.ts";
import { claimOf } from "../secret/record.ts";
import { type By, copying, extending, forgetting, requestLimit, StartAgain } from "../secret/source.ts";
import type { Tools } from "../tools.ts";
import type { Desired } from "./desired.ts";
import { type Fact, type Known, leftOf, type Memory, mostRestarts, nothing, type Observed } from "./observe.ts";
import { read, type World } from "./read.ts";
import { issuerOf, warnedOfRights } from "./rows-login.ts";
import { isSecret, type Step } from "./steps.ts";
import { after, enough, withSource } from "./table.ts";

const remember = (known: Known, memory: Partial<Memory> | undefined): Known => ({ ...known, memory: { ...known.memory, ...memory } });

/** What is known after another run may have written the source or Azure: the run's own acts that name a password or an object. */
function forgotten({ memory: { replaces, stored, uid, said, waits, restarts } }: Known): Known {
  const warned = new Set([...said].filter((one) => one === warnedOfRights));
  return { ...nothing, memory: { ...nothing.memory, replaces, stored, uid, said: warned, waits, restarts: restarts + 1 } };
}

// Writes

export const byOf = (tools: Tools): By => ({ run: tools.runId, now: tools.cluster().now(), isDry: tools.dryRun !== "none" });

const without = (facts: Known["facts"], ...old: readonly Fact[]): Known["facts"] =>
  Object.fromEntries(Object.entries(facts).filter(([fact]) => !old.includes(fact as Fact)));

async function* write(known: Known, d: Desired, step: Step & { act: "write" }, { tools }: World): AsyncGenerator<Outcome, Known> {
  const old = known.facts.source;
  const edited = await edit(d.source, step.decide, tools, old && { object: old.value ?? undefined });
  yield* step.print?.(edited) ?? [];
  const isDry = tools.dryRun !== "none";
  const memory = { uid: edited.before?.metadata.uid ?? edited.object?.metadata.uid, ...step.memory };
  if (isDry && step.isClaim) return remember(known, memory);
  const next = isDry ? after(known, step) : withSource(remember(known, memory), edited.object ?? null);
  return step.last && !isDry ? { ...next, facts: without(next.facts, "account", "holder", "test", "proof") } : next;
}

/** Azure did not answer a request, and may still apply it until then. */
class Unanswered extends Error {
  readonly open: NonNullable<Memory["open"]>;

  constructor(open: NonNullable<Memory["open"]>) {
    super(open.error.message);
    this.open = open;
  }
}

/** An interruption has ended such a request, so the claim must last. */
export class Open extends Interrupted {
  readonly open: NonNullable<Memory["open"]>;

  constructor({ open }: Unanswered) {
    super(open.error.message, { hint: open.error.hint });
    this.open = open;
  }
}

/** How long the run's claim lasts, in milliseconds. */
const timeLeft = ({ facts }: Known, { tools }: World): number => leftOf(claimOf(facts.source?.value ?? undefined), byOf(tools));

/**
 * Sends a request to Azure, which has no preconditions, while the claim lasts. Later, it would end what another run makes.
 * @throws StartAgain if the claim may end before the request is applied; Unanswered
 */
async function send<T>(known: Known, world: World, request: () => Promise<T>): Promise<T> {
  if (timeLeft(known, world) < requestLimit) throw new StartAgain("the claim is ending");
  const until = world.tools.cluster().now() + requestLimit;
  return request().catch((error: unknown) => {
    throw error instanceof CliError && isLost(error) ? new Unanswered({ until, error }) : error;
  });
}

const afterEnd = ({ passwords, ...account }: Account, ended: { readonly slot: string }): Account => ({
  ...account,
  passwords: passwords.filter(({ slot }) => slot !== ended.slot),
});

const afterMade = (account: Account, { slot, madeAt, expiresAt }: Made, name: string): Account => ({
  ...afterEnd(account, { slot }),
  passwords: [...afterEnd(account, { slot }).passwords, { slot, madeAt, expiresAt, ...(slot === name ? {} : { name }) }],
});

async function generate(known: Known, d: Desired, o: Observed, step: Step & { act: "generate" }, world: World): Promise<Known> {
  const { tools } = world;
  const { account, slot } = step;
  const { ref, identity = ref.name } = account;
  const expiresAt = step.expiresAt ?? lifetimeOf(account, o.record, tools.now());
  if (o.by.isDry) return remember(known, { made: { identity, slot, expiresAt }, noted: undefined });
  // Azure may not know a new account for minutes
  let held = known;
  const sending = async <T>(request: () => Promise<T>): Promise<T> => {
    if (timeLeft(held, world) < enough) held = await extend(held, d, world);
    return send(held, world, request);
  };
  const made = await tools.during(`Generating a password of ${ref.name}`, () => issuerOf(o).generate(account, slot, expiresAt, sending));
  const value = afterMade(account, made, slot);
  const next = remember(held, { made, noted: undefined, isFenced: undefined, isSettled: undefined });
  return { ...next, facts: { ...without(held.facts, "holder"), account: { of: "", value } }, last: undefined };
}

async function extend(known: Known, { source }: Desired, { tools }: World): Promise<Known> {
  const edited = await edit(source, extending(byOf(tools)), tools, { object: known.facts.source?.value ?? undefined });
  return withSource(known, edited.object ?? null);
}

async function* end(known: Known, o: Observed, step: Step & { act: "end" }, world: World): AsyncGenerator<Outcome, Known> {
  const { account, password, memory, say = [] } = step;
  if (!o.by.isDry) await send(known, world, () => issuerOf(o).end(account, password));
  yield* say;
  const value = afterEnd(account, password);
  return { ...remember(known, memory), facts: { ...without(known.facts, "holder"), account: { of: "", value } }, last: undefined };
}

/** Gives copies the login of the source while the claim lasts. The loop goes on with those that are left. */
async function* copy(known: Known, d: Desired, o: Observed, step: Step & { act: "copy" }, world: World): AsyncGenerator<Outcome, Known> {
  const { tools } = world;
  const end = tools.cluster().now() + timeLeft(known, world) - requestLimit;
  const isEnding = () => tools.cluster().now() > end;
  const places = new Map(known.memory.places);
  const copies = new Map(known.facts.copies?.value);
  const bounds = { interrupted: () => tools.interrupted() || isEnding() };
  const outcomes = runConcurrently(step.copies, bounds, async function* ([namespace, secret]) {
    const { outcome, edited, how } = await copyTo({ ...d.source, namespace }, secret, d, o, tools, isEnding);
    if (how) places.set(namespace, how);
    if (edited) copies.set(namespace, edited.object);
    if (outcome) yield outcome;
  });
  for await (const outcome of outcomes) if (!step.isSilent) yield outcome;
  const facts = o.by.isDry ? known.facts : without(known.facts, "account", "holder");
  const next = { ...known, facts: { ...facts, copies: { of: "", value: copies } }, last: undefined };
  return remember(next, { ...step.memory, ...(!step.isSilent && { places }) });
}

/** Takes references and copies away while the claim lasts. The loop goes on with those that are left. */
async function* withdraw(
  known: Known,
  d: Desired,
  o: Observed,
  { namespaces }: Step & { act: "withdraw" },
  world: World,
): AsyncGenerator<Outcome, Known> {
  const { tools } = world;
  const places = new Map(known.memory.places);
  const bounds = { interrupted: () => tools.interrupted() || timeLeft(known, world) < requestLimit };
  const outcomes = runConcurrently(namespaces, bounds, async function* (namespace) {
    places.set(namespace, "done");
    yield* takeAwayIn(namespace, d, o, world);
  });
  for await (const outcome of outcomes) {
    // A reference has the namespace of its place
    if (isFailed(outcome)) places.set(outcome.to.namespace ?? "", "failed");
    yield outcome;
  }
  return remember({ ...known, facts: without(known.facts, "holder"), last: undefined }, { places });
}

async function* takeAwayIn(namespace: string, { source }: Desired, { record }: Observed, world: World): AsyncGenerator<Outcome> {
  try {
    if (record) yield* world.takeAway?.(namespace, record) ?? [];
  } catch (error) {
    const isEnd = error instanceof StartAgain || world.tools.interrupted() || namespace === source.namespace;
    if (isEnd) throw error;
    yield { to: { kind: "namespace", name: namespace, namespace }, error: asCliError(error) };
  }
}

/** Deletes the account, and what was created for it. */
async function* revoke(
  known: Known,
  d: Desired,
  o: Observed,
  step: Step & { act: "revoke" },
  world: World,
): AsyncGenerator<Outcome, Known> {
  const { tools } = world;
  let held = known;
  let forgotten: Edited<"secret"> | undefined;
  const sending = async <T>(request: () => Promise<T>): Promise<T> => {
    // Without a Secret there is no claim
    if (forgotten) return request();
    if (timeLeft(held, world) < enough) held = await extend(held, d, world);
    return send(held, world, request);
  };
  const beforeTrace = async () => {
    const decide = forgetting(byOf(tools), o.record?.host ?? "", o.memory.uid, d.force);
    forgotten = await edit(d.source, decide, tools, { object: held.facts.source?.value ?? undefined });
  };
  const order = { dryRun: o.by.isDry, send: sending, undo: [], beforeTrace: d.isFoundInAzure ? beforeTrace : undefined };
  yield* issuerOf(o).remove(o.ask("owner"), step.account, order);
  if (forgotten) yield outcomeOf(d.source, forgotten);
  return remember(
    { ...held, facts: without(held.facts, "account"), last: undefined },
    { ...step.memory, ...(forgotten && { isDone: true }) },
  );
}

type Copied = { readonly outcome?: Outcome; readonly edited?: Edited<"secret">; readonly how?: "failed" | "done" };

/** Writes one copy. A copy that is in the way, or that fails, stops no other. */
async function copyTo(
  to: Ref<"secret">,
  secret: Secret | CliError | undefined,
  d: Desired,
  o: Observed,
  tools: Tools,
  isEnding: () => boolean,
): Promise<Copied> {
  if (!isSecret(secret)) return { outcome: { to, error: secret }, how: "failed" };
  const { record: credential, login } = o;
  if (!credential) return {};
  const decide = copying(to, { source: d.source, credential, login, mayCreate: false });
  const first = decide(secret);
  if (first.act === "keep") return { how: "done" };
  if (first.act === "refuse") return { outcome: { to, messages: [first.error.message], isInfo: true }, how: "done" };
  try {
    // A late write could give the copy a login that another run has ended since
    const late = (): Decision => ({ act: "refuse", error: new StartAgain("the claim is ending") });
    const edited = await edit(to, (old) => (isEnding() ? late() : decide(old)), tools, { object: secret });
    return { outcome: outcomeOf(to, edited), edited, how: "done" };
  } catch (error) {
    if (error instanceof StartAgain) return {};
    if (!(error instanceof CliError) || tools.interrupted()) throw error;
    return { outcome: { to, error }, how: "failed" };
  }
}

async function waitFor(known: Known, d: Desired, step: Step & { act: "wait" }, { tools, waited }: World): Promise<Known> {
  const { milliseconds, why, inform, rereads, isForClaim, memory } = step;
  const { namespace = "" } = d.source;
  if (inform !== undefined) tools.inform(inform);
  if (isForClaim) {
    waited.set(namespace, (waited.get(namespace) ?? 0) + milliseconds);
    await tools.sleep(milliseconds);
  } else await tools.during(why, () => tools.sleep(milliseconds, why));
  const next =
    rereads === "everything" ? { ...nothing, memory: known.memory } : { ...known, facts: without(known.facts, rereads), last: undefined };
  return remember(next, { ...memory, open: undefined });
}

/** Does one step. @returns what is known after it @throws CliError, NotRead */
export async function* act(known: Known, d: Desired, o: Observed, step: Step, world: World): AsyncGenerator<Outcome, Known> {
  try {
    return yield* does(known, d, o, step, world);
  } catch (error) {
    if (error instanceof Unanswered && error.open.error instanceof Interrupted) throw new Open(error);
    if (error instanceof Unanswered) return remember(forgotten(known), { open: error.open });
    // Another run has taken over
    if (!(error instanceof StartAgain) || d.undo || known.memory.restarts >= mostRestarts || world.tools.interrupted()) throw error;
    return forgotten(known);
  }
}

async function* does(known: Known, d: Desired, o: Observed, step: Step, world: World): AsyncGenerator<Outcome, Known> {
  switch (step.act) {
    case "read":
      return read(known, d, o, world, step);
    case "write":
      return yield* write(known, d, step, world);
    case "generate":
      return generate(known, d, o, step, world);
    case "end":
      return yield* end(known, o, step, world);
    case "copy":
      return yield* copy(known, d, o, step, world);
    case "withdraw":
      return yield* withdraw(known, d, o, step, world);
    case "revoke":
      return yield* revoke(known, d, o, step, world);
    case "wait":
      return waitFor(known, d, step, world);
    default:
      yield* step.say ?? [];
      return remember(known, step.memory);
  }
}
