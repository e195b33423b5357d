import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import type { Outcome } from "../../../src/outcome.ts";
import { openTally } from "../../../src/output/tally.ts";

const at = (namespace: string | undefined) => ({
  kind: "serviceaccount" as const,
  name: "default",
  ...(namespace !== undefined && { namespace }),
});
const keep = (namespace: string): Outcome => ({ to: at(namespace), result: "unchanged" });
const attach = (namespace: string): Outcome => ({
  to: at(namespace),
  result: "patched",
  list: { does: "attach", before: [], after: ["acr"] },
});
const store = (namespace: string): Outcome => ({ to: { ...at(namespace), kind: "secret" }, result: "created" });
const warn = (namespace: string): Outcome => ({ to: at(namespace), messages: ["look"] });
const block = (name: string): Outcome => ({ to: { kind: "namespace", name }, isBlocked: true, messages: ["look"] });
const without = ({ result: _, ...rest }: Outcome): Outcome => rest;
const failed = (outcome: Outcome): Outcome => ({ ...without(outcome), error: new CliError("forbidden", "no") });
const left = (outcome: Outcome): Outcome => ({ ...without(outcome), left: "failed" });
const interrupted = (outcome: Outcome): Outcome => ({ ...without(outcome), left: "interrupted" });
const named = (outcome: Outcome, name: string): Outcome => ({ ...outcome, to: { ...outcome.to, name } });
const inAzure: Outcome = { to: { kind: "token.azurecr.io", name: "t" }, result: "created" };

const map = { kind: "scopemap.azurecr.io", name: "m" } as const;
const keepMap: Outcome = { to: map, result: "unchanged" };
const widen: Outcome = { to: map, result: "configured", grants: ["app/api"] };

test.for<{ why: string; outcomes: Outcome[]; summary: string; places: number; failures: number; unfinished?: number }>([
  { why: "no outcomes", outcomes: [], summary: "", places: 0, failures: 0 },
  { why: "an unchanged namespace", outcomes: [keep("a"), keep("a")], summary: "1 namespace unchanged", places: 1, failures: 0 },
  {
    why: "a namespace that is blocked twice",
    outcomes: [block("a"), keep("b"), block("a")],
    summary: "1 namespace unchanged, 1 namespace blocked",
    places: 1,
    failures: 0,
  },
  { why: "only blocked namespaces", outcomes: [block("a"), block("b")], summary: "2 namespaces blocked", places: 0, failures: 0 },
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
  for (const outcome of outcomes) tally.count(outcome);

  expect([tally.summary(), tally.places, tally.failures, tally.left]).toEqual([summary, places, failures, unfinished]);
});
