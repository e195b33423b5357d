import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { mayAsk, namespaceIn, onlyFile } from "../../../src/cluster/kubeconfig.ts";

const config = {
  "current-context": "a",
  clusters: [{ name: "c", cluster: {} }],
  contexts: [
    { name: "a", context: { cluster: "c", namespace: "demo" } },
    { name: "b", context: { cluster: "c" } },
    { name: "lost", context: { cluster: "gone", namespace: "x" } },
    { name: "odd", context: { cluster: "c", namespace: 5 } },
    { name: "twice", context: { cluster: "c", namespace: "one" } },
    { name: "twice", context: { cluster: "c", namespace: "two" } },
  ],
};

test.for([
  { chosen: undefined, gives: "demo", why: "the current context's" },
  { chosen: "b", gives: "", why: "a context that names none" },
  { chosen: "nope", gives: undefined, why: "no such context" },
  { chosen: "", gives: undefined, why: "an empty flag" },
  { chosen: "lost", gives: undefined, why: "a context without its cluster" },
  { chosen: "odd", gives: undefined, why: "a namespace that is no text" },
  { chosen: "twice", gives: undefined, why: "two contexts of one name" },
])("$gives: $why", ({ chosen, gives }) => {
  expect(namespaceIn(config, chosen)).toBe(gives);
});

test.for([null, "text", [], {}, { "current-context": "a" }, { "current-context": "a", contexts: {}, clusters: [] }])(
  "%o is kubectl's to read",
  (odd) => {
    expect(namespaceIn(odd, undefined)).toBeUndefined();
  },
);

test.for([
  { flags: [], env: { HOME: "/h" }, path: "/h/.kube/config" },
  { flags: [], env: { HOME: "/h", KUBECONFIG: "/k" }, path: "/k" },
  { flags: [], env: { HOME: "/h", KUBECONFIG: "/a:/b" }, path: undefined },
  { flags: ["--kubeconfig=/x", "--kubeconfig=/y"], env: { KUBECONFIG: "/a:/b" }, path: "/y" },
  { flags: ["--context=a"], env: {}, path: undefined },
])("$flags $env: $path", ({ flags, env, path }) => {
  expect(onlyFile({ flags, env })).toBe(path);
});

test.for([
  { text: "users: [{name: a, user: {token: t}}]", asks: false },
  { text: "users: [{name: a, user: {client-certificate-data: x}}]", asks: false },
  { text: "users: [{name: a, user: {exec: {command: kubelogin}}}]", asks: true },
  { text: "users: [{name: a, user: {auth-provider: {name: oidc}}}]", asks: true },
  { text: '{"users":[{"user":{"\\u0065xec":{}}}]}', asks: true },
  { text: "", asks: true },
])("kubectl may have to ask who it is for: $text", async ({ text, asks }) => {
  const folder = await mkdtemp(join(tmpdir(), "kubeconfig-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "config");
  await writeFile(file, text);

  expect(mayAsk({ flags: [], env: { KUBECONFIG: file } })).toBe(asks);
  expect(mayAsk({ flags: [`--kubeconfig=${file}`], env: {} })).toBe(asks);
  expect(mayAsk({ flags: [], env: { KUBECONFIG: `${file}:${file}` } })).toBe(true);
  expect(mayAsk({ flags: [], env: { KUBECONFIG: `${file}-not` } })).toBe(true);
});
