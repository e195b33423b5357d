import type { Shape } from "./shape.ts";

/** ServiceAccounts, whose list is in the object itself. */
export const accounts: readonly Shape[] = [
  {
    name: "a ServiceAccount",
    gets: 1,
    accounts: true,
    text: `apiVersion: v1
kind: ServiceAccount
metadata:
  name: build-robot
automountServiceAccountToken: false
`,
  },
  {
    name: "a ServiceAccount whose kind comes last, on a line without an end",
    gets: 1,
    accounts: true,
    text: `metadata:
  name: late
apiVersion: v1
kind: ServiceAccount`,
  },
  {
    name: "a ServiceAccount in braces on one line",
    gets: 1,
    accounts: true,
    alters: 1,
    text: "{apiVersion: v1, kind: ServiceAccount, metadata: {name: braces}}\n",
  },
  {
    name: "a ServiceAccount with secrets and comments",
    gets: 1,
    accounts: true,
    text: `# who builds
apiVersion: v1
# a robot
kind: ServiceAccount # really
# its name
metadata:
  name: robot
  annotations:
    notes: |+
      kept

secrets:
  - name: token

# the end
`,
  },
  {
    name: "a ServiceAccount between others that are not meant",
    gets: 1,
    accounts: true,
    text: `---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: default
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: default
      containers:
      - {name: web, image: web}
`,
  },
];
