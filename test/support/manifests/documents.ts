import { deployment, type Shape } from "./shape.ts";

const web = `    spec:
      containers:
      - name: web
        image: web
`;
const config =
  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata:\n  pod.yaml: |\n    kind: Pod\n    spec:\n      containers: []\n";

/** Several documents, Lists, and files of Helm and Kustomize. */
export const documents: readonly Shape[] = [
  { name: "a mark before the only document", gets: 1, text: `---\n${deployment("marked")}${web}` },
  { name: "several documents", gets: 2, text: `${deployment("first")}${web}---\n${config}---\n${deployment("second")}${web}` },
  {
    name: "empty documents, and such as hold only a comment",
    gets: 1,
    text: `---\n---\n# nothing\n---\n\n---\n${deployment("only")}${web}---\n`,
  },
  {
    name: "marks with comments and spaces behind them",
    gets: 2,
    text: `--- # one\n${deployment("one")}${web}---  \n${deployment("two")}${web}--- # end\n`,
  },
  { name: "the mark of an end", gets: 1, text: `${deployment("ended")}${web}...\n` },
  {
    name: "marks of ends between documents",
    gets: 2,
    text: `---\n${deployment("end-one")}${web}...\n---\n${deployment("end-two")}${web}...\n`,
  },
  {
    name: "a block that keeps its last lines before the next document",
    gets: 2,
    text: `${deployment("kept")}${web}        args:\n        - |+\n          text\n\n\n---\n${deployment("kept-two")}${web}`,
  },
  {
    name: "a List",
    gets: 2,
    text: `apiVersion: v1
kind: List
metadata:
  resourceVersion: ""
items:
- apiVersion: v1
  kind: Pod
  metadata:
    name: a
  spec:
    containers:
    - image: a
      name: a
- apiVersion: v1
  kind: ConfigMap
  metadata:
    name: c
- apiVersion: batch/v1
  kind: CronJob
  metadata:
    name: b
  spec:
    schedule: "@daily"
    jobTemplate:
      spec:
        template:
          spec:
            restartPolicy: Never
            containers:
            - image: b
              name: b
`,
  },
  {
    name: "a List of ServiceAccounts, as kubectl prints it",
    gets: 2,
    accounts: true,
    text: `apiVersion: v1
items:
- apiVersion: v1
  kind: ServiceAccount
  metadata:
    name: default
- kind: ServiceAccount
  apiVersion: v1
  imagePullSecrets:
  - name: theirs
  metadata:
    name: robot
kind: List
metadata:
  resourceVersion: ""
`,
    had: true,
  },
  {
    name: "what helm template prints",
    gets: 1,
    text: `---
# Source: web/templates/serviceaccount.yaml
apiVersion: v1
kind: ServiceAccount
metadata:
  name: release-name-web
  labels:
    helm.sh/chart: web-0.1.0
automountServiceAccountToken: true
---
# Source: web/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: release-name-web
  labels:
    helm.sh/chart: web-0.1.0
    app.kubernetes.io/version: "1.16.0"
    app.kubernetes.io/managed-by: Helm
spec:
  replicas: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: web
  template:
    metadata:
      labels:
        app.kubernetes.io/name: web
    spec:
      serviceAccountName: release-name-web
      securityContext:
        {}
      containers:
        - name: web
          securityContext:
            {}
          image: "nginx:1.16.0"
          imagePullPolicy: IfNotPresent
          ports:
            - name: http
              containerPort: 80
              protocol: TCP
          resources:
            {}
---
# Source: web/templates/tests/test-connection.yaml
`,
  },
  {
    name: "a base of Kustomize without a namespace, and its patch",
    gets: 2,
    // A patch is not a complete object.
    foreign: true,
    text: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: &labels
      app: web
  template:
    metadata:
      labels: *labels
    spec:
      containers:
        - name: web
          image: web
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
        - name: web
          env: [{name: LEVEL, value: debug}]
`,
  },
  {
    name: "a definition of a kind of one's own, and an object of it that looks like a Deployment",
    gets: 1,
    foreign: true,
    text: `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: deployments.example.com
spec:
  group: example.com
  names: {kind: Deployment, plural: deployments}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              template:
                type: object
                x-kubernetes-preserve-unknown-fields: true
---
apiVersion: example.com/v1
kind: Deployment
metadata: {name: theirs}
spec:
  template:
    spec:
      containers: []
---
apiVersion: v1
kind: Pod
metadata: {name: ours}
spec:
  containers:
  - {name: web, image: web}
`,
  },
  {
    name: "templates of others in texts, which are no templates of this file",
    gets: 1,
    text: `${deployment("templates")}    spec:
      containers:
      - name: web
        image: web
        args:
        - "--format={{ .Name }}"
        - '{{ $labels.instance }}'
        - |
          {{- range .Items }}
          {{ . }}
          {{- end }}
`,
  },
  {
    name: "an object by a former version of its API",
    gets: 1,
    foreign: true,
    text: "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata:\n  name: former\nspec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: web\n",
  },
];
