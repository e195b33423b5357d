import { expect, test } from "vitest";
import { type Cause, causes } from "../../../src/check/cause.ts";
import type { Verdict } from "../../../src/check/verdict.ts";
import { CliError } from "../../../src/errors.ts";
import { formatCommand, plugin, shell } from "../../../src/hint.ts";
import { errorItem, imageCheck, pullSecretItem } from "../../../src/output/items.ts";
import type { Holding } from "../../../src/secret/holdings.ts";
import { verdictOf } from "../../support/verdict.ts";

const apiVersion = "acr-secret/v1";
const verdict = verdictOf({
  secret: "acr",
  pods: ["a-1", "a-2"],
  cause: "pulls",
});

test("returns a command that only shows more as a look and not as a fix", () => {
  const fix = { ...shell("az acr repository list"), isLook: true } as const;

  expect(imageCheck({ ...verdict, cause: "not-found", fix }, formatCommand)).toMatchObject({
    fix: undefined,
    look: "az acr repository list",
  });
});

test("returns the cause of a failure with its notes and its fix", () => {
  const failure: Verdict = {
    ...verdict,
    secret: "acr",
    expiresAt: "2026-02-01T01:00:00+01:00",
    pods: [],
    owners: [{ kind: "deployment", name: "a" }],
    cause: "no-login",
    message: "serviceaccount/default has no pull secret for this registry",
    registryMessages: ["unauthorized"],
    notes: ["a note"],
    fix: { ...plugin("create", "--registry", "r.azurecr.io"), namespace: "demo" },
  };

  expect(imageCheck(failure, formatCommand)).toEqual({
    apiVersion,
    kind: "ImageCheck",
    namespace: "demo",
    image: "r.azurecr.io/a:1",
    serviceAccount: "default",
    owners: [{ kind: "deployment", name: "a" }],
    pods: [],
    secret: "acr",
    expiresAt: "2026-02-01T00:00:00Z",
    cause: "no-login",
    verdict: "missing credential",
    result: "fails",
    start: "fails",
    ok: false,
    proof: "registry",
    message: "serviceaccount/default has no pull secret for this registry",
    registryMessages: ["unauthorized"],
    notes: ["a note"],
    fix: "kubectl acr-secret create -n demo --registry r.azurecr.io",
  });
});

test("returns result pulls only for a cause that pulls, and fails only for one that does not", () => {
  for (const cause of Object.keys(causes) as Cause[]) {
    const { pulls } = causes[cause];
    const { result, ok } = imageCheck({ ...verdict, cause }, formatCommand);
    expect({ cause, result }).toEqual({ cause, result: pulls === true ? "pulls" : pulls === false ? "fails" : "unknown" });
    if (pulls !== "unknown") expect({ cause, ok }).toEqual({ cause, ok: pulls });
  }
});

const holding = (more: Partial<Holding>): Holding => ({
  hosts: ["r.azurecr.io"],
  kind: "acr-token",
  guessed: false,
  identity: "ci",
  slot: "",
  expiry: "unknown",
  madeAt: undefined,
  by: undefined,
  previous: undefined,
  ...more,
});
const noSource = { name: "s", namespace: "demo", serviceAccounts: [], source: undefined, copies: [], file: undefined };
const at = (expiresAt: string) => holding({ expiry: "at", expiresAt });

test.for([
  { holdings: [], expiry: "unknown", expiresAt: null },
  { holdings: [holding({ expiry: "never" })], expiry: "never", expiresAt: null },
  { holdings: [holding({ expiry: "never" }), holding({})], expiry: "unknown", expiresAt: null },
  { holdings: [holding({}), at("2026-02-01T00:00:00Z")], expiry: "at", expiresAt: "2026-02-01T00:00:00Z" },
  // The earlier time is the greater text
  { holdings: [at("2026-02-01T09:00:00+09:00"), at("2026-02-01T00:30:00Z")], expiry: "at", expiresAt: "2026-02-01T00:00:00Z" },
] as const)("returns expiry $expiry of $holdings.length logins", ({ holdings, ...expected }) => {
  expect(pullSecretItem({ ...noSource, holdings })).toMatchObject(expected);
});

test("omits a recorded time that is not a time, and prints other times in UTC", () => {
  const previous = { slot: "password1", madeAt: "yesterday", until: "2026-02-30T00:00:00.5+00:00" };
  const { logins } = pullSecretItem({
    ...noSource,
    holdings: [holding({ madeAt: "2026-01-01T01:00:00+01:00", previous })],
  });

  expect(logins).toMatchObject([
    { createdAt: "2026-01-01T00:00:00Z", previous: { slot: "password1", createdAt: undefined, until: "2026-03-02T00:00:00Z" } },
  ]);
});

test.for([
  { hint: "did you mean -n demo?", expected: "did you mean -n demo?" },
  { hint: plugin("list"), expected: "kubectl acr-secret list -n demo" },
  { hint: undefined, expected: undefined },
])("returns an error with the hint $expected", ({ hint, expected }) => {
  const error = new CliError("notFound", "secret not found", { hint });

  expect(errorItem(error, { namespace: "demo" }, formatCommand)).toEqual({
    apiVersion,
    kind: "Error",
    namespace: "demo",
    reason: "notFound",
    message: "secret not found",
    hint: expected,
  });
});
