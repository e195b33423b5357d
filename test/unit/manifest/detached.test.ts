import { expect, test } from "vitest";
import * as yaml from "yaml";
import { editManifest, readManifest } from "../../../src/manifest/patch.ts";

const detach = (text: string) =>
  editManifest(readManifest(yaml, { name: "f.yaml", text }), { do: "detach", secret: "acr", chooses: () => true }).text;

const pod = (spec: string) => `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n${spec}`;
const containers = "  containers: []\n";

test.for<{ what: string; from: string; to: string }>([
  {
    what: "the first of a list",
    from: "  imagePullSecrets:\n  - name: acr # ours\n  - name: b\n",
    to: "  imagePullSecrets:\n  - name: b\n",
  },
  {
    what: "one in the middle, with what is its own",
    from: "  imagePullSecrets:\n  # a\n  - name: a\n  -\n    # ours\n    name: acr\n  - name: b\n",
    to: "  imagePullSecrets:\n  # a\n  - name: a\n  - name: b\n",
  },
  {
    what: "the last, and no comment below it",
    from: "  imagePullSecrets:\n  - name: a\n  - name: acr\n  # more\n",
    to: "  imagePullSecrets:\n  - name: a\n  # more\n",
  },
  {
    what: "one that is there twice",
    from: "  imagePullSecrets:\n  - name: acr\n  - name: a\n  - name: acr\n",
    to: "  imagePullSecrets:\n  - name: a\n",
  },
  {
    what: "the only one, with its key and no comment",
    from: "  imagePullSecrets: # ours\n  # this\n  - name: acr\n  # end\n",
    to: "  # this\n  # end\n",
  },
  { what: "the only one, twice", from: "  imagePullSecrets:\n  - name: acr\n  - name: acr\n", to: "" },
  {
    what: "an alias of a name",
    from: '  imagePullSecrets:\n  - &a {name: "acr"}\n  - *a\n  - name: b\n',
    to: "  imagePullSecrets:\n  - name: b\n",
  },
  {
    what: "a name in a block",
    from: "  imagePullSecrets:\n  - name: |-\n      acr\n  - name: b\n",
    to: "  imagePullSecrets:\n  - name: b\n",
  },
  { what: "the first in brackets", from: "  imagePullSecrets: [{name: acr}, {name: b}]\n", to: "  imagePullSecrets: [{name: b}]\n" },
  { what: "the last in brackets", from: "  imagePullSecrets: [ {name: a}, {name: acr} ]\n", to: "  imagePullSecrets: [ {name: a} ]\n" },
  {
    what: "one of three in brackets, twice",
    from: "  imagePullSecrets: [{name: acr}, {name: b}, {name: acr}]\n",
    to: "  imagePullSecrets: [{name: b}]\n",
  },
  { what: "the only one in brackets, with its line", from: "  imagePullSecrets: [{name: acr}] # ours\n", to: "" },
  { what: "the only one in brackets over lines", from: "  imagePullSecrets: [\n    {name: acr}, # ours\n  ]\n", to: "" },
  {
    what: "one on its line in brackets",
    from: "  imagePullSecrets: [\n    # a\n    {name: a}, # a\n    {name: acr}, # ours\n    # b\n    {name: b}\n  ]\n",
    to: "  imagePullSecrets: [\n    # a\n    {name: a}, # a\n    # b\n    {name: b}\n  ]\n",
  },
  {
    what: "the last on its line in brackets, with the comma above it",
    from: "  imagePullSecrets: [\n    {name: a}, # a\n    {name: acr} # ours\n  ]\n",
    to: "  imagePullSecrets: [\n    {name: a} # a\n  ]\n",
  },
  {
    what: "the last on its line, without a comment above",
    from: "  imagePullSecrets: [\n    {name: a},\n    {name: acr}\n  ]\n",
    to: "  imagePullSecrets: [\n    {name: a}\n  ]\n",
  },
  { what: "a name that is in none", from: "  imagePullSecrets:\n  - name: a\n", to: "  imagePullSecrets:\n  - name: a\n" },
  { what: "an empty list", from: "  imagePullSecrets: []\n", to: "  imagePullSecrets: []\n" },
  { what: "nothing", from: "  imagePullSecrets:\n", to: "  imagePullSecrets:\n" },
])("$what", ({ from, to }) => {
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
    from: "spec: {\n  containers: [], # all\n  imagePullSecrets: [{name: acr}] # ours\n}",
    to: "spec: {\n  containers: [] # all\n}",
  },
  {
    what: "a pair before another on its line",
    from: "spec: {\n  imagePullSecrets: [{name: acr}], containers: []\n}",
    to: "spec: {\n  containers: []\n}",
  },
])("$what in braces", ({ from, to }) => {
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

test.for<{ what: string; from: string; says: string }>([
  {
    what: "a comment that could be about either",
    from: "  imagePullSecrets: [{name: acr},\n    # which\n    {name: b}]\n",
    says: "f.yaml:5:22: a comment stands in the way",
  },
  {
    what: "a list that another one stands for",
    from: "  imagePullSecrets: &names\n  - name: acr\n  more: *names\n",
    says: "f.yaml:1:1: pod/p shares a part with something",
  },
  {
    what: "a list that the spec merges",
    from: "  <<: {imagePullSecrets: [{name: acr}]}\n",
    says: "f.yaml:1:1: pod/p is written in a way that is not edited here",
  },
  {
    what: "a spec that would be empty",
    from: "  imagePullSecrets:\n  - name: acr\n",
    says: "f.yaml:1:1: pod/p is written in a way that is not edited here",
  },
])("$what is refused", ({ from, says }) => {
  expect(() => detach(pod(from + (says.includes("1:1: pod/p is") ? "" : containers)))).toThrow(says);
});
