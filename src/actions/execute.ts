import { proveLogin, proveRegional } from "../credential/prove.ts";
import { CliError, Interrupted, isLost } from "../errors.ts";
import { keyOf, kinds } from "../kinds.ts";
import type { Act, Change, ChangeOf, Passing, Plan } from "../plan/change.ts";
import { formatImage } from "../registry/image-reference.ts";
import { over } from "../scope/concurrency.ts";
import { claim, renewClaims } from "./claim.ts";
import type { Outcome } from "./outcome.ts";
import { recreate } from "./recreate.ts";
import { refer, refusalOf } from "./refer.ts";
import { rehearse } from "./rehearse.ts";
import { endClaims } from "./release.ts";
import { remove } from "./remove.ts";
import { report } from "./report.ts";
import { restart } from "./restart.ts";
import { rollout } from "./rollout.ts";
import { preview } from "./sketch.ts";
import { store } from "./store.ts";
import { takeBack, withLeft } from "./take-back.ts";
import { type Bench, loginOf } from "./tools.ts";
import { withdraw } from "./withdraw.ts";

type Carry<A extends Act> = (change: ChangeOf<A>, bench: Bench) => Promise<Omit<Outcome, "change"> & { readonly change?: Change }>;

/** How each act is carried out. A new act does not compile before it has a row here, in sketch.ts, and in the words of the output. */
const rows: { readonly [A in Act]: Carry<A> } = {
  keep: async ({ to }, { seen }) => ({ object: seen.get(keyOf(to)) }),
  tell: async ({ says }) => ({ says: [says] }),
  refuse: async (change) => ({ error: refusalOf(change) }),
  create: make,
  update: make,
  delete: make,
  mint: async (change, bench) => {
    const { tools, run } = bench;
    if (tools.write.dryRun) return {};
    await renewClaims(bench);
    run.asked = true;
    const { login, ...made } = await tools
      .during(`Making a password of ${change.to.kind.split(".")[0]} ${change.to.name}`, () => tools.carry(change))
      .catch((error: unknown) => {
        if (error instanceof CliError && !isLost(error)) run.asked = false;
        throw error;
      });
    run.login = login;
    run.made = made;
    return {};
  },
  confirm: async (change, { tools }) => {
    if (!tools.write.dryRun) await tools.carry(change);
    return {};
  },
  prove,
  rehearse: async (change, { tools }) => {
    await rehearse(change, tools);
    return {};
  },
  claim: async (change, bench) => (bench.run.claims.has(keyOf(change.to)) ? {} : claim(change, bench)),
  release: async (_, bench) => {
    await endClaims(bench);
    return {};
  },
  store,
  report,
  withdraw,
  remove,
  attach: refer,
  detach: refer,
  recreate,
  restart,
  rollout,
};

/** What lives in Azure is made by who knows it; a dry run does not touch it. */
async function make(change: ChangeOf<"create" | "update" | "delete">, { tools }: Bench): Promise<Omit<Outcome, "change">> {
  if (tools.write.dryRun) return {};
  if (kinds[change.to.kind].at === "cluster") throw new CliError("internal", `no plan makes a ${change.to.kind}`);
  await tools.during(`Writing ${change.to.kind.split(".")[0]} ${change.to.name}`, () => tools.carry(change));
  return {};
}

async function prove(
  { to, repositories, fresh, passing, regional = [] }: ChangeOf<"prove">,
  bench: Bench,
): Promise<Omit<Outcome, "change">> {
  const login = loginOf(bench);
  if (!login) return {};
  const { tools, run } = bench;
  const reach = { host: to.name, repositories, images: run.images };
  const proving = { registry: tools.registry(), sleep: tools.sleep, fresh, passing };
  const proven = await tools.during(awaited(to.name, login.username, { fresh, passing }), async () => {
    const found = await proveLogin(reach, login, proving);
    for (const host of regional) await proveRegional(host, found.image, login, proving);
    return found;
  });
  if (proven.image) run.proven = proven.image;
  const missing = proven.missing.map((image) => `image ${formatImage(image)} not found, but a pod uses it`);
  // A missing image says already that its repository has none
  const named = new Set(proven.missing.map(({ repository }) => repository));
  const unseen = proven.empty.filter((name) => !named.has(name));
  const empty = unseen.map((name) => `no image of ${to.name}/${name} is known, so nothing shows that it can be pulled`);
  return { says: [...missing, ...empty] };
}

/** What a proof waits for, and for how long at most. */
function awaited(host: string, username: string, { fresh, passing }: { fresh: boolean; passing: Passing | undefined }): string {
  if (!passing) return `Asking ${host} for a manifest as ${username}${fresh ? ": a new password can take 2 minutes" : ""}`;
  const what = passing.verdicts.includes("out-of-scope") ? "role" : "password";
  return `Waiting at most ${Math.ceil(passing.milliseconds / 1000)}s until ${host} accepts the ${what} of ${username}`;
}

async function carryOut<A extends Act>(change: ChangeOf<A>, bench: Bench): Promise<Outcome> {
  const row: Carry<A> = rows[change.act as A];
  return { change, ...(await row(change, bench)) };
}

/**
 * Executes a plan and yields each outcome in the plan's order, as soon as it is known. Changes are independent but for what they `need`:
 * one that fails keeps only those from their turn that need it. A client dry run sends nothing: it yields what each change would result in.
 */
export async function* execute(plan: Plan | AsyncIterable<Change>, bench: Bench): AsyncGenerator<Outcome> {
  if (bench.tools.dryRun === "client") {
    for await (const change of plan) yield preview(change, bench);
    return;
  }
  const went: Went = new Map();
  yield* over(plan, { width: bench.tools.width, halted: () => false }, (change) => step(change, went, bench));
}

/** Whether the change of an object went well, by what names it. */
type Went = Map<string, Promise<boolean>>;

async function* step(change: Change, went: Went, bench: Bench): AsyncGenerator<Outcome> {
  const needed = [change.needs ?? []].flat().flatMap((ref) => went.get(keyOf(ref)) ?? []);
  const outcome = attempt(change, needed, bench);
  const good = outcome.then(
    ({ error, left }) => !error && !left,
    () => false,
  );
  if (change.act !== "tell") went.set(keyOf(change.to), good);
  yield await outcome;
}

async function attempt(change: Change, needed: readonly Promise<boolean>[], bench: Bench): Promise<Outcome> {
  if ((await Promise.all(needed)).includes(false)) return { change, left: bench.tools.halted() ? "interrupted" : "failed" };
  if (bench.tools.halted() && change.act !== "tell") return { change, left: "interrupted" };
  try {
    return await carryOut(change, bench);
  } catch (error) {
    if (error instanceof CliError) return { change, error };
    throw error;
  }
}

/**
 * Executes a plan all or nothing, one change after the other: if one fails, it and those before it are rolled back.
 * @throws CliError of the change that failed, with what could not be rolled back
 */
export async function executeAll(plan: Plan, bench: Bench): Promise<Outcome[]> {
  if (bench.tools.dryRun === "client") return plan.map((change) => preview(change, bench));
  const done: Outcome[] = [];
  for (const change of plan) {
    const outcome = await attempt(change, [], bench);
    if (outcome.left) throw await takenBack(new Interrupted(), done, bench);
    // A change whose answer was lost may have happened
    if (outcome.error) throw await takenBack(outcome.error, [...done, outcome], bench);
    done.push(outcome);
  }
  return done;
}

/** The error that ended a run, once what it did is taken back. */
const takenBack = async (error: CliError, done: readonly Outcome[], bench: Bench) =>
  withLeft(error, await takeBack(done, bench), bench.tools);
