import { expect, test } from "vitest";
import { spell } from "../../../cmd/line/spell.ts";
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

test.for<{ facts: Partial<ImageFacts>; verdict: string; cause?: RegExp; fix?: string | undefined }>([
  { facts: { tried: [tried("a", "pulls")] }, verdict: "pulls" },
  { facts: { tried: [tried("bad", "refused"), tried("good", "pulls")] }, verdict: "pulls" },
  { facts: { anonymous: says("pulls") }, verdict: "pulls without a credential" },
  {
    facts: { tried: [tried("a", "refused")] },
    verdict: "credential refused",
    cause: /with secret a/,
    fix: "kubectl acr-secret create a --registry r.azurecr.io -n demo",
  },
  {
    facts: { tried: [tried("a", "outOfScope")] },
    verdict: "not in the credential's scope",
    fix: "kubectl acr-secret create a --registry r.azurecr.io -n demo",
  },
  {
    facts: { tried: [tried("a", "notFound")] },
    verdict: "no such image",
    fix: "az acr repository show-tags --name r --repository app/web",
  },
  {
    facts: { tried: [tried("a", "blocked")] },
    verdict: "blocked by the registry's firewall",
    fix: "az acr network-rule list --name r",
  },
  { facts: { inAzure: false, tried: [tried("a", "refused")] }, verdict: "credential refused", cause: /with secret a/, fix: undefined },
  { facts: { inAzure: false, tried: [tried("a", "outOfScope")] }, verdict: "not in the credential's scope", fix: undefined },
  { facts: { inAzure: false, tried: [tried("a", "notFound")] }, verdict: "no such image", fix: undefined },
  { facts: { inAzure: false, tried: [tried("a", "blocked")] }, verdict: "blocked by the registry's firewall", fix: undefined },
  {
    facts: { inAzure: false, poison: { secret: "broken", message: "invalid character" } },
    verdict: "malformed secret",
    cause: /secret broken is malformed/,
    fix: undefined,
  },
  { facts: { tried: [tried("a", "unreachable")] }, verdict: "registry not reached", fix: undefined },
  { facts: { anonymous: says("unreachable") }, verdict: "registry not reached", fix: undefined },
  {
    facts: { anonymous: says("refused") },
    verdict: "no credential",
    cause: /has no pull secret/,
    fix: "kubectl acr-secret create --registry r.azurecr.io --serviceaccount web -n demo",
  },
  {
    facts: { anonymous: says("refused"), pods: [] },
    verdict: "no credential",
    cause: /serviceaccount\/web has no pull secret/,
    fix: "kubectl acr-secret create --registry r.azurecr.io --repository app/web --serviceaccount web -n demo",
  },
  {
    facts: { tried: [tried("a", "outOfScope")], pods: [] },
    verdict: "not in the credential's scope",
    fix: "kubectl acr-secret create a --registry r.azurecr.io --repository app/web -n demo",
  },
  { facts: { anonymous: says("refused"), missing: ["gone"] }, verdict: "no credential", cause: /secret gone does not exist/ },
  {
    facts: { anonymous: says("refused"), skipped: [{ secret: "o", because: "is of type Opaque" }] },
    verdict: "no credential",
    cause: /secret o is of type Opaque/,
  },
  {
    facts: { anonymous: says("refused"), tooLate: "acr" },
    verdict: "pod is older than its secret",
    fix: "kubectl delete pod web-1 -n demo",
  },
  {
    facts: { poison: { secret: "x", message: "illegal base64 data at input byte 0" } },
    verdict: "malformed secret",
    fix: "kubectl acr-secret create x --registry r.azurecr.io --force -n demo",
  },
])("$verdict", ({ facts: more, verdict, cause, ...says }) => {
  const row = judge({ ...facts, ...more });

  expect(row.verdict).toBe(verdict);
  expect(row.ok).toBe(verdict.startsWith("pulls"));
  expect(row.cause ?? "").toMatch(cause ?? /^/);
  if ("fix" in says) expect(row.fix && spell(row.fix)).toBe(says.fix);
});
