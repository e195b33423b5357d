/** What the programs of a control plane are told. File names are relative to its folder, in which the programs run. */

// Unix sockets in a private folder instead of ports: no other user can connect, and no other program can be first.
export const etcd = [
  "--name=sandbox",
  "--data-dir=etcd",
  "--unsafe-no-fsync", // it need not survive the machine
  "--log-level=error",
  "--listen-client-urls=unix://etcd.sock",
  "--advertise-client-urls=unix://etcd.sock",
  "--listen-peer-urls=unix://etcd-peer.sock",
  "--initial-advertise-peer-urls=unix://etcd-peer.sock",
  "--initial-cluster=sandbox=unix://etcd-peer.sock",
];

export const apiServer = (port: number) => [
  "--etcd-servers=unix://etcd.sock",
  "--bind-address=127.0.0.1",
  `--secure-port=${port}`,
  "--advertise-address=127.0.0.1",
  "--endpoint-reconciler-type=none", // any other refuses to advertise a loopback address
  "--authorization-mode=Node,RBAC",
  "--enable-admission-plugins=NodeRestriction",
  "--allow-privileged",
  "--tls-cert-file=server.crt",
  "--tls-private-key-file=server.key",
  "--client-ca-file=ca.crt",
  "--kubelet-client-certificate=kubelet-client.crt",
  "--kubelet-client-key=kubelet-client.key",
  "--kubelet-certificate-authority=ca.crt",
  "--service-account-issuer=https://kubernetes.default.svc",
  "--service-account-key-file=service-account.pub",
  "--service-account-signing-key-file=service-account.key",
  "--service-cluster-ip-range=10.96.0.0/16",
  "--max-requests-inflight=4000", // the tests ask for much at once, and of nobody else
  "--max-mutating-requests-inflight=2000",
];

/** Keeps a line of every write, with who asked for it, in audit.log. */
export const audit = [
  "--audit-policy-file=audit-policy.json",
  "--audit-log-path=audit.log",
  "--audit-log-maxsize=4000", // MB, before another file is begun
];

/** audit.k8s.io/v1 Policy. */
export const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [{ level: "Metadata", verbs: ["create", "update", "patch", "delete", "deletecollection"] }, { level: "None" }],
};

export const controllerManager = (kubeconfig: string) => [
  `--kubeconfig=${kubeconfig}`,
  "--leader-elect=false",
  "--secure-port=0",
  "--service-account-private-key-file=service-account.key",
  "--root-ca-file=ca.crt",
  "--flex-volume-plugin-dir=volume-plugins", // it is made at the start; the default is below /usr/libexec
  "--kube-api-qps=2000", // of 20, a thousand namespaces wait two minutes for their default ServiceAccounts
  "--kube-api-burst=2000",
];
