import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KeyPair } from "../pki.ts";
import type { Inside, Namespaces } from "./namespaces.ts";

/** The identity of the kubelet and its cluster. */
export type Kubelet = {
  /** The node's name, as in the CN of its certificate, `system:node:<name>`. */
  readonly name: string;
  readonly server: string;
  /** The cluster's CA (PEM file). */
  readonly caFile: string;
  readonly identity: KeyPair;
  /** By default 127.0.0.1, to which no API server connects. */
  readonly address: string | undefined;
  /** A free port. */
  readonly port: number;
  /** containerd's socket. */
  readonly socket: string;
  readonly flags: readonly string[];
};

/** Starts the kubelet at `binary`. It registers its own node. */
export async function startKubelet(inside: Namespaces, binary: string, kubelet: Kubelet): Promise<Inside> {
  const at = (name: string) => join(inside.folder, name);
  const files = { certificate: at("node.crt"), key: at("node.key"), kubeconfig: at("node.kubeconfig"), configuration: at("kubelet.json") };
  await secretFile(files.certificate, kubelet.identity.certificate);
  await secretFile(files.key, kubelet.identity.key);
  await secretFile(files.kubeconfig, JSON.stringify(kubeconfig(kubelet, files)));
  await writeFile(files.configuration, JSON.stringify(configuration(inside, kubelet, files)));
  const args = [
    `--config=${files.configuration}`,
    `--kubeconfig=${files.kubeconfig}`,
    `--hostname-override=${kubelet.name}`,
    ...(kubelet.address === undefined ? [] : [`--node-ip=${kubelet.address}`]),
    ...kubelet.flags,
  ];
  return inside.daemon("kubelet", binary, args);
}

async function secretFile(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  await chmod(path, 0o600);
}

type Files = { readonly certificate: string; readonly key: string };

function kubeconfig({ name, server, caFile }: Kubelet, { certificate, key }: Files): unknown {
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "sandbox", cluster: { server, "certificate-authority": caFile } }],
    users: [{ name, user: { "client-certificate": certificate, "client-key": key } }],
    contexts: [{ name: "sandbox", context: { cluster: "sandbox", user: name } }],
    "current-context": "sandbox",
  };
}

/**
 * kubelet.config.k8s.io/v1beta1 KubeletConfiguration: changes no setting of the machine, and evicts no pods from a full disk or a small
 * machine.
 */
function configuration(
  { folder, cgroup }: Namespaces,
  { caFile, address = "127.0.0.1", port, socket }: Kubelet,
  { certificate, key }: Files,
): unknown {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address,
    port,
    healthzPort: 0,
    tlsCertFile: certificate,
    tlsPrivateKeyFile: key,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: false }, x509: { clientCAFile: caFile } },
    authorization: { mode: "AlwaysAllow" },
    containerRuntimeEndpoint: `unix://${socket}`,
    // Every container's cgroup is below this one, so that two sandboxes, or a cluster on this machine, never share a cgroup.
    cgroupRoot: cgroup,
    cgroupDriver: "cgroupfs",
    cgroupsPerQOS: true,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    localStorageCapacityIsolation: false,
    resolvConf: "",
    clusterDNS: ["10.96.0.10"], // no DNS server listens there, but without an address every pod gets a warning
    volumePluginDir: join(folder, "volume-plugins"),
    podLogsDir: "/var/log/pods",
    evictionHard: {
      "memory.available": "1Mi",
      "nodefs.available": "0%",
      "nodefs.inodesFree": "0%",
      "imagefs.available": "0%",
      "imagefs.inodesFree": "0%",
    },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    serializeImagePulls: false,
    registryPullQPS: 0,
    eventRecordQPS: 0,
    oomScoreAdj: 0,
    maxPods: 250,
  };
}
