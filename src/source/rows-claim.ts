import type { Issuer } from "../credential/issuer.ts";
import { notOwn, Unconfirmed } from "../credential/owner.ts";
import { CliError, InTheWay } from "../errors.ts";
import { plugin } from "../hint.ts";
import type { Ref } from "../kinds.ts";
import { waitingFor } from "../retry.ts";
import { type Credential, isOurs } from "../secret/record.ts";
import { Claimed, claiming } from "../secret/source.ts";
import { toSeconds } from "../timestamp.ts";
import { nameInPlace } from "../wording.ts";
import type { Desired } from "./desired.ts";
import { mostRestarts, type Observed } from "./observe.ts";
import { refuseRow } from "./rows-remove.ts";
import type { StepRow } from "./steps.ts";
import * as steps from "./steps.ts";
import { issuerOf } from "./wanted.ts";

const noRecord = ({ name, namespace }: Ref) =>
  new CliError("invalid", `secret "${name}" holds no login of this plugin`, { hint: { ...plugin("list"), namespace } });

const exported = ({ name, namespace }: Ref, { host }: Credential) =>
  new InTheWay(`secret "${name}" was exported, so it is not rotated in the cluster`, {
    ...plugin("create", name, "--registry", host, "--export"),
    namespace,
  });

/** The name of an ACR token is that of its source, while a record may name any application. */
function deleted({ hasOwnName }: Issuer, { identity, host }: Credential, to: Ref): CliError {
  const hint = { ...plugin("create", to.name, "--registry", host), namespace: to.namespace };
  if (hasOwnName) return new CliError("notFound", `"${identity}" was deleted from ${host}`, { hint });
  return new Unconfirmed(`${nameInPlace(to)} records application "${identity}", which does not exist`, hint);
}

/** How long to wait for other runs in one namespace, in milliseconds. Anyone there can claim thousands of Secrets. */
const longestSum = 10 * 60_000;

/** Waits for the end of another run's claim, after ever longer pauses. */
function waitForClaim(d: Desired, o: Observed, claimed: Claimed) {
  const { by, patience, memory } = o;
  const what = "claim";
  const count = steps.waitsFor(o, what);
  const last = (count > 0 ? memory.waits.since : by.now) + patience.claimWait;
  if (by.now >= last || patience.waited >= longestSum) return steps.refuse(claimed);
  const milliseconds = Math.max(100, Math.min(1_000 * 2 ** count, 15_000, claimed.until - by.now));
  const inform = `${nameInPlace(d.source)}: waiting for another run, whose claim ends at ${toSeconds(new Date(claimed.until))}`;
  const why = "another run has claimed the Secret";
  return steps.wait(o, what, {
    milliseconds,
    why,
    inform: count > 0 ? undefined : inform,
    rereads: "everything",
    isFree: true,
    isForClaim: true,
  });
}

/** Whether a run that creates may write the Secret. Otherwise it is refused, whatever claim is on it. */
const isClaimable = (secret: Observed["secret"], force: boolean): boolean =>
  secret !== null && secret !== undefined && (force || isOurs(secret));

export const claimRows: readonly StepRow[] = [
  {
    when: "the run has ended its claim",
    does: "done",
    of: ["create", "rotate", "remove", "undo"],
    decide: (_, { memory }) => memory.isDone && steps.done,
  },
  {
    when: "Azure did not answer, and may still apply the request",
    does: "wait",
    of: ["create", "rotate", "remove"],
    decide(_, o) {
      const { open, restarts } = o.memory;
      if (!open) return undefined;
      if (restarts >= mostRestarts) return steps.refuse(open.error);
      const milliseconds = Math.max(0, open.until - o.by.now);
      const why = waitingFor(milliseconds, "it did not answer, and may still apply the request");
      return steps.wait(o, "answer", { milliseconds, why, rereads: "everything", isFree: true });
    },
  },
  {
    when: "a step has failed that has left something to reverse",
    does: "refuse",
    of: ["create"],
    decide: (_, { memory }) => memory.failure && steps.refuse(memory.failure),
  },
  {
    when: "there is no claim, or one that must outlast a request",
    does: "done",
    of: ["undo"],
    decide: (_, { isHeld, memory, by }) => (!isHeld || memory.open !== undefined || by.isDry) && steps.done,
  },
  {
    when: "the source that this run has claimed was deleted",
    does: "done",
    of: ["remove"],
    decide: (_, { secret, memory }) => memory.uid !== undefined && secret?.metadata.uid !== memory.uid && steps.done,
  },
  {
    when: "another run has claimed the source",
    does: "wait",
    of: ["create", "rotate", "remove"],
    decide(d, o) {
      if (o.isHeld || (d.creates && !isClaimable(o.secret, d.force))) return undefined;
      const creates = d.creates && { shape: d.creates.shape, obstacle: () => undefined };
      const decision = claiming(d.source, o.by, { creates })(o.secret ?? undefined);
      const claimed = decision.act === "refuse" && decision.error instanceof Claimed ? decision.error : undefined;
      return claimed && waitForClaim(d, o, claimed);
    },
  },
  refuseRow,
  {
    when: "the source is not claimed",
    does: "claim it",
    killed: "the next run takes over what the claim notes",
    of: ["rotate", "remove"],
    decide: (d, o) => !o.isHeld && steps.claim(d, o),
  },
  {
    when: "the Secret has no record, or its credential was exported",
    does: "refuse",
    of: ["rotate"],
    decide(d, { record }) {
      if (!record) return steps.refuse(noRecord(d.source));
      return record.isExported && steps.refuse(exported(d.source, record));
    },
  },
  {
    when: "the account is not the source's own, or was deleted",
    does: "refuse",
    of: ["rotate"],
    kind: "issued",
    decide(d, o) {
      const issuer = issuerOf(o);
      const owner = o.ask("owner");
      if (!o.record) return undefined;
      if (issuer.hasOwnName && o.record.identity !== owner.name) return steps.refuse(notOwn(owner, o.record));
      return o.memory.stored === undefined && !o.ask("account").exists && steps.refuse(deleted(issuer, o.record, d.source));
    },
  },
];
