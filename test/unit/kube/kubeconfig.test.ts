import { mkdir, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { currentContextIn, mayPrompt, namespaceIn, readKubeconfig } from "../../../src/kube/kubeconfig.ts";
import { newFolder } from "../../support/new-folder.ts";

const config = {
  "current-context": "a",
  clusters: [
    { name: "c", cluster: { server: "https://c" } },
    { name: "d", cluster: { server: "https://d" } },
  ],
  contexts: [
    { name: "a", context: { cluster: "c", namespace: "demo" } },
    { name: "b", context: { cluster: "d" } },
    { name: "lost", context: { cluster: "gone", namespace: "x" } },
    { name: "odd", context: { cluster: "c", namespace: 5 } },
    { name: "twice", context: { cluster: "c", namespace: "one" } },
    { name: "twice", context: { cluster: "c", namespace: "two" } },
  ],
};
const second = {
  "current-context": "b",
  clusters: [{ name: "c", cluster: { server: "https://other" } }],
  contexts: [
    { name: "a", context: { cluster: "c", namespace: "other" } },
    { name: "more", context: { cluster: "d", namespace: "m" } },
  ],
};

const filesOf = (...files: readonly unknown[]) => ({ texts: files.map((file) => JSON.stringify(file)), complete: true });

test.for([
  { flags: [], gives: "demo", why: "the current context's" },
  { flags: ["--context=b"], gives: "", why: "a context that names no namespace" },
  { flags: ["--cluster=d"], gives: "demo", why: "another cluster by flag" },
  { flags: ["--context=more"], gives: "m", why: "a context of the second file" },
  { flags: ["--context=nope"], gives: undefined, why: "no such context" },
  { flags: ["--context="], gives: undefined, why: "an empty flag" },
  { flags: ["--context=lost"], gives: undefined, why: "a context without its cluster" },
  { flags: ["--context=nope", "--cluster=d"], gives: undefined, why: "no such context and a cluster" },
  { flags: ["--context=odd"], gives: undefined, why: "a namespace that is no text" },
  { flags: ["--context=twice"], gives: undefined, why: "two contexts of one name" },
])("reads the namespace of $why", async ({ flags, gives }) => {
  expect(await namespaceIn(filesOf(config, second), flags)).toEqual(gives);
});

// Go reads U+0085 as a line break
const broken = { ...config, contexts: [{ name: "a", context: { cluster: "c", namespace: "de\u0085mo" } }] };

test.for([null, "text", [], {}, { "current-context": "a" }, { "current-context": "a", contexts: {}, clusters: [] }, broken])(
  "leaves %o to kubectl",
  async (odd) => {
    expect(await namespaceIn(filesOf(odd), [])).toBeUndefined();
  },
);

test.for([
  { texts: ["current-context: a\n"], gives: "a" },
  { texts: ["contexts: []\ncurrent-context: a\r\n"], gives: "a" },
  { texts: ["current-context: default/api-x-example-com:6443/kube:admin\n"], gives: "default/api-x-example-com:6443/kube:admin" },
  { texts: ["contexts:\n- name: my-current-context\ncurrent-context: a"], gives: "a" },
  { texts: ['current-context: "a b"'], gives: "a b" },
  { texts: ["certificate-authority: C:\\Users\\x\\u\\ca.crt\ncurrent-context: a\n"], gives: "a" },
  { texts: [JSON.stringify({ "current-context": "a" }, undefined, 4)], gives: "a" },
  { texts: ["current-context: null", "current-context: b"], gives: "b" },
  { texts: ["users: []", "current-context: b"], gives: "b" },
  { texts: ['current-context: ""'], gives: "" },
  { texts: [], gives: "" },
  { texts: ["current-context: a\ncurrent-context: b"], gives: undefined },
  { texts: ["current-context: &x a"], gives: undefined },
  { texts: ["current-context: a: b"], gives: undefined },
  { texts: ['"current-context": a'], gives: undefined },
  { texts: ["{current-context: a}"], gives: undefined },
  { texts: ["current-context: >\n  a"], gives: undefined },
  { texts: ['{"current-context": 5}'], gives: undefined },
  // Each of these is in the first of two files: with its context overlooked, a command would act in the cluster of the second
  ...[
    "current-context:\n  a",
    "current-context:\n",
    "current-context: a\u2028  b\n",
    "users: []\u2028current-context: a\n",
    '{"current-context":"a\u0085"}',
    "users: []\r---\rcurrent-context: a\n",
    "users: []\u0085---\ncurrent-context: a\n",
    "current-context : a",
    "? current-context\n: a",
    "current-context: a\n  b\n",
    "current-context: a\n\n  b\n",
    "users: []\n---\ncurrent-context: a\n",
    "users: []\n...\ncurrent-context: a\n",
    "current-context: a\n---\ncurrent-context: b\n",
    " users: []\ncurrent-context: a\n",
    "current-context: b\ncurrent-context: !!str a\n",
    '"current\\u002dcontext": a',
    '"current-\\\n  context": a',
  ].map((first) => ({ texts: [first, "current-context: b"], gives: undefined })),
])("reads the current context of $texts as $gives", ({ texts, gives }) => {
  expect(currentContextIn({ texts, complete: true })).toBe(gives);
});

test("leaves the current context to kubectl when a file cannot be read", () => {
  expect(currentContextIn({ texts: ["users: []"], complete: false })).toBeUndefined();
});

test.for([
  { flags: () => [], env: (at: string) => ({ HOME: at }), texts: ["home"] },
  { flags: () => [], env: (at: string) => ({ HOME: at, KUBECONFIG: `${at}/a` }), texts: ["A"] },
  { flags: () => [], env: (at: string) => ({ KUBECONFIG: `${at}/none:${at}/b:${at}/a` }), texts: ["B", "A"] },
  {
    flags: (at: string) => [`--kubeconfig=${at}/a`, `--kubeconfig=${at}/b`],
    env: (at: string) => ({ KUBECONFIG: `${at}/a` }),
    texts: ["B"],
  },
  { flags: () => ["--context=a"], env: () => ({}), texts: [] },
])("reads the files that kubectl reads: $texts", async ({ flags, env, texts }) => {
  const at = await newFolder({ a: "A", b: "B" });
  await mkdir(`${at}/.kube`);
  await writeFile(`${at}/.kube/config`, "home");

  expect(readKubeconfig({ flags: flags(at), env: env(at) })).toEqual({ texts, complete: true });
});

test("leaves to kubectl what is not a regular file, such as a pipe that can be read only once", () => {
  expect(readKubeconfig({ flags: ["--kubeconfig=/dev/null"], env: {} })).toEqual({ texts: [], complete: false });
});

test.for([
  { text: "users: [{name: a, user: {token: t}}]", asks: false },
  { text: "users: [{name: a, user: {client-certificate-data: x}}]", asks: false },
  { text: "users: [{name: a, user: {exec: {command: kubelogin}}}]", asks: true },
  { text: "users: [{name: a, user: {auth-provider: {name: oidc}}}]", asks: true },
  { text: '{"users":[{"user":{"\\u0065xec":{}}}]}', asks: true },
  { text: "", asks: true },
])("expects a prompt ($asks) for $text", async ({ text, asks }) => {
  expect(mayPrompt({ texts: [text], complete: true })).toBe(asks);
  expect(mayPrompt({ texts: [text, "users: []"], complete: true })).toBe(asks);
  expect(mayPrompt({ texts: [text], complete: false })).toBe(true);
  expect(mayPrompt({ texts: [], complete: true })).toBe(true);
});
