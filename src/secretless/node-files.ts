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
export type NodeFile = { readonly where: readonly string[]; readonly content: object };

export type NodeFiles = {
  /** Where the provider's binary belongs. */
  readonly binary: string;
  readonly files: readonly NodeFile[];
  /** What makes the kubelet read the files. */
  readonly restart: string;
};

type Layout = {
  /** The folder of the provider's binary. */
  readonly binaries: string;
  readonly config: string;
  readonly azure: string;
  readonly restart: string;
  /** The configuration of the distribution that has the kubelet's flags, or contains the files. */
  wrap(layout: Layout, config: object, azure: object): readonly NodeFile[];
  /** The configuration contains the files. */
  readonly isWhole?: true;
  /** Where you put the binary, if it isn't the path on the node. */
  readonly binary?: string;
};

/** k3s and RKE2 look for the files at these paths, and need no flags. */
const rancher = (service: string): Layout => ({
  binaries: "/var/lib/rancher/credentialprovider/bin",
  config: "/var/lib/rancher/credentialprovider/config.yaml",
  azure: "/var/lib/rancher/credentialprovider/azure.json",
  restart: `systemctl restart ${service}, or ${service}-agent`,
  wrap: () => [],
});

const layouts = {
  kubeadm: {
    binaries: "/var/lib/kubelet/credential-provider",
    config: "/etc/kubernetes/credential-provider.yaml",
    azure: "/etc/kubernetes/acr-azure.json",
    restart: "systemctl restart kubelet",
    wrap: (layout) => [
      {
        where: [
          "the configuration of kubeadm join. On an existing node, add to KUBELET_KUBEADM_ARGS in /var/lib/kubelet/kubeadm-flags.env:",
          ...flagsOf(layout).map(({ name, value }) => `  --${name}=${value}`),
        ],
        content: {
          apiVersion: "kubeadm.k8s.io/v1beta4",
          kind: "JoinConfiguration",
          nodeRegistration: { kubeletExtraArgs: flagsOf(layout) },
        },
      },
    ],
  },
  k3s: rancher("k3s"),
  rke2: rancher("rke2-server"),
  kind: {
    binaries: "/etc/kubernetes/credential-provider/bin",
    config: "/etc/kubernetes/credential-provider/config.yaml",
    azure: "/etc/kubernetes/credential-provider/azure.json",
    restart: "kind create cluster --config FILE",
    binary: `./credential-provider/bin/${providerName}`,
    wrap: (layout) => [
      {
        where: ["the configuration of a new cluster. The folder ./credential-provider contains the files"],
        content: {
          apiVersion: "kind.x-k8s.io/v1alpha4",
          kind: "Cluster",
          nodes: [
            {
              role: "control-plane",
              extraMounts: [{ hostPath: "./credential-provider", containerPath: "/etc/kubernetes/credential-provider", readOnly: true }],
              kubeadmConfigPatches: [
                ["kind: InitConfiguration", "nodeRegistration:", "  kubeletExtraArgs:"]
                  .concat(flagsOf(layout).map(({ name, value }) => `    ${name}: ${value}`))
                  .join("\n"),
              ],
            },
          ],
        },
      },
    ],
  },
  talos: {
    binaries: "/usr/local/lib/kubelet/credentialproviders",
    config: "",
    azure: "/var/lib/kubelet/acr-azure.json",
    restart: "talosctl patch machineconfig --patch @FILE",
    isWhole: true,
    binary: `a system extension, at /usr/local/lib/kubelet/credentialproviders/${providerName}`,
    wrap: ({ azure: path }, config, azure) => [
      {
        where: ["a patch of the machine configuration"],
        content: {
          machine: {
            kubelet: { credentialProviderConfig: config },
            files: [{ path, op: "create", permissions: 0o644, content: `${JSON.stringify(azure)}\n` }],
          },
        },
      },
    ],
  },
} as const satisfies Readonly<Record<string, Layout>>;

export type Distribution = keyof typeof layouts;

export const distributions = Object.keys(layouts) as Distribution[];

const flagsOf = ({ binaries, config }: Pick<Layout, "binaries" | "config">) => [
  { name: "image-credential-provider-bin-dir", value: binaries },
  { name: "image-credential-provider-config", value: config },
];

/** Returns the files with which the kubelet of a distribution pulls images with the ServiceAccount's token. */
export function nodeFiles(distribution: Distribution, cloud: ProviderCloud): NodeFiles {
  const layout: Layout = layouts[distribution];
  const { binaries, config: path, azure: azurePath, restart } = layout;
  const config = providerConfig(azurePath);
  const azure = { cloud: providerClouds[cloud], useManagedIdentityExtension: true };
  const copied = [
    { where: [path], content: config },
    { where: [azurePath], content: azure },
  ];
  const files = [...(layout.isWhole ? [] : copied), ...layout.wrap(layout, config, azure)];
  return { binary: layout.binary ?? `${binaries}/${providerName}`, files, restart };
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
