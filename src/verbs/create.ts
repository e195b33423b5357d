import type { Holders } from "../credential/holders.ts";
import type { Issuer, Taker } from "../credential/issuer.ts";
import { kindCalled } from "../credential/kinds.ts";
import { Interrupted } from "../errors.ts";
import { type Command, flag, plugin } from "../hint.ts";
import { listAll } from "../kube/port.ts";
import type { Secret } from "../objects.ts";
import type { Outcome } from "../outcome.ts";
import { type Credential, type SourceOfCopy, sourceOf } from "../secret/record.ts";
import { type Creating, type Desired, replacing } from "../source/desired.ts";
import { checkCopies, type Places, placesOf } from "../source/places.ts";
import type { World } from "../source/read.ts";
import { reconcile } from "../source/reconcile.ts";
import type { Tools } from "../tools.ts";
import { imagesFrom } from "../usage/images.ts";
import { copyError } from "../usage/pull-secrets.ts";
import { checkCopiesInPlace, takeOver } from "./adopt.ts";

export type CreateOrder = Omit<Creating, "fieldManager" | "now"> &
  Pick<Desired, "source" | "expiresAt" | "expiresExactly" | "verify"> & {
    /** Opens the kind for the registry. Called only if the source lacks what was asked for. */
    open(): Promise<Issuer | Taker>;
    /** Finds who holds a credential of a registry, for all sources of a run. */
    holders(host: string): Holders;
  };

/** Gives a source a login that pulls, the same to its copies, and the Secret to the targets. */
export async function* createSecret(order: CreateOrder, tools: Tools): AsyncGenerator<Outcome> {
  const desired = desiredBy(order, tools);
  const creating = { open: order.open, places: () => readPlaces({ ...desired.creates, source: order.source }, tools) };
  try {
    yield* reconcile(desired, worldOf(order, creating, tools));
  } catch (error) {
    // The outcomes so far are printed, and how many namespaces are left
    if (!(error instanceof Interrupted)) throw error;
  }
}

function desiredBy(order: CreateOrder, tools: Tools) {
  const { source, expiresAt, expiresExactly, verify } = order;
  const creates: Creating = { ...order, fieldManager: tools.fieldManager, now: tools.now().getTime() };
  return { source, exists: true, creates, password: "new", grace: 0, expiresAt, expiresExactly, verify, force: tools.force } as const;
}

function worldOf({ open, holders }: CreateOrder, creating: World["creating"], tools: Tools): World {
  return { tools, open, holders, waited: new Map(), creating };
}

export type ExportOrder = CreateOrder & {
  /** Prints the Secret. Nothing is written to the cluster. @throws CliError if standard output can't be written */
  print(secret: Secret): Promise<void>;
};

/**
 * Creates a credential of its own each time, proves it, and prints its Secret without writing it to the cluster. It never shares a slot with
 * a Secret of the cluster or with another export. If the Secret can't be printed, the credential is deleted.
 */
export async function* exportSecret(order: ExportOrder, tools: Tools): AsyncGenerator<Outcome> {
  const { source, open, print } = order;
  const places = async () => ({ ...nowhere, images: (host: string | undefined) => imagesFor(host ?? "", order, tools) });
  yield* reconcile(desiredBy({ ...order, exact: false }, tools), worldOf(order, { open, places, print }, tools), null);
  const messages = [`secret/${source.name} exported; apply it to namespace ${source.namespace}`];
  if (tools.dryRun === "none") yield { to: source, messages, isInfo: true };
}

/** An export writes no namespace. */
const nowhere = { secret: undefined, copies: {}, withdrawn: [], unselected: [], say: [], namespaces: [], async *all() {} };

async function imagesFor(host: string, { source, repositories, fromPods, podsTell }: ExportOrder, tools: Tools) {
  if (!(fromPods || (podsTell && repositories.length === 0))) return [];
  return imagesFrom([host], await listAll(tools.cluster(), "pod", { namespace: source.namespace }));
}

/** Reads which namespaces the run writes. @throws CliError if the Secret is a copy, or if a file may not take it over */
async function readPlaces(order: Creating & Pick<Desired, "source">, tools: Tools): Promise<Places> {
  const places = await placesOf(order, tools);
  const copied = places.secret && sourceOf(places.secret);
  if (places.secret && copied && !replacing(order.file, order.source)(places.secret))
    throw await copyError(order.source, copied, tools.cluster(), (credential) => forSource(copied, credential, order), "use another name");
  const stays = places.secret && copied && (await order.file?.staysInPlace(order.source, places.secret));
  if (stays && stays !== "later") throw stays;
  checkCopies(places.copies);
  await checkCopiesInPlace(order, places);
  return { ...places, say: [...takeOver(order, places), ...places.say] };
}

/** The command that grants the same to the source of a copy, without the flags that take rights away or write to namespaces. */
function forSource({ name }: SourceOfCopy, credential: Credential, { registry, repositories }: Creating): Command | undefined {
  const kind = kindCalled(credential.kind)?.again?.(credential);
  return kind && plugin("create", name, "--registry", registry, kind, flag("repository", repositories));
}
