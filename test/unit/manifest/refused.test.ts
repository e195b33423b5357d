import { expect, test } from "vitest";
import * as yaml from "yaml";
import { editManifest, readManifest } from "../../../src/manifest/patch.ts";
import { decoded } from "../../../src/manifest/text.ts";

const attach = (text: string, names?: readonly string[]) =>
  editManifest(readManifest(yaml, { name: "f.yaml", text }), {
    do: "attach",
    secret: "acr",
    chooses: ({ name }) => names === undefined || names.includes(name),
  });

const pod = (spec: string) => `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:${spec}`;
const list = (...specs: readonly string[]) =>
  `apiVersion: v1\nkind: List\nitems:\n${specs.map((spec, index) => `- apiVersion: v1\n  kind: Pod\n  metadata: {name: p${index}}\n  spec:${spec}`).join("")}`;

const shares = "shares a part with something that is not to be changed, by an anchor and its aliases: write that part out";

test.for<{ what: string; text: string; names?: readonly string[]; says: string }>([
  { what: "a template's braces as a value", text: pod(" {{ .Values.spec }}\n"), says: "4:7: this is a template, which is no YAML yet" },
  {
    what: "a template's value in a name",
    text: "kind: Pod\nmetadata:\n  name: {{ .Release.Name }}-web\n",
    says: "3:9: this is a template, which is no YAML yet",
  },
  {
    what: "a template's condition",
    text: `{{- if .Values.on }}\n${pod("\n  containers: []\n")}{{- end }}\n`,
    says: "1:1: this is a template, which is no YAML yet",
  },
  {
    what: "a template's include below a key",
    text: pod("\n  containers: []\n  {{- toYaml .Values.more | nindent 2 }}\n"),
    says: "6:3: this is a template, which is no YAML yet",
  },
  { what: "a key that is there twice", text: pod("\n  containers: []\n  containers: []\n"), says: "6:3: this key is there twice" },
  {
    what: "two lists",
    text: pod("\n  imagePullSecrets: []\n  containers: []\n  imagePullSecrets: []\n"),
    says: "7:3: this key is there twice",
  },
  { what: "a tab before a key", text: pod("\n\tcontainers: []\n"), says: "5:1: a tab cannot indent" },
  {
    what: "a bracket that is not closed",
    text: pod("\n  containers: [{name: a}\n"),
    says: "6:1: this is not indented as YAML wants it, or a bracket above is not closed",
  },
  {
    what: "a quotation mark that is not closed",
    text: pod('\n  containers: []\n  note: "open\n'),
    says: "7:1: a bracket, a quotation mark or a comma is missing",
  },
  { what: "an alias without an anchor", text: pod(" *nothing\n"), says: "4:7: this alias has no anchor before it" },
  {
    what: "an alias of what it is in",
    text: pod(" &spec\n  containers: []\n  more: *spec\n"),
    says: "6:9: this alias has no anchor before it",
  },
  {
    what: "an alias of what it is in, by a name that stood for another",
    text: `a: &spec {}\n${pod(" &spec\n  containers: []\n  more: *spec\n")}`,
    says: "7:9: this alias has no anchor before it",
  },
  { what: "a key that is a list", text: pod("\n  [a, b]: c\n"), says: "5:3: this key is no text" },
  {
    what: "a carriage return alone",
    text: pod("\n  containers: []\r  hostNetwork: true\n"),
    says: "5:17: a control character, or an end of line that not everybody reads as one",
  },
  {
    what: "an end of line of Unicode",
    text: `# one\u2028kind: Other\n${pod("\n  containers: []\n")}`,
    says: "1:6: a control character, or an end of line that not everybody reads as one",
  },
  {
    what: "a zero byte",
    text: "kind: Pod\nname: a\0b\n",
    says: "2:8: a control character, or an end of line that not everybody reads as one",
  },
  { what: "a spec without anything", text: pod("\n"), says: "4:1: spec is empty" },
  { what: "a spec that is a list", text: pod("\n- a\n"), says: "4:1: spec is empty" },
  {
    what: "a list of pull secrets that is a name",
    text: pod("\n  imagePullSecrets: theirs\n  containers: []\n"),
    says: "5:3: imagePullSecrets is no list",
  },
  {
    what: "a list of pull secrets that is a map",
    text: pod("\n  imagePullSecrets: {name: theirs}\n  containers: []\n"),
    says: "5:3: imagePullSecrets is no list",
  },
  {
    what: "a spec that begins behind a question mark",
    text: pod("\n  ? containers\n  : []\n"),
    says: "5:3: this is written in a way that is not edited here",
  },
  {
    what: "a list behind a question mark",
    text: "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n? spec\n: containers: []\n",
    says: "5:3: this is written in a way that is not edited here",
  },
  {
    what: "a ServiceAccount that is only its kind, below an empty line",
    text: "\nkind: ServiceAccount\n",
    says: "2:1: this is written in a way that is not edited here",
  },
  { what: "JSON after JSON", text: '{"kind": "Pod"}\n{"kind": "Pod"}\n', says: "2:1: this is no valid YAML" },
  {
    what: "one spec of two Pods, of which one is meant",
    text: list(" &spec\n    containers: []\n", " *spec\n"),
    names: ["p1"],
    says: `9:3: pod/p1 ${shares}`,
  },
  {
    what: "a spec that another takes in, which is not meant",
    text: list(" &spec\n    containers: []\n", "\n    <<: *spec\n    hostNetwork: true\n"),
    names: ["p0"],
    says: `4:3: pod/p0 ${shares}`,
  },
  {
    what: "a list that is taken in from what is not meant",
    text: list(" &spec\n    imagePullSecrets: [{name: a}]\n    containers: []\n", "\n    <<: *spec\n    hostNetwork: true\n"),
    names: ["p1"],
    says: `10:3: pod/p1 ${shares}`,
  },
  {
    what: "a spec that is a word, between two that share theirs",
    text: list(" &spec\n    containers: []\n", " spec\n", " *spec\n"),
    says: "12:3: spec is empty",
  },
  { what: "a merge of what is no map", text: pod("\n  <<: text\n  containers: []\n"), says: "5:3: only a map can be merged in" },
  {
    what: "aliases of aliases, which would fill the memory",
    text: `a: &a [x, x, x, x, x, x, x, x, x, x]\n${[..."bcdefgh"].map((name, index) => `${name}: &${name} [${Array(10).fill(`*${"abcdefg"[index]}`).join(", ")}]\n`).join("")}`,
    says: "1:1: its aliases make more of it than there is room for",
  },
])("$what", ({ text, names, says }) => {
  expect(() => attach(text, names)).toThrow(`f.yaml:${says}`);
});

