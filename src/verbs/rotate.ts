import { createHash } from "node:crypto";
import type { Holders } from "../credential/holders.ts";
import { InGrace, StillHeld } from "../credential/issue.ts";
import type { Issuer, Taker } from "../credential/issuer.ts";
import { OthersLogin, Unconfirmed } from "../credential/owner.ts";
import { asCliError, CliError, Interrupted, withLines } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import { edit } from "../kube/edit.ts";
import type { Secret } from "../objects.ts";
import type { Outcome } from "../outcome.ts";
import { runConcurrently } from "../scope/concurrency.ts";
import { limits } from "../scope/limits.ts";
import { type Credential, credentialOf } from "../secret/record.ts";
import type { Desired } from "../source/desired.ts";
import { reconcile } from "../source/reconcile.ts";
import { toSeconds } from "../timestamp.ts";
import type { Tools } from "../tools.ts";

/** A source that was listed, with its record. */
export type Listed = { readonly to: Ref<"secret">; readonly credential: Credential };

export type RotateOrder = {
  readonly sources: readonly Listed[];
  /** The command line names one Secret, so its error is the error of the run. */
  readonly isNamed: boolean;
  /** Why a source is not due for rotation; none if it is due. */
  notDue(credential: Credential): readonly string[];
  skipped(reasons: readonly string[], to: Ref): void;
  /** How long the replaced password works, in milliseconds; `next`: until the next rotation. */
  readonly grace: number | "next";
  readonly expiresAt: Desired["expiresAt"];
  readonly expiresExactly?: Desired["expiresExactly"];
  readonly verify: boolean;
  /** Opens the kind of a recorded credential, once for each registry. */
  open(credential: Credential): Promise<Issuer | Taker>;
  /** Finds who holds a credential of a registry. */
  holders(host: string): Holders;
};

/** Replaces the passwords of sources and of their copies without a failed pull. One that can't be rotated doesn't stop the others. */
export async function* rotateSources(order: RotateOrder, tools: Tools): AsyncGenerator<Outcome> {
  const bounds = { width: limits.credentials, interrupted: tools.interrupted };
  const rotations: Rotations = { order, defects: [], waited: new Map(), unconfirmed: [] };
  for (const { credential } of order.sources) order.holders(credential.host).expect(credential.identity);
  yield* runConcurrently(order.sources, bounds, (source) => rotateListed(source, rotations, tools));
  const [defect] = rotations.defects;
  if (defect) throw defect;
  // A role that was taken away looks like forged records
  if (rotations.unconfirmed.length > 0 && rotations.unconfirmed.length === order.sources.length)
    throw new CliError("conflict", "nothing was rotated, because Azure confirms no record", {
      hint: "check that this Azure identity may read the registries",
    });
}

type Rotations = {
  readonly order: RotateOrder;
  /** Gets each defect of this program. It must not end the other rotations halfway. */
  readonly defects: unknown[];
  /** How long the run has waited for claims so far, in milliseconds, by namespace. */
  readonly waited: Map<string, number>;
  /** The sources whose record Azure does not confirm. */
  readonly unconfirmed: Ref[];
};

async function* rotateListed(source: Listed, rotations: Rotations, tools: Tools): AsyncGenerator<Outcome> {
  const { to, credential } = source;
  const { order, defects } = rotations;
  const reasons = order.notDue(credential);
  if (reasons.length > 0) order.skipped(reasons, to);
  // A rotation that was killed may have left copies with the replaced password
  if (reasons.length > 0 && !credential.previous) return;
  try {
    yield* rotate(to, reasons.length > 0 ? "recorded" : "new", rotations, tools);
  } catch (error) {
    if (order.isNamed) throw error;
    if (error instanceof CliError) yield* failed(to, error, rotations);
    else defects.push(error);
  }
}

async function* rotate(
  to: Ref<"secret">,
  password: Desired["password"],
  { order, waited }: Rotations,
  tools: Tools,
): AsyncGenerator<Outcome> {
  const { open, holders, expiresAt, expiresExactly, verify } = order;
  // A filter protects what it skips: the replaced password there ends as a rotation without flags would end it
  const { grace, force } = password === "new" ? { grace: order.grace, force: tools.force } : { grace: "next" as const, force: false };
  const desired = { source: to, exists: true, password, grace, expiresAt, expiresExactly, verify, force };
  const { facts, memory } = yield* reconcile(desired, { tools, open, holders, waited });
  const isReplaced = memory.replaces !== undefined && memory.stored !== undefined;
  if (isReplaced) yield* report(to, facts.source?.value ?? undefined, tools);
}

function* failed(to: Ref<"secret">, error: CliError, { order, unconfirmed }: Rotations): Generator<Outcome> {
  if (error instanceof Unconfirmed) unconfirmed.push(to);
  if (error instanceof InGrace) order.skipped(["grace"], to);
  else if (error instanceof OthersLogin) order.skipped(["unable"], to);
  else if (error instanceof Unconfirmed || error instanceof StillHeld) yield { to, messages: [error.message] };
  else if (error instanceof Interrupted) yield { to, left: "interrupted" };
  else yield { to, error };
}

/** Creates an Event for the rotated Secret. The rotation is done, so an Event that can't be created is only a warning. */
async function* report(to: Ref<"secret">, secret: Secret | undefined, tools: Tools): AsyncGenerator<Outcome> {
  if (tools.dryRun !== "none") return;
  const { name, namespace = "" } = to;
  const message = `now holds another password of ${credentialOf(secret)?.identity}`;
  const at = toSeconds(tools.now());
  const unique = createHash("sha256")
    .update(JSON.stringify([tools.runId, message]))
    .digest("hex")
    .slice(0, 16);
  const ref = { kind: "event", name: `${name.slice(0, 200)}.${unique}`, namespace } as const;
  const event = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: ref.name, namespace },
    involvedObject: { apiVersion: "v1", kind: "Secret", namespace, name, uid: secret?.metadata.uid },
    type: "Normal",
    reason: "Rotated",
    message,
    ...{ source: { component }, reportingComponent: component, firstTimestamp: at, lastTimestamp: at, count: 1 },
  };
  const decide = (old: object | undefined) =>
    old ? ({ act: "keep", because: "it exists" } as const) : ({ act: "create", object: event } as const);
  const error = await edit(ref, decide, tools, { object: undefined }).then(() => undefined, asCliError);
  if (error && !(error instanceof Interrupted)) yield { to, messages: [withLines("no Event was created", error.message)] };
}

/** The component that reports, in the output of `kubectl describe`. */
const component = "kubectl-acr-secret";
