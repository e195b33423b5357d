import { deployment, type Shape } from "./shape.ts";

const list = (items: string) => `apiVersion: v1\nkind: List\nitems:\n${items}`;
const pod = (name: string, spec: string) => `- apiVersion: v1\n  kind: Pod\n  metadata: {name: ${name}}\n  spec: ${spec}\n`;

/** Anchors, aliases and merge keys: one text that defines several values. */
export const anchors: readonly Shape[] = [
  {
    name: "anchors on labels",
    gets: 1,
    text: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: labels
  labels: &labels
    app: labels
spec:
  selector:
    matchLabels: *labels
  template:
    metadata:
      labels:
        <<: *labels
    spec: &spec
      containers:
      - &web
        name: web
        image: web
      - <<: *web
        name: other
`,
  },
  {
    name: "two Pods with one spec",
    gets: 2,
    text: list(`${pod("a", "&spec\n    containers:\n    - {name: web, image: web}")}${pod("b", "*spec")}`),
  },
  {
    name: "three Pods with one spec, the first in braces",
    gets: 3,
    alters: 1,
    text: list(`${pod("a", "&spec {containers: [{name: web, image: web}]}")}${pod("b", "*spec")}${pod("c", "*spec")}`),
  },
  {
    name: "a Pod that takes another's spec in",
    gets: 2,
    text: list(`${pod("a", "&spec\n    containers:\n    - {name: web, image: web}")}${pod("b", "\n    <<: *spec\n    hostNetwork: true")}`),
  },
  {
    name: "two Pods with one list",
    gets: 2,
    had: true,
    text: list(
      `${pod("a", "\n    imagePullSecrets: &names\n    - name: theirs\n    containers:\n    - {name: web, image: web}")}${pod("b", "\n    imagePullSecrets: *names\n    containers:\n    - {name: web, image: web}")}`,
    ),
  },
  {
    name: "a name with an anchor, and an alias of it",
    gets: 2,
    had: true,
    text: list(
      `${pod("a", "\n    imagePullSecrets:\n    - &theirs\n      name: theirs\n    containers:\n    - {name: web, image: web}")}${pod("b", "\n    imagePullSecrets:\n    - *theirs\n    containers:\n    - {name: web, image: web}")}`,
    ),
  },
  {
    name: "two Pods that are the same but for a name each",
    gets: 2,
    text: list(
      `${pod("a", "&spec\n    containers: &containers\n    - {name: web, image: web}")}${pod("b", "\n    containers: *containers")}`,
    ),
  },
  {
    name: "an anchor of the same name in each document",
    gets: 2,
    text: `${deployment("doc-one")}    spec: &spec\n      containers:\n      - {name: web, image: web}\n---\n${deployment("doc-two")}    spec: &spec\n      containers:\n      - {name: web, image: web}\n`,
  },
];
