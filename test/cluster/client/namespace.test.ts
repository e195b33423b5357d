import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { currentContextIn, namespaceIn, readKubeconfig } from "../../../src/kube/kubeconfig.ts";
import { contextNamespace, currentContext } from "../../../src/kube/kubectl-config.ts";
import { newFolder } from "../../support/new-folder.ts";
import { env } from "./opened.ts";

const rest = "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\nusers: [{name: u, user: {token: t}}]\n";
const contexts = (text: string) => `apiVersion: v1\nkind: Config\ncurrent-context: a\n${rest}contexts:\n${text}`;

// The plugin must read the same values as kubectl. For cases that the plugin does not read, it runs kubectl.
test.for([
  { why: "plain", text: contexts("- name: a\n  context: {cluster: c, user: u, namespace: demo}\n"), read: true },
  { why: "no namespace", text: contexts("- context:\n    cluster: c\n    user: u\n  name: a\n"), read: true },
  {
    why: "another context by flag",
    flags: ["--context=b"],
    text: contexts("- {name: a, context: {cluster: c, namespace: one}}\n- {name: b, context: {cluster: c, namespace: two}}\n"),
    read: true,
  },
  {
    why: "JSON",
    text: JSON.stringify({
      "current-context": "a",
      clusters: [{ name: "c", cluster: {} }],
      contexts: [{ name: "a", context: { cluster: "c", namespace: "j" } }],
    }),
    read: true,
  },
  { why: "quoted, with a comment", text: contexts('- name: "a"   # mine\n  context: {cluster: c, namespace: "1e3"}\n'), read: true },
  {
    why: "an anchor",
    text: contexts("- name: a\n  context: &x {cluster: c, namespace: anchored}\n- name: b\n  context: *x\n"),
    read: true,
  },
  { why: "a number", text: contexts("- name: a\n  context: {cluster: c, namespace: 5}\n"), read: false },
  { why: "a boolean of YAML 1.1", text: contexts("- name: a\n  context: {cluster: c, namespace: yes}\n"), read: false },
  { why: "a key twice", text: contexts("- name: a\n  context: {cluster: c, namespace: one, namespace: two}\n"), read: false },
  {
    why: "two contexts of one name",
    text: contexts("- {name: a, context: {cluster: c, namespace: x}}\n- {name: a, context: {cluster: c, namespace: y}}\n"),
    read: false,
  },
  { why: "no such context", text: contexts("- {name: z, context: {cluster: c, namespace: x}}\n"), read: false },
  { why: "no YAML", text: "{", read: false },
])("reads the namespace as kubectl does when the kubeconfig has: $why", async ({ text, flags = [], read }) => {
  const file = `${await newFolder()}/kubeconfig`;
  await writeFile(file, text);
  const { stdout } = await promisify(execFile)("sh", ["-c", "command -v kubectl"], { env });
  const kubectl = { file: stdout.trim(), flags: [...flags, `--kubeconfig=${file}`], env };

  const ours = await namespaceIn(readKubeconfig(kubectl), kubectl.flags);

  expect(ours !== undefined).toBe(read);
  if (read) expect(await contextNamespace(kubectl)).toBe(ours);
});

test.for([
  { why: "plain", line: "current-context: a" },
  { why: "with the characters of a cloud's name", line: "current-context: arn:aws:eks:eu-west-1:1:cluster/a" },
  { why: "in double quotes", line: 'current-context: "1e3"' },
  { why: "in single quotes", line: "current-context: 'my cluster'" },
  { why: "an empty text", line: 'current-context: ""' },
  { why: "null", line: "current-context: null" },
  { why: "absent", line: "" },
])("reads the current context as kubectl does when it is $why", async ({ line }) => {
  const file = `${await newFolder()}/kubeconfig`;
  await writeFile(file, `apiVersion: v1\nkind: Config\n${rest}${line}\n`);
  const { stdout } = await promisify(execFile)("sh", ["-c", "command -v kubectl"], { env });
  const kubectl = { file: stdout.trim(), flags: [`--kubeconfig=${file}`], env };

  expect(currentContextIn(readKubeconfig(kubectl))).toBe(await currentContext(kubectl));
});
