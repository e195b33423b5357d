import { previewOf } from "../kube/edit.ts";
import type { Secret } from "../objects.ts";
import { claimLasts, requestLimit } from "../secret/source.ts";
import type { Desired } from "./desired.ts";
import { type Knowledge, NotRead, type Observed } from "./observe.ts";
import { claimRows } from "./rows-claim.ts";
import { createRows } from "./rows-create.ts";
import { endRows } from "./rows-end.ts";
import { loginRows } from "./rows-login.ts";
import { passwordRows } from "./rows-password.ts";
import { placeRows } from "./rows-places.ts";
import { removeRows } from "./rows-remove.ts";
import { undoRows } from "./rows-undo.ts";
import type { Step, StepRow } from "./steps.ts";
import * as steps from "./steps.ts";
import { isIssued } from "./wanted.ts";

/** Says from top to bottom what a run does next, and therefore what happens after a kill at any point. */
export const stepRows: readonly StepRow[] = [
  ...claimRows,
  ...createRows,
  ...loginRows,
  ...passwordRows,
  ...removeRows,
  ...placeRows,
  ...undoRows,
  ...endRows,
];

function modeOf({ undo, exists, creates }: Desired): StepRow["of"][number] {
  if (undo) return "undo";
  if (!exists) return "remove";
  return creates ? "create" : "rotate";
}

function applies({ of, isHeld, kind }: StepRow, d: Desired, o: Observed): boolean {
  if (!of.includes(modeOf(d)) || (isHeld && !o.isHeld)) return false;
  // A login that is kept needs no request to Azure
  return kind === undefined || (o.memory.kept === undefined && (kind === "issued") === isIssued(o));
}

/** The step of the first row that applies, or the read of a fact that a row needs. */
function firstStep(d: Desired, o: Observed): Step {
  try {
    for (const row of stepRows) {
      const step = applies(row, d, o) && row.decide(d, o);
      if (step) return guarded(o, step);
    }
    return steps.done;
  } catch (error) {
    if (error instanceof NotRead) return steps.readOf(error.fact, error.of);
    throw error;
  }
}

/** A claim that ends sooner is extended first, in milliseconds. One request to Azure, with its retries, fits into the rest. */
export const enough = (claimLasts + requestLimit) / 2;

/** What has no precondition on the claim is done only while it lasts: requests to Azure, copies, and waits for both. */
function guarded(o: Observed, step: Step): Step {
  const needsTime =
    ["grant", "generate", "end", "copy", "withdraw", "revoke", "reverse"].includes(step.kind) || (step.kind === "wait" && !step.isFree);
  return needsTime && o.isHeld && o.left < enough ? steps.extend(o) : step;
}

/** The loop's next step. A write of the source ends the claim too, if nothing else would follow. */
export function nextStep(d: Desired, o: Observed, predict: (step: Step) => Observed): Step {
  // While the run waits for a claim, it reads no namespaces
  if (o.secret === undefined && !o.memory.open)
    return steps.readOf(modeOf(d) === "create" && o.memory.waits.for !== "claim" ? "places" : "source", "");
  const step = firstStep(d, o);
  if (step.kind !== "write" || !step.last) return step;
  const next = firstStep(d, predict(step));
  return next.isRelease ? { ...step, decide: step.last, memory: { ...step.memory, ...next.memory } } : step;
}

/** The knowledge after a step, if it does what it should. */
export function after(known: Knowledge, step: Step): Knowledge {
  const memory = { ...known.memory, ...step.memory };
  if (step.kind !== "write") return { ...known, memory };
  const old = known.facts.source?.value ?? undefined;
  const decision = step.decide(old);
  return withSource({ ...known, memory }, previewOf<"secret">(decision, old) ?? null);
}

/** The knowledge after a write of the source. Facts about Azure and about holders that are older than a new record are old. */
export function withSource({ facts, memory }: Knowledge, secret: Secret | null): Knowledge {
  return { facts: { ...facts, source: { of: "", value: secret } }, last: undefined, memory };
}
