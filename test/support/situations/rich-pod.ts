export const image = "myregistry.azurecr.io/app/web:1";
/** Returns a pod of a ServiceAccount that waits for its image. */
export const pod = (namespace: string, spec: object = {}, metadata: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace, ...metadata },
  spec: { serviceAccountName: "app", terminationGracePeriodSeconds: 0, containers: [{ name: "web", image }], ...spec },
});

/** Returns a pod with many optional fields. */
export const rich = (namespace: string) =>
  pod(
    namespace,
    {
      hostname: "web",
      priorityClassName: "system-cluster-critical",
      imagePullSecrets: [{ name: "theirs" }],
      tolerations: [{ key: "gpu", operator: "Exists" }],
      securityContext: { runAsUser: 1000, fsGroup: 2000 },
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "zone",
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector: { matchLabels: { app: "web" } },
        },
      ],
      initContainers: [
        { name: "side", image, restartPolicy: "Always", volumeMounts: [{ name: "cache", mountPath: "/cache" }] },
        { name: "setup", image, command: ["true"] },
      ],
      containers: [
        {
          name: "web",
          image,
          env: [{ name: "PASSWORD", value: "hunter2" }],
          ports: [{ containerPort: 80 }],
          resources: { requests: { cpu: "10m" } },
          volumeMounts: [{ name: "cache", mountPath: "/cache" }],
        },
      ],
      volumes: [
        { name: "cache", emptyDir: { medium: "Memory" } },
        { name: "host", hostPath: { path: "/tmp" } },
      ],
    },
    { labels: { app: "web", "job-name": "another" }, annotations: { note: "mine" }, finalizers: [] },
  );
