import { type Issuer, isIssuer, type Taker } from "../credential/issuer.ts";
import { ownerOf } from "../credential/owner.ts";
import { prove } from "../credential/prove.ts";
import { namedOrUsed, repositoryScopeOf } from "../credential/repository-scope.ts";
import type { Command } from "../hint.ts";
import type { Ref } from "../kinds.ts";
import { listAll } from "../kube/port.ts";
import type { Secret } from "../objects.ts";
import type { Outcome } from "../outcome.ts";
import type { ImageRef, Login } from "../registry/port.ts";
import type { Credential } from "../secret/record.ts";
import type { ShapeName } from "../secret/shapes.ts";
import { exportedSecret } from "../secret/source.ts";
import type { Tools } from "../tools.ts";
import { imagesFrom } from "../usage/images.ts";

export type ExportOrder = {
  /** The Secret to print. Nothing is written to the cluster. */
  readonly to: Ref<"secret">;
  /** Prints the Secret. @throws CliError if standard output can't be written */
  print(secret: Secret): Promise<void>;
  open(): Promise<Issuer | Taker>;
  readonly repositories: readonly string[];
  readonly fromPods: boolean;
  readonly podsTell: boolean;
  readonly expiresAt: string | undefined;
  readonly verify: boolean;
  readonly shape: ShapeName | undefined;
  /** The current command, as the base of one that grants more. */
  readonly again: Command;
  /** The reader of the Secret, if it is not the kubelet. */
  readonly reader: string | undefined;
};

/**
 * Creates a credential of its own each time, proves it, and prints its Secret without writing it to the cluster. It never shares a slot with
 * a Secret of the cluster or with another export. If the Secret can't be printed, the credential is deleted.
 */
export async function* exportSecret(order: ExportOrder, tools: Tools): AsyncGenerator<Outcome> {
  const { to, shape } = order;
  const undo: (() => Promise<unknown>)[] = [];
  const opened = await order.open();
  try {
    const made = yield* isIssuer(opened) ? issueTo(opened, order, tools, undo) : take(opened, order, tools);
    await order.print(exportedSecret(to, { ...made, shape }));
    yield { to, result: "created", unmade: made.login ? undefined : true };
  } catch (error) {
    await tools.uninterrupted(async () => {
      for (const reverse of undo.toReversed()) await reverse();
    });
    throw error;
  }
  if (tools.dryRun === "none") yield { to, messages: [`secret/${to.name} exported; apply it to namespace ${to.namespace}`], isInfo: true };
}

type Exported = { readonly credential: Credential; readonly login: Login | undefined };

async function imagesOf(host: string, { to, repositories, fromPods, podsTell }: ExportOrder, tools: Tools): Promise<readonly ImageRef[]> {
  if (!(fromPods || (podsTell && repositories.length === 0))) return [];
  return imagesFrom([host], await listAll(tools.cluster(), "pod", { namespace: to.namespace }));
}

async function* issueTo(
  issuer: Issuer,
  order: ExportOrder,
  tools: Tools,
  undo: (() => Promise<unknown>)[],
): AsyncGenerator<Outcome, Exported> {
  const { kind, registry } = issuer;
  const host = registry.loginServer;
  const owner = await ownerOf(order.to, tools.cluster(), { exported: true });
  const account = await issuer.look(owner, { credential: undefined, claim: undefined });
  const images = await imagesOf(host, order, tools);
  const scope = issuer.isScoped
    ? { ...repositoryScopeOf({ host, ...order }, { ...order, images }, undefined), named: order.repositories }
    : { host, repositories: [], images };
  const sending = { dryRun: tools.dryRun !== "none", undo, send: <T>(request: () => Promise<T>) => request() };
  const ready = yield* issuer.ensure(owner, account, { repositories: scope.repositories, exact: false }, sending);
  const repositories = issuer.isScoped ? scope.repositories : ["*"];
  const slot = issuer.slotFor(ready, undefined, () => false, owner) ?? "";
  if (tools.dryRun !== "none")
    return { login: undefined, credential: { kind, host, identity: ready.identity ?? owner.name, slot, repositories, isExported: true } };
  const { login, ...made } = await tools.during(`Generating a password of ${ready.ref.name}`, () =>
    issuer.generate(ready, slot, order.expiresAt, sending.send),
  );
  undo.push(() => issuer.end(ready, made));
  yield* prove({ tools, issuer, hasNewRight: ready.hasNewRight, isNewPassword: true }, login, order.verify ? scope : undefined);
  const { identity, madeAt, expiresAt, by } = made;
  return { login, credential: { kind, host, identity, slot: made.slot, madeAt, expiresAt, by, repositories, isExported: true } };
}

async function* take(taker: Taker, order: ExportOrder, tools: Tools): AsyncGenerator<Outcome, Exported> {
  const { host } = taker;
  const images = await imagesOf(host, order, tools);
  const scope = { host, repositories: namedOrUsed({ repositories: order.repositories, images }), named: order.repositories, images };
  const { login, credential, warnings, isProven } = await taker.take({ to: order.to, credential: undefined, login: undefined }, scope);
  if (warnings.length > 0) yield { to: { kind: "registry", name: host }, messages: warnings };
  if (order.verify && !isProven) yield* prove({ tools }, login, scope);
  return { login, credential: { ...credential, isExported: true } };
}