test("no word of a manifest that cannot be read is repeated: it may be a Secret's", () => {
  const text = "apiVersion: v1\nkind: Secret\nstringData:\n  password: hunter2 hunter2: hunter2\n  hunter2\n";
  expect(() => attach(text)).toThrow(expect.objectContaining({ message: expect.not.stringContaining("hunter2") }));
});

test.for([
  { what: "Latin-1", bytes: Buffer.from("# Gr\xfc\xdfe\nkind: Pod\n", "latin1"), says: "f.yaml:1:5: this is not UTF-8" },
  { what: "UTF-16", bytes: Buffer.from("\ufeffkind: Pod\n", "utf16le"), says: "f.yaml:1:1: this is not UTF-8" },
  { what: "a character that is cut off", bytes: Buffer.from("a: b\nc: ü").subarray(0, -1), says: "f.yaml:2:4: this is not UTF-8" },
])("$what is refused, since it would be other bytes when it is written", ({ bytes, says }) => {
  expect(() => decoded("f.yaml", bytes)).toThrow(says);
});

test("a replacement character that was written as one is kept", () => {
  expect(decoded("f.yaml", Buffer.from("\ufeff# \ufffd\n"))).toEqual({ name: "f.yaml", text: "\ufeff# \ufffd\n" });
});
