import type { Shape } from "./shape.ts";

const pod = (name: string, spec: string) => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
spec:
${spec}`;
const containers = "  containers:\n  - name: web\n    image: web\n";
const indented = "  containers:\n    - name: web\n      image: web\n";

/** Manifests with an existing list. */
export const standing: readonly Shape[] = [
  { name: "a list with a name", gets: 1, had: true, text: pod("one", `  imagePullSecrets:\n  - name: theirs\n${containers}`) },
  {
    name: "a list with two names and comments",
    gets: 1,
    had: true,
    text: pod(
      "two",
      `  imagePullSecrets: # who pulls\n  # first\n  - name: a # a\n  # second\n  - name: b # b\n  # - name: c\n\n${containers}`,
    ),
  },
  { name: "a list below its key", gets: 1, had: true, text: pod("below", `  imagePullSecrets:\n    - name: theirs\n${indented}`) },
  {
    name: "a list indented otherwise than the others",
    gets: 1,
    had: true,
    text: pod("odd", `${containers}  imagePullSecrets:\n        -   name: theirs\n`),
  },
  { name: "names in quotation marks", gets: 1, had: true, text: pod("quoted", `  imagePullSecrets:\n  - name: "theirs"\n${containers}`) },
  {
    name: "names in single quotation marks",
    gets: 1,
    had: true,
    text: pod("single", `  imagePullSecrets:\n  - 'name': 'theirs'\n${containers}`),
  },
  {
    name: "names in braces below each other",
    gets: 1,
    had: true,
    text: pod("braces", `  imagePullSecrets:\n  - { name: theirs }\n${containers}`),
  },
  {
    name: "a dash on a line of its own",
    gets: 1,
    had: true,
    text: pod("dash", `  imagePullSecrets:\n  -\n    name: theirs\n${containers}`),
  },
  {
    name: "a list at the end of a file whose last line has no end",
    gets: 1,
    had: true,
    text: pod("end", `${containers}  imagePullSecrets:\n  - name: theirs`),
  },
  {
    name: "a list at the end of a file with lines as on Windows",
    gets: 1,
    had: true,
    text: pod("end-crlf", `${containers}  imagePullSecrets:\n  - name: theirs\n`).replaceAll("\n", "\r\n"),
  },
  {
    name: "a list in brackets",
    gets: 1,
    had: true,
    alters: 1,
    text: pod("brackets", `  imagePullSecrets: [{name: theirs}] # short\n${containers}`),
  },
  {
    name: "a list in brackets with room and two names",
    gets: 1,
    had: true,
    alters: 1,
    text: pod("roomy", `  imagePullSecrets: [ { name: "a" }, { name: "b" } ]\n${containers}`),
  },
  {
    name: "a list in brackets over lines, with a last comma",
    gets: 1,
    had: true,
    text: pod("tall", `  imagePullSecrets: [\n    {name: a}, # a\n    {name: b},\n  ]\n${containers}`),
  },
  { name: "an empty list", gets: 1, had: true, alters: 1, text: pod("empty", `  imagePullSecrets: []\n${containers}`) },
  {
    name: "an empty list with room",
    gets: 1,
    had: true,
    alters: 1,
    text: pod("empty-roomy", `  imagePullSecrets: [ ] # none\n${containers}`),
  },
  { name: "nothing where a list should be", gets: 1, had: true, text: pod("nothing", `  imagePullSecrets:\n${containers}`) },
  {
    name: "nothing but a comment where a list should be",
    gets: 1,
    had: true,
    text: pod("nothing-said", `  imagePullSecrets: # none\n    # - name: a\n${indented}`),
  },
  {
    name: "nothing where a list should be, at the end without an end",
    gets: 1,
    had: true,
    text: pod("nothing-end", `${containers}  imagePullSecrets:`),
  },
  { name: "null where a list should be", gets: 1, had: true, alters: 1, text: pod("tilde", `  imagePullSecrets: ~ # none\n${containers}`) },
  {
    name: "an empty name, as templates leave it",
    gets: 1,
    had: true,
    text: pod("dangling", `  imagePullSecrets:\n  - name:\n${containers}`),
    foreign: true,
  },
  {
    name: "the name is there already",
    gets: 0,
    had: true,
    text: pod("there", `  imagePullSecrets:\n  - name: acr\n  - name: b\n${containers}`),
  },
  {
    name: "the name is there already, written otherwise",
    gets: 0,
    had: true,
    text: pod("escaped", `  imagePullSecrets: [{"name": "\\x61cr"}]\n${containers}`),
  },
];
