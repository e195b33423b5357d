import type { Shape } from "./shape.ts";

const pod = (name: string, spec: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { containers: [{ name: "web", image: "web", args: ["a\tb", '"{}[],:', "\u00e4"] }], ...spec },
});

const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "robot" }, secrets: [] };

/** JSON, which is also YAML, with its own indentation. */
export const json: readonly Shape[] = [
  { name: "JSON by two spaces", gets: 1, text: `${JSON.stringify(pod("two"), null, 2)}\n` },
  { name: "JSON by four spaces, as kubectl prints it", gets: 1, text: `${JSON.stringify(pod("four"), null, 4)}\n` },
  { name: "JSON by tabs", gets: 1, text: `${JSON.stringify(pod("tabs"), null, "\t")}\n` },
  {
    name: "JSON by tabs with lines as on Windows, no last end",
    gets: 1,
    text: JSON.stringify(pod("windows"), null, "\t").replaceAll("\n", "\r\n"),
  },
  { name: "JSON without spaces", gets: 1, alters: 1, text: JSON.stringify(pod("compact")) },
  {
    name: "JSON on one line with spaces",
    gets: 1,
    alters: 1,
    text: '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": {"containers": [{"name": "web", "image": "web"}]}}\n',
  },
  {
    name: "a List in JSON",
    gets: 2,
    text: `${JSON.stringify({ apiVersion: "v1", kind: "List", items: [pod("a"), { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" } }, pod("b")] }, null, 2)}\n`,
  },
  {
    name: "a list in JSON that has a name",
    gets: 1,
    had: true,
    text: `${JSON.stringify(pod("had", { imagePullSecrets: [{ name: "theirs" }] }), null, 2)}\n`,
  },
  {
    name: "a list in JSON that has two names",
    gets: 1,
    had: true,
    text: `${JSON.stringify(pod("had-two", { imagePullSecrets: [{ name: "a" }, { name: "b" }] }), null, 4)}\n`,
  },
  {
    name: "a list in JSON without spaces that has a name",
    gets: 1,
    had: true,
    alters: 1,
    text: JSON.stringify(pod("had-compact", { imagePullSecrets: [{ name: "theirs" }] })),
  },
  {
    name: "an empty list in JSON",
    gets: 1,
    had: true,
    alters: 1,
    text: `${JSON.stringify(pod("empty", { imagePullSecrets: [] }), null, 2)}\n`,
  },
  { name: "null in JSON", gets: 1, had: true, alters: 1, text: `${JSON.stringify(pod("null", { imagePullSecrets: null }), null, 2)}\n` },
  { name: "a ServiceAccount in JSON", gets: 1, accounts: true, text: `${JSON.stringify(account, null, 4)}\n` },
  { name: "a ServiceAccount in JSON without spaces", gets: 1, accounts: true, alters: 1, text: JSON.stringify(account) },
];
