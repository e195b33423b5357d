import { expect, test } from "vitest";
import { redactBody, warningText, withoutContents } from "../../../src/cluster/observer.ts";

test.for([
  ['299 - "v1 ComponentStatus is deprecated in v1.19+"', "v1 ComponentStatus is deprecated in v1.19+"],
  ['299 - "unknown field \\"spec.x\\""', 'unknown field "spec.x"'],
  ['299 kube "dated" "Wed, 21 Oct 2026 07:28:00 GMT"', "dated"],
  ['110 - "Response is stale"', undefined],
  ["nonsense", undefined],
] as const)("%s warns of %s", ([header, text]) => {
  expect(warningText(header)).toBe(text);
});

const secret = { kind: "Secret", metadata: { name: "acr" }, type: "Opaque", data: { ".dockerconfigjson": "aHVudGVyMg==" } };

test.for([
  { body: secret, shows: { ...secret, data: { ".dockerconfigjson": "***" } }, what: "data of a Secret" },
  { body: { stringData: { a: "hunter2" } }, shows: { stringData: { a: "***" } }, what: "stringData" },
  {
    body: { kind: "SecretList", items: [{ metadata: { name: "acr" }, data: { a: "aHVudGVyMg==" } }] },
    shows: { kind: "SecretList", items: [{ metadata: { name: "acr" }, data: { a: "***" } }] },
    what: "a list, whose items do not say what they are",
  },
  {
    body: {
      metadata: {
        annotations: { "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(secret), "acr-secret/slot": "password1" },
      },
    },
    shows: { metadata: { annotations: { "kubectl.kubernetes.io/last-applied-configuration": "***", "acr-secret/slot": "password1" } } },
    what: "what kubectl apply keeps beside it",
  },
  {
    body: { status: { token: "t" }, access_token: "t", refresh_token: "t", password: "p", Authorization: "b" },
    shows: { status: { token: "***" }, access_token: "***", refresh_token: "***", password: "***", Authorization: "***" },
    what: "tokens and passwords anywhere",
  },
  {
    body: { imagePullSecrets: [{ name: "acr" }], metadata: { resourceVersion: "7" } },
    shows: { imagePullSecrets: [{ name: "acr" }], metadata: { resourceVersion: "7" } },
    what: "nothing else",
  },
])("a body hides $what", ({ body, shows }) => {
  expect(JSON.parse(redactBody(JSON.stringify(body)))).toEqual(shows);
});

test("a body that is not JSON is only counted", () => {
  expect(redactBody("password=hunter2")).toBe("(16 characters that are not JSON)");
  expect(redactBody("")).toBe("");
});

test.for([
  'illegal value "eyJhIjoiaHVudGVyMiJ9" at 3', // as sent
  'unknown field {"a":"hunter2"}', // decoded
  '{"message":"got {\\"a\\":\\"hunter2\\"}"}', // decoded, inside JSON
])("a refusal does not repeat what was sent: %s", (answer) => {
  const data = { gone: null, x: Buffer.from('{"a":"hunter2"}').toString("base64") };

  expect(withoutContents(answer, data)).not.toMatch(/hunter2|eyJh/);
  expect(withoutContents(answer, data)).toContain("***");
});
