import { type Holders, openHolders } from "../credential/holders.ts";
import type { Issuer, Taker } from "../credential/issuer.ts";
import { kindCalled } from "../credential/kinds.ts";
import { Interrupted } from "../errors.ts";
import { type Command, flag, plugin } from "../hint.ts";
import type { Outcome } from "../outcome.ts";
import { memoize } from "../scope/concurrency.ts";
import { type Credential, type SourceOfCopy, sourceOf } from "../secret/record.ts";
import type { Creating, Desired } from "../source/desired.ts";
import { checkCopies, type Places, placesOf } from "../source/places.ts";
import { reconcile } from "../source/reconcile.ts";
import type { Tools } from "../tools.ts";
import { copyError } from "../usage/pull-secrets.ts";
import { takeOver } from "./adopt.ts";

export type CreateOrder = Omit<Creating, "fieldManager" | "now"> &
  Pick<Desired, "source" | "expiresAt" | "verify"> & {
    /** Opens the kind for the registry. Called only if the source lacks what was asked for. */
    open(): Promise<Issuer | Taker>;
    /** Finds who holds a credential of a registry, for all sources of a run. */
    holders?(host: string): Holders;
  };

/** Gives a source a login that pulls, the same to its copies, and the Secret to the targets. */
export async function* createSecret(order: CreateOrder, tools: Tools): AsyncGenerator<Outcome> {
  const { source, expiresAt, verify, open } = order;
  const creates = { ...order, fieldManager: tools.fieldManager, now: tools.now().getTime() };
  const desired = { source, exists: true, creates, password: "new", grace: 0, expiresAt, verify, force: tools.force } as const;
  const opened = new Map<string, Holders>();
  const holders = (host: string) =>
    order.holders?.(host) ?? memoize(opened, host, () => openHolders(tools.cluster(), tools.registry, host));
  const creating = { open, places: () => readPlaces(creates, tools) };
  try {
    yield* reconcile(desired, { tools, open, holders, waited: new Map(), creating });
  } catch (error) {
    // The outcomes so far are printed, and how many namespaces are left
    if (!(error instanceof Interrupted)) throw error;
  }
}

/** Reads which namespaces the run writes. @throws CliError if the Secret is a copy, or if a file may not take it over */
async function readPlaces(order: Creating & Pick<Desired, "source">, tools: Tools): Promise<Places> {
  const places = await placesOf(order, tools);
  const copied = places.secret && sourceOf(places.secret);
  if (copied)
    throw await copyError(order.source, copied, tools.cluster(), (credential) => forSource(copied, credential, order), "use another name");
  checkCopies(places.copies);
  return { ...places, say: [...takeOver(order, places), ...places.say] };
}

/** The command that grants the same to the source of a copy, without the flags that take rights away or write to namespaces. */
function forSource({ name }: SourceOfCopy, credential: Credential, { registry, repositories }: Creating): Command | undefined {
  const kind = kindCalled(credential.kind)?.again?.(credential);
  return kind && plugin("create", name, "--registry", registry, kind, flag("repository", repositories));
}
