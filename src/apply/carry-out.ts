import type { Cluster, Login, WriteOptions } from "../context.ts";
import { CliError } from "../errors.ts";
import type { ServiceAccount } from "../objects.ts";
import type { Attach, Change, Keep, Mint, Plan, Restart, Scope, Store } from "../plan/change.ts";
import { planAttach, planDetach, pullSecretsOf } from "../plan/references.ts";
import { encodeDockerConfig } from "../secret/docker-config.ts";
import { pullSecret } from "../secret/pull-secret.ts";
import { keyOf, type Outcome, type Seen } from "./outcome.ts";
import { pool } from "./pool.ts";
import { settle } from "./settle.ts";

/** Where changes are carried out. The credential's part is handed in, since only its kind knows how to mint. */
export type Hands = {
  readonly cluster: Cluster;
  readonly write: WriteOptions & { readonly force: boolean };
  sleep(milliseconds: number): Promise<void>;
  /** Makes or corrects a scope map. */
  scope?(change: Scope): Promise<void>;
  /** Makes a password, and proves that it pulls before anybody gets it. */
  mint?(change: Mint): Promise<Login>;
  /** The objects as they were observed, to print those that stay as they are. */
  readonly seen: Seen;
  /** The credential that a Secret gets when nothing was minted. */
  readonly login?: Login | undefined;
};

/** Targets that are written at once. */
const width = 16;

/**
 * Carries out a plan in its order and reports each outcome as it comes. What stands before the Secret must succeed;
 * targets behind it are independent, so one that fails does not keep the others from theirs.
 *
 * @throws CliError of the first change that the rest depends on
 */
export async function carryOut(plan: Plan, hands: Hands, report: (outcome: Outcome) => void): Promise<void> {
  let login = hands.login;
  const targets: (Attach | Keep | Restart)[] = [];
  for (const change of plan) {
    if (change.act === "scope") await hands.scope?.(change);
    if (change.act === "mint") login = await hands.mint?.(change);
    if (change.act === "scope" || change.act === "mint") report({ change });
    else if (change.act === "store") report(await store(change, login, hands));
    else if (change.act === "keep" && change.to.kind !== "serviceaccount") report(kept(change, hands));
    else targets.push(change);
  }
  const isRestart = ({ act }: Change) => act === "restart";
  for (const group of [targets.filter((change) => !isRestart(change)), targets.filter(isRestart)]) {
    for (const outcome of await pool(group, width, (change) => collect(change, () => reach(change, hands)))) report(outcome);
  }
}

const kept = (change: Keep, { seen }: Hands): Outcome => ({ change, object: seen.get(keyOf(change.to)) });

async function reach(change: Attach | Keep | Restart, hands: Hands): Promise<Outcome> {
  if (change.act === "keep") return kept(change, hands);
  return change.act === "restart" ? restart(change, hands) : refer(change, hands);
}

async function store(change: Store, login: Login | undefined, { cluster, write }: Hands): Promise<Outcome> {
  // A dry run mints nothing, so there may be no login: an empty config is what the server can check
  const text = login ? encodeDockerConfig(change.provenance.registry, login) : '{"auths":{}}';
  const manifest = pullSecret(change.to, change.provenance, text);
  if (change.replaces) await cluster.deleteSecret({ ...change.to, uid: change.replaces }, write);
  // In a dry run the old one still stands, and the server would refuse the change of its type
  if (change.replaces && write.dryRun) return { change, object: manifest };
  return { change, object: await cluster.applySecret(manifest, write) };
}

/** Attach and detach, until the list is as it should be, whoever else writes to it. */
async function refer(change: Attach, { cluster, write, sleep, seen }: Hands): Promise<Outcome> {
  const secret = difference(change);
  const plan = change.act === "attach" ? planAttach : planDetach;
  // What was seen will do for the first round: if it is old by now, the write is refused
  let first = seen.get(keyOf(change.to));
  const settled = await settle<ServiceAccount, Attach | Keep, ServiceAccount>(
    {
      observe: async () => {
        const account = first?.kind === "ServiceAccount" ? first : await cluster.serviceAccount(change.to);
        first = undefined;
        return account ?? missing(change);
      },
      decide: (account) => plan(secret, change.to, pullSecretsOf(account)),
      write: (next, account) => cluster.setPullSecrets(account, next.after.names, write),
    },
    // Many writers of one list: each round lets one of them through, so the wait grows with the round
    { rounds: 60, pause: (round) => sleep(Math.min(5 * round, 100)) },
  );
  return { change: settled.change, object: settled.written ?? seen.get(keyOf(change.to)) };
}

async function restart(change: Restart, { cluster, write }: Hands): Promise<Outcome> {
  await cluster.deletePod({ ...change.to, uid: change.uid }, write);
  return { change };
}

async function collect(change: Change, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CliError) return { change, error };
    throw error;
  }
}

function difference({ before, after }: Attach): string {
  const [more, less] = before.names.length < after.names.length ? [after.names, before.names] : [before.names, after.names];
  return more.find((name) => !less.includes(name)) ?? "";
}

function missing({ to }: Attach): never {
  throw new CliError("notFound", `Error from server (NotFound): serviceaccounts "${to.name}" not found`);
}
