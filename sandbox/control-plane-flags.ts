/** The command-line flags of a control plane's programs. File names are relative to its folder, which is their working directory. */

// Unix sockets in a private folder instead of ports: no other user can connect, and no other program can take the address first.
export const etcd = [
  "--name=sandbox",
  "--data-dir=etcd",
  "--unsafe-no-fsync", // the data does not have to survive a crash of the machine
  "--log-level=error",
  "--listen-client-urls=unix://etcd.sock",
  "--advertise-client-urls=unix://etcd.sock",
  "--listen-peer-urls=unix://etcd-peer.sock",
  "--initial-advertise-peer-urls=unix://etcd-peer.sock",
  "--initial-cluster=sandbox=unix://etcd-peer.sock",
];

export const apiServer = (port: number, issuer: string) => [
  "--etcd-servers=unix://etcd.sock",
  "--bind-address=127.0.0.1",
  `--secure-port=${port}`,
  "--advertise-address=127.0.0.1",
  "--endpoint-reconciler-type=none", // the other types refuse to advertise a loopback address
  "--authorization-mode=Node,RBAC",
  "--enable-admission-plugins=NodeRestriction",
  "--allow-privileged",
  "--tls-cert-file=server.crt",
  "--tls-private-key-file=server.key",
  "--client-ca-file=ca.crt",
  "--kubelet-client-certificate=kubelet-client.crt",
  "--kubelet-client-key=kubelet-client.key",
  "--kubelet-certificate-authority=ca.crt",
  "--kubelet-preferred-address-types=InternalIP", // no DNS server resolves the name of the node
  `--service-account-issuer=${issuer}`,
  "--service-account-key-file=service-account.pub",
  "--service-account-signing-key-file=service-account.key",
  "--service-cluster-ip-range=10.96.0.0/16",
  "--max-requests-inflight=4000", // the tests send many requests at once, and there are no other clients
  "--max-mutating-requests-inflight=2000",
];

/** Writes each change and its user to audit.log. */
export const audit = [
  "--audit-policy-file=audit-policy.json",
  "--audit-log-path=audit.log",
  "--audit-log-maxsize=4000", // MB per file, before a new one starts
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
  "--flex-volume-plugin-dir=volume-plugins", // created at the start; the default is below /usr/libexec
  "--kube-api-qps=2000", // with the default of 20, a thousand namespaces wait two minutes for their default ServiceAccounts
  "--kube-api-burst=2000",
];
