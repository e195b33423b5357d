import { expect, test } from "vitest";
import type { ChangeOutcome } from "../../../src/actions/outcome.ts";
import { reported } from "../../../src/actions/reported.ts";
import { CliError } from "../../../src/errors.ts";
import { openTally } from "../../../src/output/tally.ts";
import type { Change } from "../../../src/plan/change.ts";

const at = (namespace: string | undefined) => ({
  kind: "serviceaccount" as const,
  name: "default",
  ...(namespace !== undefined && { namespace }),
});
const keep = (namespace: string): ChangeOutcome => ({ change: { act: "keep", to: at(namespace), because: "" } });
const attach = (namespace: string): ChangeOutcome => ({
  change: { act: "attach", to: at(namespace), secret: "acr", before: [], after: ["acr"] },
});
const store = (namespace: string): ChangeOutcome => ({
  change: {
    act: "store",
    to: { ...at(namespace), kind: "secret" },
    entry: { hosts: [], kind: "", identity: "" },
    precondition: undefined,
    because: "",
  },
});
const warn = (namespace: string): ChangeOutcome => ({ change: { act: "warn", to: at(namespace), message: "look" } as Change });
const failed = ({ change }: ChangeOutcome): ChangeOutcome => ({ change, error: new CliError("forbidden", "no") });
const left = ({ change }: ChangeOutcome): ChangeOutcome => ({ change, left: "failed" });
const interrupted = ({ change }: ChangeOutcome): ChangeOutcome => ({ change, left: "interrupted" });
const named = ({ change }: ChangeOutcome, name: string): ChangeOutcome => ({ change: { ...change, to: { ...change.to, name } } as Change });
const inAzure: ChangeOutcome = { change: { act: "create", to: { kind: "token.azurecr.io", name: "t" }, because: "" } };

const map = { kind: "scopemap.azurecr.io", name: "m" } as const;
const keepMap: ChangeOutcome = { change: { act: "keep", to: map, because: "" } };
const widen: ChangeOutcome = { change: { act: "update", to: map, grants: ["app/api"], because: "" } };

test.for<{ why: string; outcomes: ChangeOutcome[]; summary: string; places: number; failures: number; unfinished?: number }>([
  { why: "no outcomes", outcomes: [], summary: "", places: 0, failures: 0 },
  { why: "an unchanged namespace", outcomes: [keep("a"), keep("a")], summary: "1 namespace unchanged", places: 1, failures: 0 },
  {
    why: "the most important change of a namespace",
    outcomes: [keep("a"), attach("a"), store("a"), keep("a")],
    summary: "1 Secret created",
    places: 1,
    failures: 0,
  },
  {
    why: "each changed Secret of a namespace once",
    outcomes: [store("a"), store("a"), named(store("a"), "web"), store("b")],
    summary: "3 Secrets created",
    places: 2,
    failures: 0,
  },
  {
    why: "namespaces in the order of importance",
    outcomes: [keep("a"), attach("b"), store("c")],
    summary: "1 Secret created, 1 ServiceAccount patched, 1 namespace unchanged",
    places: 3,
    failures: 0,
  },
  {
    why: "a failure as more important than changes",
    outcomes: [store("a"), failed(attach("a")), keep("a")],
    summary: "1 namespace failed",
    places: 1,
    failures: 1,
  },
  {
    why: "a skipped change as a failure",
    outcomes: [store("a"), left(attach("a"))],
    summary: "1 namespace failed",
    places: 1,
    failures: 1,
  },
  {
    why: "an interrupted change as unfinished, not as a failure",
    outcomes: [store("a"), interrupted(attach("a")), keep("b"), interrupted(store("c"))],
    summary: "1 namespace unchanged",
    places: 3,
    failures: 0,
    unfinished: 2,
  },
  {
    why: "a failure as more important than an interruption",
    outcomes: [interrupted(store("a")), failed(attach("a")), interrupted(keep("a"))],
    summary: "1 namespace failed",
    places: 1,
    failures: 1,
  },
  {
    why: "several failures of one namespace once in the summary",
    outcomes: [failed(keep("a")), failed(keep("a"))],
    summary: "1 namespace failed",
    places: 1,
    failures: 2,
  },
  { why: "no warnings", outcomes: [warn("a")], summary: "", places: 0, failures: 0 },
  { why: "a failed warning as a failure", outcomes: [failed(warn("a"))], summary: "1 namespace failed", places: 1, failures: 1 },
  {
    why: "a namespace with a widened scope map as changed",
    outcomes: [keepMap, keep("a"), widen, keep("b"), widen, store("c"), keepMap, keep("d")],
    summary: "1 Secret created, 2 scope maps configured, 2 namespaces unchanged",
    places: 4,
    failures: 0,
  },
  {
    why: "a shared widened scope map once",
    outcomes: [widen, keep("a"), keep("b")],
    summary: "1 scope map configured",
    places: 2,
    failures: 0,
  },
  {
    why: "a failed scope map",
    outcomes: [failed(widen), keep("a")],
    summary: "1 namespace unchanged",
    places: 1,
    failures: 1,
  },
  { why: "no object in Azure as a namespace", outcomes: [inAzure, keep("a")], summary: "1 namespace unchanged", places: 1, failures: 0 },
  { why: "a failure in Azure without a namespace", outcomes: [failed(inAzure)], summary: "", places: 0, failures: 1 },
])("counts $why: $summary", ({ outcomes, summary, places, failures, unfinished = 0 }) => {
  const tally = openTally();
  for (const outcome of outcomes) tally.count(reported(outcome));

  expect([tally.summary(), tally.places, tally.failures, tally.left]).toEqual([summary, places, failures, unfinished]);
});
