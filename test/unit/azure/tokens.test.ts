import { expect, test } from "vitest";
import { openArm } from "../../../src/azure/arm.ts";
import { openTokens } from "../../../src/azure/tokens.ts";
import { answering } from "./answering.ts";

const registry = { id: "/r", name: "myregistry", loginServer: "myregistry.azurecr.io", sku: "Premium" };

/** Returns the tokens in an Azure that gives these responses in order, and its requests. */
function azure(...answers: readonly { readonly status?: number; readonly body?: unknown }[]) {
  const left = [...answers];
  const options = answering(() => left.shift() ?? expect.unreachable("no response is left"));
  const sent = () => options.asked.map(({ method, url, body }) => `${method} ${new URL(url).pathname} ${body ?? null}`);
  return { ...openTokens(openArm(options)), sent };
}

const token = (status: string) => ({
  body: { id: "/r/tokens/ci", name: "ci", properties: { status, scopeMapId: "/r/scopeMaps/ci" } },
});
const put = 'PUT /r/tokens/ci {"properties":{"scopeMapId":"/r/scopeMaps/ci","status":"enabled"}}';
const enable = 'PATCH /r/tokens/ci {"properties":{"status":"enabled"}}';
const wanted = { name: "ci", scopeMapId: "/r/scopeMaps/ci" };

test.for([
  { answers: [token("enabled")], requests: [put] },
  { answers: [token("disabled"), token("enabled")], requests: [put, enable] },
])("enables a token that comes back as $answers.0.body.properties.status", async ({ answers, requests }) => {
  const { putToken, sent } = azure(...answers);

  expect(await putToken(registry, wanted)).toMatchObject({ name: "ci", status: "enabled" });
  expect(sent()).toEqual(requests);
});

test("rejects a token that Azure keeps disabled, with the command that enables it", async () => {
  const { putToken } = azure(token("disabled"), token("disabled"));

  await expect(putToken(registry, wanted)).rejects.toMatchObject({
    kind: "conflict",
    hint: "az acr token update --registry myregistry --name ci --status enabled",
  });
});

const usages = (...names: string[]) => ({
  body: { value: names.map((name) => ({ name, limit: 50_000, currentValue: 40_000, unit: "Count" })) },
});

test.for([
  { why: "the usages have them", answer: usages("Size", "ScopeMaps", "Tokens"), count: 40_000, lists: [] },
  { why: "the usages have none", answer: usages("Size"), count: 2, lists: ["GET /r/tokens null"] },
  { why: "the usages may not be read", answer: { status: 403 }, count: 2, lists: ["GET /r/tokens null"] },
  { why: "Azure has no usages", answer: { status: 404 }, count: 2, lists: ["GET /r/tokens null"] },
])("counts $count tokens when $why", async ({ answer, count, lists }) => {
  const { tokenCount, sent } = azure(answer, { body: { value: [{}, {}] } });

  expect(await tokenCount(registry)).toBe(count);
  expect(sent()).toEqual(["GET /r/listUsages null", ...lists]);
});

test.for([
  { why: "the usages have it", answer: usages("Tokens"), limit: 50_000 },
  { why: "the usages have none", answer: usages("Size"), limit: 100 },
  { why: "the usages may not be read", answer: { status: 403 }, limit: 100 },
  { why: "Azure rejects the request for the usages", answer: { status: 400 }, limit: 100 },
])("allows $limit tokens when $why", async ({ answer, limit }) => {
  const { tokenLimit } = azure(answer);

  expect(await tokenLimit({ ...registry, sku: "Basic" })).toBe(limit);
});
