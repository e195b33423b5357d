import { expect, test } from "vitest";
import { spell } from "../../../cmd/line/spell.ts";
import type { Cause } from "../../../src/check/cause.ts";
import { type ImageFacts, judge } from "../../../src/check/verdict.ts";
import type { Proof } from "../../../src/context.ts";

const says = (verdict: Proof["verdict"]): Proof => ({ verdict, message: `the registry says ${verdict}` });
const facts: ImageFacts = {
  image: "r.azurecr.io/app/web:1",
  host: "r.azurecr.io",
  inAzure: true,
  namespace: "demo",
  account: "web",
  pods: ["web-1"],
  tried: [],
  missing: [],
  skipped: [],
};
const tried = (secret: string, verdict: Proof["verdict"]) => ({ secret, proof: says(verdict) });

test.for<{ facts: Partial<ImageFacts>; cause: Cause; message?: RegExp; fix?: string | undefined }>([
  { facts: { tried: [tried("a", "pulls")] }, cause: "pulls" },
  { facts: { tried: [tried("bad", "refused"), tried("good", "pulls")] }, cause: "pulls" },
  { facts: { anonymous: says("pulls") }, cause: "anonymous" },
  {
    facts: { tried: [tried("a", "refused")] },
    cause: "refused",
    message: /with secret a/,
    fix: "kubectl acr-secret create a --registry r.azurecr.io -n demo",
  },
  {
    facts: { tried: [tried("a", "out-of-scope")] },
    cause: "out-of-scope",
    fix: "kubectl acr-secret create a --registry r.azurecr.io -n demo",
  },
  {
    facts: { tried: [tried("a", "not-found")] },
    cause: "not-found",
    fix: "az acr repository show-tags --name r --repository app/web",
  },
  {
    facts: { tried: [tried("a", "blocked")] },
    cause: "blocked",
    fix: "az acr network-rule list --name r",
  },
  { facts: { inAzure: false, tried: [tried("a", "refused")] }, cause: "refused", message: /with secret a/, fix: undefined },
  { facts: { inAzure: false, tried: [tried("a", "out-of-scope")] }, cause: "out-of-scope", fix: undefined },
  { facts: { inAzure: false, tried: [tried("a", "not-found")] }, cause: "not-found", fix: undefined },
  { facts: { inAzure: false, tried: [tried("a", "blocked")] }, cause: "blocked", fix: undefined },
  {
    facts: { inAzure: false, poison: { secret: "broken", message: "invalid character" } },
    cause: "malformed-secret",
    message: /secret broken is malformed/,
    fix: undefined,
  },
  { facts: { tried: [tried("a", "unreachable")] }, cause: "unreachable", fix: undefined },
  { facts: { anonymous: says("unreachable") }, cause: "unreachable", fix: undefined },
  {
    facts: { anonymous: says("refused") },
    cause: "no-login",
    message: /has no pull secret/,
    fix: "kubectl acr-secret create --registry r.azurecr.io --serviceaccount web -n demo",
  },
  {
    facts: { anonymous: says("refused"), pods: [] },
    cause: "no-login",
    message: /serviceaccount\/web has no pull secret/,
    fix: "kubectl acr-secret create --registry r.azurecr.io --repository app/web --serviceaccount web -n demo",
  },
  {
    facts: { tried: [tried("a", "out-of-scope")], pods: [] },
    cause: "out-of-scope",
    fix: "kubectl acr-secret create a --registry r.azurecr.io --repository app/web -n demo",
  },
  { facts: { anonymous: says("refused"), missing: ["gone"] }, cause: "no-login", message: /secret gone does not exist/ },
  {
    facts: { anonymous: says("refused"), skipped: [{ secret: "o", because: "is of type Opaque" }] },
    cause: "no-login",
    message: /secret o is of type Opaque/,
  },
  {
    facts: { anonymous: says("refused"), tooLate: "acr" },
    cause: "older-pod",
    fix: "kubectl delete pod web-1 -n demo",
  },
  {
    facts: { poison: { secret: "x", message: "illegal base64 data at input byte 0" } },
    cause: "malformed-secret",
    fix: "kubectl acr-secret create x --registry r.azurecr.io --force -n demo",
  },
])("$cause", ({ facts: more, cause, message, ...says }) => {
  const row = judge({ ...facts, ...more });

  expect(row.cause).toBe(cause);
  expect(row.message ?? "").toMatch(message ?? /^/);
  if ("fix" in says) expect(row.fix && spell(row.fix)).toBe(says.fix);
});
