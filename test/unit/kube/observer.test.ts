import { expect, test } from "vitest";
import { redactBody, warningText, withoutContents } from "../../../src/kube/observer.ts";

test.for([
  ['299 - "v1 ComponentStatus is deprecated in v1.19+"', "v1 ComponentStatus is deprecated in v1.19+"],
  ['299 - "unknown field \\"spec.x\\""', 'unknown field "spec.x"'],
  ['299 kube "dated" "Wed, 21 Oct 2026 07:28:00 GMT"', "dated"],
  ['110 - "Response is stale"', undefined],
  ["nonsense", undefined],
] as const)("reads the header %s as the warning %s", ([header, text]) => {
  expect(warningText(header)).toBe(text);
});

const secret = { kind: "Secret", metadata: { name: "acr" }, type: "Opaque", data: { ".dockerconfigjson": "aHVudGVyMg==" } };

test.for([
  { body: secret, shows: { ...secret, data: { ".dockerconfigjson": "***" } }, what: "data of a Secret" },
  { body: { stringData: { a: "hunter2" } }, shows: { stringData: { a: "***" } }, what: "stringData" },
  {
    body: { kind: "SecretList", items: [{ metadata: { name: "acr" }, data: { a: "aHVudGVyMg==" } }] },
    shows: { kind: "SecretList", items: [{ metadata: { name: "acr" }, data: { a: "***" } }] },
    what: "the items of a list, which have no kind",
  },
  {
    body: {
      metadata: {
        annotations: { "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(secret), "acr-secret/slot": "password1" },
      },
    },
    shows: { metadata: { annotations: { "kubectl.kubernetes.io/last-applied-configuration": "***", "acr-secret/slot": "password1" } } },
    what: "the annotation of kubectl apply",
  },
  {
    body: { status: { token: "t" }, access_token: "t", refresh_token: "t", password: "p", Authorization: "b" },
    shows: { status: { token: "***" }, access_token: "***", refresh_token: "***", password: "***", Authorization: "***" },
    what: "tokens and passwords anywhere",
  },
  {
    body: { containers: [{ name: "app", env: [{ name: "A", value: "hunter2" }, { name: "B", valueFrom: {} }, null] }, { env: null }] },
    shows: { containers: [{ name: "app", env: [{ name: "A", value: "***" }, { name: "B", valueFrom: {} }, null] }, { env: null }] },
    what: "the variables of containers",
  },
  {
    body: { imagePullSecrets: [{ name: "acr" }], metadata: { resourceVersion: "7" } },
    shows: { imagePullSecrets: [{ name: "acr" }], metadata: { resourceVersion: "7" } },
    what: "nothing else",
  },
])("hides $what in a body", ({ body, shows }) => {
  expect(JSON.parse(redactBody(JSON.stringify(body)))).toEqual(shows);
});

test("prints only the length of a body that is not JSON", () => {
  expect(redactBody("password=hunter2")).toBe("(16 characters that are not JSON)");
  expect(redactBody("")).toBe("");
});

test.for([
  'illegal value "eyJhIjoiaHVudGVyMiJ9" at 3', // as sent
  'unknown field {"a":"hunter2"}', // decoded
  '{"message":"got {\\"a\\":\\"hunter2\\"}"}', // decoded, inside JSON
])("removes the Secret contents from a response: %s", (answer) => {
  const data = { gone: null, x: Buffer.from('{"a":"hunter2"}').toString("base64") };

  expect(withoutContents(answer, data)).not.toMatch(/hunter2|eyJh/);
  expect(withoutContents(answer, data)).toContain("***");
});

test("keeps an answer when a value of the Secret is not a text", () => {
  expect(withoutContents("0 of 5", { number: 5, deleted: null, list: ["0 of 5"] })).toBe("0 of 5");
});
