import { expect, test } from "vitest";
import type { Arm, ArmRequest } from "../../../src/azure/arm.ts";
import { putToken, tokenCount } from "../../../src/azure/tokens.ts";
import { CliError } from "../../../src/errors.ts";

const registry = { id: "/r", name: "myregistry", loginServer: "myregistry.azurecr.io", sku: "Premium" };

/** Returns an Azure Resource Manager that returns these responses in order, and has a list of tokens. */
function answering(answers: readonly unknown[], listed: readonly unknown[] = []) {
  const left = [...answers];
  const sent: string[] = [];
  const arm: Arm = {
    send: async ({ method, path, body }: ArmRequest) => {
      sent.push(`${method} ${path} ${JSON.stringify(body ?? null)}`);
      const answer = left.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
    list: async ({ path }) => {
      sent.push(`LIST ${path}`);
      return [...listed];
    },
  };
  return { arm, sent };
}

const token = (status: string) => ({ id: "/r/tokens/ci", name: "ci", properties: { status, scopeMapId: "/r/scopeMaps/ci" } });
const put = 'PUT /r/tokens/ci {"properties":{"scopeMapId":"/r/scopeMaps/ci","status":"enabled"}}';
const enable = 'PATCH /r/tokens/ci {"properties":{"status":"enabled"}}';
const wanted = { name: "ci", scopeMapId: "/r/scopeMaps/ci" };

test.for([
  { answers: [token("enabled")], requests: [put] },
  { answers: [token("disabled"), token("enabled")], requests: [put, enable] },
])("enables a token that comes back as $answers.0.properties.status", async ({ answers, requests }) => {
  const { arm, sent } = answering(answers);

  expect(await putToken(arm, registry, wanted)).toMatchObject({ name: "ci", status: "enabled" });
  expect(sent).toEqual(requests);
});

test("rejects a token that Azure keeps disabled, with the command that enables it", async () => {
  const { arm } = answering([token("disabled"), token("disabled")]);

  await expect(putToken(arm, registry, wanted)).rejects.toMatchObject({
    kind: "conflict",
    hint: "az acr token update --registry myregistry --name ci --status enabled",
  });
});

const usages = (...names: string[]) => ({ value: names.map((name) => ({ name, limit: 50_000, currentValue: 40_000, unit: "Count" })) });

test.for([
  { why: "the usages have them", answer: usages("Size", "ScopeMaps", "Tokens"), count: 40_000, lists: [] },
  { why: "the usages have none", answer: usages("Size"), count: 2, lists: ["LIST /r/tokens"] },
  { why: "the usages may not be read", answer: new CliError("forbidden", "no"), count: 2, lists: ["LIST /r/tokens"] },
  { why: "Azure has no usages", answer: undefined, count: 2, lists: ["LIST /r/tokens"] },
])("counts $count tokens when $why", async ({ answer, count, lists }) => {
  const { arm, sent } = answering([answer], [token("enabled"), token("enabled")]);

  expect(await tokenCount(arm, registry)).toBe(count);
  expect(sent).toEqual(["GET /r/listUsages null", ...lists]);
});
