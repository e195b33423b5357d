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

const shares = "shares an anchor with data that must not change: replace the alias with a copy";

test.for<{ what: string; text: string; names?: readonly string[]; message: string }>([
  { what: "a template expression as a value", text: pod(" {{ .Values.spec }}\n"), message: "4:7: this is a template: render it first" },
  {
    what: "a template expression in a name",
    text: "kind: Pod\nmetadata:\n  name: {{ .Release.Name }}-web\n",
    message: "3:9: this is a template: render it first",
  },
  {
    what: "a template condition",
    text: `{{- if .Values.on }}\n${pod("\n  containers: []\n")}{{- end }}\n`,
    message: "1:1: this is a template: render it first",
  },
  {
    what: "a template include below a key",
    text: pod("\n  containers: []\n  {{- toYaml .Values.more | nindent 2 }}\n"),
    message: "6:3: this is a template: render it first",
  },
  { what: "a duplicate key", text: pod("\n  containers: []\n  containers: []\n"), message: "6:3: duplicate key" },
  {
    what: "a duplicate list",
    text: pod("\n  imagePullSecrets: []\n  containers: []\n  imagePullSecrets: []\n"),
    message: "7:3: duplicate key",
  },
  { what: "a tab before a key", text: pod("\n\tcontainers: []\n"), message: "5:1: a tab is not allowed as indentation" },
  {
    what: "an unclosed bracket",
    text: pod("\n  containers: [{name: a}\n"),
    message: "6:1: invalid indentation, or a bracket above is not closed",
  },
  {
    what: "an unclosed quotation mark",
    text: pod('\n  containers: []\n  note: "open\n'),
    message: "7:1: missing bracket, quotation mark or comma",
  },
  { what: "an alias without an anchor", text: pod(" *nothing\n"), message: "4:7: alias without an anchor before it" },
  {
    what: "an alias inside its own anchor",
    text: pod(" &spec\n  containers: []\n  more: *spec\n"),
    message: "6:9: alias without an anchor before it",
  },
  {
    what: "an alias inside its own anchor, whose name was used before",
    text: `a: &spec {}\n${pod(" &spec\n  containers: []\n  more: *spec\n")}`,
    message: "7:9: alias without an anchor before it",
  },
  { what: "a key that is a list", text: pod("\n  [a, b]: c\n"), message: "5:3: a key must be text" },
  {
    what: "a carriage return without a line feed",
    text: pod("\n  containers: []\r  hostNetwork: true\n"),
    message: "5:17: control character or unusual line end",
  },
  {
    what: "a Unicode line separator",
    text: `# one\u2028kind: Other\n${pod("\n  containers: []\n")}`,
    message: "1:6: control character or unusual line end",
  },
  {
    what: "a zero byte",
    text: "kind: Pod\nname: a\0b\n",
    message: "2:8: control character or unusual line end",
  },
  { what: "an empty spec", text: pod("\n"), message: "4:1: spec is empty" },
  { what: "a spec that is a list", text: pod("\n- a\n"), message: "4:1: spec is empty" },
  {
    what: "a list of pull secrets that is a name",
    text: pod("\n  imagePullSecrets: theirs\n  containers: []\n"),
    message: "5:3: imagePullSecrets is not a list",
  },
  {
    what: "a list of pull secrets that is a map",
    text: pod("\n  imagePullSecrets: {name: theirs}\n  containers: []\n"),
    message: "5:3: imagePullSecrets is not a list",
  },
  {
    what: "a comment after the last name in brackets",
    text: pod("\n  imagePullSecrets: [\n    {name: a} # a\n  ]\n  containers: []\n"),
    message: "6:14: this comment prevents the edit: move it",
  },
  {
    what: "an explicit key (?) in a spec",
    text: pod("\n  ? containers\n  : []\n"),
    message: "5:3: unsupported YAML style",
  },
  {
    what: "an explicit key (?) of a spec",
    text: "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n? spec\n: containers: []\n",
    message: "5:3: unsupported YAML style",
  },
  {
    what: "a ServiceAccount that has only a kind, after an empty line",
    text: "\nkind: ServiceAccount\n",
    message: "2:1: unsupported YAML style",
  },
  { what: "JSON after JSON", text: '{"kind": "Pod"}\n{"kind": "Pod"}\n', message: "2:1: invalid YAML" },
  {
    what: "a spec that a selected Pod shares with another",
    text: list(" &spec\n    containers: []\n", " *spec\n"),
    names: ["p1"],
    message: `9:3: pod/p1 ${shares}`,
  },
  {
    what: "a spec that another Pod merges",
    text: list(" &spec\n    containers: []\n", "\n    <<: *spec\n    hostNetwork: true\n"),
    names: ["p0"],
    message: `4:3: pod/p0 ${shares}`,
  },
  {
    what: "a list that comes from another Pod's spec",
    text: list(" &spec\n    imagePullSecrets: [{name: a}]\n    containers: []\n", "\n    <<: *spec\n    hostNetwork: true\n"),
    names: ["p1"],
    message: `10:3: pod/p1 ${shares}`,
  },
  {
    what: "a spec that is text, between two Pods that share a spec",
    text: list(" &spec\n    containers: []\n", " spec\n", " *spec\n"),
    message: "12:3: spec is empty",
  },
  { what: "a merge of text", text: pod("\n  <<: text\n  containers: []\n"), message: "5:3: only a map can be merged" },
  {
    what: "nested aliases that expand to too much data",
    text: `a: &a [x, x, x, x, x, x, x, x, x, x]\n${[..."bcdefgh"].map((name, index) => `${name}: &${name} [${Array(10).fill(`*${"abcdefg"[index]}`).join(", ")}]\n`).join("")}`,
    message: "1:1: the aliases expand to too much data",
  },
])("rejects $what", ({ text, names, message }) => {
  expect(() => attach(text, names)).toThrow(`f.yaml:${message}`);
});

test("repeats no text of an invalid manifest in the error, because it may be secret", () => {
  const text = "apiVersion: v1\nkind: Secret\nstringData:\n  password: hunter2 hunter2: hunter2\n  hunter2\n";
  expect(() => attach(text)).toThrow(expect.objectContaining({ message: expect.not.stringContaining("hunter2") }));
});

test.for([
  { what: "Latin-1", bytes: Buffer.from("# Gr\xfc\xdfe\nkind: Pod\n", "latin1"), message: "f.yaml:1:5: not UTF-8" },
  { what: "UTF-16", bytes: Buffer.from("\ufeffkind: Pod\n", "utf16le"), message: "f.yaml:1:1: not UTF-8" },
  { what: "an incomplete character", bytes: Buffer.from("a: b\nc: ü").subarray(0, -1), message: "f.yaml:2:4: not UTF-8" },
])("rejects $what, because writing it would change other bytes", ({ bytes, message }) => {
  expect(() => decoded("f.yaml", bytes)).toThrow(message);
});

test("keeps a replacement character and a byte order mark", () => {
  expect(decoded("f.yaml", Buffer.from("\ufeff# \ufffd\n"))).toEqual({ name: "f.yaml", text: "\ufeff# \ufffd\n" });
});
