import { annotationKeys, tokenAudience } from "./objects.ts";

export const providerName = "acr-credential-provider";

/** The name of each cloud in azure.json. */
export const providerClouds = {
  AzureCloud: "AzurePublicCloud",
  AzureUSGovernment: "AzureUSGovernmentCloud",
  AzureChinaCloud: "AzureChinaCloud",
} as const;

export type ProviderCloud = keyof typeof providerClouds;

/** A document, and where it belongs: a path on the node, or a configuration, in lines. */
export type NodeFile = { readonly where: string; readonly content: object };

type Flag = { readonly name: string; readonly value: string };

type Layout = {
  /** The folder of the provider's binary on the node. */
  readonly binaries: string;
  /** Where you put the binary, if it isn't this folder. */
  readonly binary?: string;
  /** The paths of the files on the node. Without `config`, the configuration of the distribution contains both files. */
  readonly config?: string;
  readonly azure: string;
  /** What makes the kubelet read the files. */
  readonly restart: string;
  /** The configuration of the distribution, which has the kubelet's flags or contains the files. */
  configure?(flags: readonly Flag[], files: { readonly config: object; readonly azure: object }): NodeFile;
};

/** k3s and RKE2 look for the files at these paths, and need no flags. */
const rancher = (service: string): Layout => ({
  binaries: "/var/lib/rancher/credentialprovider/bin",
  config: "/var/lib/rancher/credentialprovider/config.yaml",
  azure: "/var/lib/rancher/credentialprovider/azure.json",
  restart: `systemctl restart ${service}, or ${service}-agent`,
});

const layouts = {
  kubeadm: {
    binaries: "/var/lib/kubelet/credential-provider",
    config: "/etc/kubernetes/credential-provider.yaml",
    azure: "/etc/kubernetes/acr-azure.json",
    restart: "systemctl restart kubelet",
    configure: (flags) => ({
      where: [
        "the configuration of kubeadm join. On an existing node, add to KUBELET_KUBEADM_ARGS in /var/lib/kubelet/kubeadm-flags.env:",
        ...flags.map(({ name, value }) => `  --${name}=${value}`),
      ].join("\n"),
      content: { apiVersion: "kubeadm.k8s.io/v1beta4", kind: "JoinConfiguration", nodeRegistration: { kubeletExtraArgs: flags } },
    }),
  },
  k3s: rancher("k3s"),
  rke2: rancher("rke2-server"),
  kind: {
    binaries: "/etc/kubernetes/credential-provider/bin",
    binary: `./credential-provider/bin/${providerName}`,
    config: "/etc/kubernetes/credential-provider/config.yaml",
    azure: "/etc/kubernetes/credential-provider/azure.json",
    restart: "kind create cluster --config FILE",
    configure(flags) {
      const args = flags.map(({ name, value }) => `    ${name}: ${value}`);
      const patch = ["kind: InitConfiguration", "nodeRegistration:", "  kubeletExtraArgs:", ...args].join("\n");
      const mount = { hostPath: "./credential-provider", containerPath: "/etc/kubernetes/credential-provider", readOnly: true };
      const node = { role: "control-plane", extraMounts: [mount], kubeadmConfigPatches: [patch] };
      return {
        where: "the configuration of a new cluster. The folder ./credential-provider contains the files",
        content: { apiVersion: "kind.x-k8s.io/v1alpha4", kind: "Cluster", nodes: [node] },
      };
    },
  },
  talos: {
    binaries: "/usr/local/lib/kubelet/credentialproviders",
    binary: `a system extension, at /usr/local/lib/kubelet/credentialproviders/${providerName}`,
    azure: "/var/lib/kubelet/acr-azure.json",
    restart: "talosctl patch machineconfig --patch @FILE",
    configure(_, { config, azure }) {
      const file = { path: "/var/lib/kubelet/acr-azure.json", op: "create", permissions: 0o644, content: `${JSON.stringify(azure)}\n` };
      return {
        where: "a patch of the machine configuration",
        content: { machine: { kubelet: { credentialProviderConfig: config }, files: [file] } },
      };
    },
  },
} as const satisfies Readonly<Record<string, Layout>>;

export type Distribution = keyof typeof layouts;

export const distributions = Object.keys(layouts) as Distribution[];

/**
 * Returns the files with which the kubelet of a distribution pulls images with the ServiceAccount's token.
 * `binary`: where the provider's binary belongs. `restart`: what makes the kubelet read the files.
 */
export function nodeFiles(distribution: Distribution, cloud: ProviderCloud) {
  const layout: Layout = layouts[distribution];
  const { binaries, binary = `${binaries}/${providerName}`, config: path, azure: azurePath, restart } = layout;
  const config = providerConfig(azurePath);
  const azure = { cloud: providerClouds[cloud], useManagedIdentityExtension: true };
  const files: NodeFile[] = [];
  const flags: Flag[] = [];
  if (path !== undefined) {
    files.push({ where: path, content: config }, { where: azurePath, content: azure });
    flags.push({ name: "image-credential-provider-bin-dir", value: binaries }, { name: "image-credential-provider-config", value: path });
  }
  return { binary, restart, files: [...files, ...(layout.configure ? [layout.configure(flags, { config, azure })] : [])] };
}

/** kubelet.config.k8s.io/v1 CredentialProviderConfig. @param azurePath the path of azure.json */
const providerConfig = (azurePath: string) => ({
  apiVersion: "kubelet.config.k8s.io/v1",
  kind: "CredentialProviderConfig",
  providers: [
    {
      name: providerName,
      apiVersion: "credentialprovider.kubelet.k8s.io/v1",
      matchImages: ["*.azurecr.io", "*.*.geo.azurecr.io", "*.azurecr.cn", "*.azurecr.us"],
      defaultCacheDuration: "10m",
      args: [azurePath],
      tokenAttributes: {
        serviceAccountTokenAudience: tokenAudience,
        requireServiceAccount: true,
        cacheType: "ServiceAccount",
        requiredServiceAccountAnnotationKeys: Object.values(annotationKeys),
      },
    },
  ],
});
