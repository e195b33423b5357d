import type { Shape } from "./shape.ts";

/** One object of each kind, as the Kubernetes documentation and `kubectl create --dry-run -o yaml` write it. */
export const kinds: readonly Shape[] = [
  {
    name: "a Deployment as the pages of Kubernetes have it",
    gets: 1,
    text: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: nginx-deployment
  labels:
    app: nginx
spec:
  replicas: 3
  selector:
    matchLabels:
      app: nginx
  template:
    metadata:
      labels:
        app: nginx
    spec:
      containers:
      - name: nginx
        image: nginx:1.14.2
        ports:
        - containerPort: 80
`,
  },
  {
    name: "a Deployment as kubectl create prints it",
    gets: 1,
    text: `apiVersion: apps/v1
kind: Deployment
metadata:
  creationTimestamp: null
  labels:
    app: web
  name: web
spec:
  replicas: 1
  selector:
    matchLabels:
      app: web
  strategy: {}
  template:
    metadata:
      creationTimestamp: null
      labels:
        app: web
    spec:
      containers:
      - image: myregistry.azurecr.io/app/web:1
        name: web
        resources: {}
status: {}
`,
  },
  {
    name: "a Pod",
    gets: 1,
    text: `apiVersion: v1
kind: Pod
metadata:
  name: static-web
spec:
  containers:
    - name: web
      image: nginx
`,
  },
  {
    name: "a StatefulSet with claims",
    gets: 1,
    text: `apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
spec:
  serviceName: "db"
  selector:
    matchLabels:
      app: db
  template:
    metadata:
      labels:
        app: db
    spec:
      terminationGracePeriodSeconds: 10
      containers:
      - name: db
        image: myregistry.azurecr.io/db:1
        volumeMounts:
        - name: data
          mountPath: /var/lib/db
  volumeClaimTemplates:
  - metadata:
      name: data
    spec:
      accessModes: [ "ReadWriteOnce" ]
      resources:
        requests:
          storage: 1Gi
`,
  },
  {
    name: "a DaemonSet with tolerations",
    gets: 1,
    text: `apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
spec:
  selector:
    matchLabels:
      name: agent
  template:
    metadata:
      labels:
        name: agent
    spec:
      tolerations:
      # these tolerations are to have the daemonset runnable on control plane nodes
      # remove them if your control plane nodes should not run pods
      - key: node-role.kubernetes.io/control-plane
        operator: Exists
        effect: NoSchedule
      containers:
      - name: agent
        image: myregistry.azurecr.io/agent:1
`,
  },
  {
    name: "a CronJob, whose template is in a template",
    gets: 1,
    text: `apiVersion: batch/v1
kind: CronJob
metadata:
  name: hello
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          containers:
          - name: hello
            image: busybox:1.28
            imagePullPolicy: IfNotPresent
            command:
            - /bin/sh
            - -c
            - date; echo Hello from the Kubernetes cluster
          restartPolicy: OnFailure
`,
  },
  {
    name: "a Job whose name the server makes",
    gets: 1,
    // kubectl apply requires a name.
    foreign: true,
    text: `apiVersion: batch/v1
kind: Job
metadata:
  generateName: import-
spec:
  backoffLimit: 4
  template:
    spec:
      restartPolicy: Never
      containers:
        - {name: import, image: "myregistry.azurecr.io/import:1"}
`,
  },
  {
    name: "a ReplicaSet",
    gets: 1,
    text: `apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: frontend}
spec:
  replicas: 3
  selector: {matchLabels: {tier: frontend}}
  template:
    metadata: {labels: {tier: frontend}}
    spec:
      containers: [{name: php-redis, image: "us-docker.pkg.dev/google-samples/containers/gke/gb-frontend:v5"}]
`,
  },
  {
    name: "a ReplicationController",
    gets: 1,
    text: `kind: ReplicationController
apiVersion: v1
metadata:
    name: old
spec:
    replicas: 1
    selector:
        app: old
    template:
        metadata:
            labels:
                app: old
        spec:
            containers:
                - name: old
                  image: old:1
`,
  },
];
