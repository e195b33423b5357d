import { expect, test } from "vitest";
import * as yaml from "yaml";
import { editManifest, readManifest } from "../../../src/manifest/patch.ts";

const detach = (text: string) =>
  editManifest(readManifest(yaml, { name: "f.yaml", text }), { do: "detach", secret: "acr", chooses: () => true }).text;

const pod = (spec: string) => `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n${spec}`;
const containers = "  containers: []\n";

test.for<{ what: string; from: string; to: string }>([
  {
    what: "the first name of a list",
    from: "  imagePullSecrets:\n  - name: acr # ours\n  - name: b\n",
    to: "  imagePullSecrets:\n  - name: b\n",
  },
  {
    what: "a name in the middle with its own comment",
    from: "  imagePullSecrets:\n  # a\n  - name: a\n  -\n    # ours\n    name: acr\n  - name: b\n",
    to: "  imagePullSecrets:\n  # a\n  - name: a\n  - name: b\n",
  },
  {
    what: "the last name and keeps the comment below it",
    from: "  imagePullSecrets:\n  - name: a\n  - name: acr\n  # more\n",
    to: "  imagePullSecrets:\n  - name: a\n  # more\n",
  },
  {
    what: "both occurrences of a name",
    from: "  imagePullSecrets:\n  - name: acr\n  - name: a\n  - name: acr\n",
    to: "  imagePullSecrets:\n  - name: a\n",
  },
  {
    what: "the only name with its key, and keeps comments",
    from: "  imagePullSecrets: # ours\n  # this\n  - name: acr\n  # end\n",
    to: "  # this\n  # end\n",
  },
  { what: "a list that has the name twice", from: "  imagePullSecrets:\n  - name: acr\n  - name: acr\n", to: "" },
  {
    what: "a name and its alias",
    from: '  imagePullSecrets:\n  - &a {name: "acr"}\n  - *a\n  - name: b\n',
    to: "  imagePullSecrets:\n  - name: b\n",
  },
  {
    what: "a name in a block scalar",
    from: "  imagePullSecrets:\n  - name: |-\n      acr\n  - name: b\n",
    to: "  imagePullSecrets:\n  - name: b\n",
  },
  { what: "the first name in brackets", from: "  imagePullSecrets: [{name: acr}, {name: b}]\n", to: "  imagePullSecrets: [{name: b}]\n" },
  {
    what: "the last name in brackets",
    from: "  imagePullSecrets: [ {name: a}, {name: acr} ]\n",
    to: "  imagePullSecrets: [ {name: a} ]\n",
  },
  {
    what: "both occurrences of a name in brackets",
    from: "  imagePullSecrets: [{name: acr}, {name: b}, {name: acr}]\n",
    to: "  imagePullSecrets: [{name: b}]\n",
  },
  { what: "the only name in brackets with its line", from: "  imagePullSecrets: [{name: acr}] # ours\n", to: "" },
  { what: "the only name in brackets over several lines", from: "  imagePullSecrets: [\n    {name: acr}, # ours\n  ]\n", to: "" },
  {
    what: "a name in brackets on its own line",
    from: "  imagePullSecrets: [\n    # a\n    {name: a}, # a\n    {name: acr}, # ours\n    # b\n    {name: b}\n  ]\n",
    to: "  imagePullSecrets: [\n    # a\n    {name: a}, # a\n    # b\n    {name: b}\n  ]\n",
  },
  {
    what: "the last name in brackets on its own line, below a line without a comment",
    from: "  imagePullSecrets: [\n    {name: a},\n    {name: acr}\n  ]\n",
    to: "  imagePullSecrets: [\n    {name: a}\n  ]\n",
  },
  { what: "nothing from a list without the name", from: "  imagePullSecrets:\n  - name: a\n", to: "  imagePullSecrets:\n  - name: a\n" },
  { what: "nothing from an empty list", from: "  imagePullSecrets: []\n", to: "  imagePullSecrets: []\n" },
  { what: "nothing from an empty value", from: "  imagePullSecrets:\n", to: "  imagePullSecrets:\n" },
])("removes $what", ({ from, to }) => {
  expect(detach(pod(from + containers))).toBe(pod(to + containers));
  // The order of keys differs between manifests.
  expect(detach(pod(containers + from))).toBe(pod(containers + to));
});

test.for<{ what: string; from: string; to: string }>([
  { what: "the first pair of one line", from: "spec: {imagePullSecrets: [{name: acr}], containers: []}", to: "spec: {containers: []}" },
  { what: "the last pair of one line", from: "spec: { containers: [], imagePullSecrets: [{name: acr}] }", to: "spec: { containers: [] }" },
  {
    what: "a pair on its line",
    from: "spec: {\n  # pull\n  imagePullSecrets: [{name: acr}], # ours\n  containers: [] # all\n}",
    to: "spec: {\n  # pull\n  containers: [] # all\n}",
  },
  {
    what: "the last pair on its line",
    from: "spec: {\n  containers: [],\n  imagePullSecrets: [{name: acr}]\n}",
    to: "spec: {\n  containers: []\n}",
  },
  {
    what: "a pair that shares its line with the next pair",
    from: "spec: {\n  imagePullSecrets: [{name: acr}], containers: []\n}",
    to: "spec: {\n  containers: []\n}",
  },
])("removes $what in braces", ({ from, to }) => {
  const text = (spec: string) => `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n${spec}\n`;
  expect(detach(text(from))).toBe(text(to));
});

test("removes a list from each Pod that has it, through an alias too", () => {
  const pods = (list: string, alias: string) =>
    `apiVersion: v1\nkind: List\nitems:\n${[list, alias]
      .map((lines) => `- apiVersion: v1\n  kind: Pod\n  metadata: {name: p}\n  spec:\n${lines}    containers: []\n`)
      .join("")}`;
  expect(detach(pods("    imagePullSecrets: &names\n    - name: acr\n", "    imagePullSecrets: *names\n"))).toBe(pods("", ""));
});

test.for<{ what: string; from: string; message: string }>([
  {
    what: "a comment between two names on shared lines",
    from: "  imagePullSecrets: [{name: acr},\n    # which\n    {name: b}]\n",
    message: "f.yaml:5:22: this comment prevents the edit",
  },
  {
    what: "a comment above the last name in brackets",
    from: "  imagePullSecrets: [\n    {name: a}, # a\n    {name: acr}\n  ]\n",
    message: "f.yaml:6:14: this comment prevents the edit",
  },
  {
    what: "a comment after the last name in brackets",
    from: "  imagePullSecrets: [\n    {name: a},\n    {name: acr} # ours\n  ]\n",
    message: "f.yaml:6:14: this comment prevents the edit",
  },
  {
    what: "a list that another key shares by an alias",
    from: "  imagePullSecrets: &names\n  - name: acr\n  more: *names\n",
    message: "f.yaml:1:1: pod/p shares an anchor with data",
  },
  {
    what: "a list from a merged map",
    from: "  <<: {imagePullSecrets: [{name: acr}]}\n",
    message: "f.yaml:1:1: pod/p has an unsupported YAML style",
  },
  {
    what: "a detach that would leave an empty spec",
    from: "  imagePullSecrets:\n  - name: acr\n",
    message: "f.yaml:1:1: pod/p has an unsupported YAML style",
  },
])("rejects $what", ({ from, message }) => {
  expect(() => detach(pod(from + (message.includes("unsupported") ? "" : containers)))).toThrow(message);
});
