import { annotationKeys, tokenAudience } from "./objects.ts";

/** The name of each cloud in azure.json. */
const providerClouds = {
  AzureCloud: "AzurePublicCloud",
  AzureUSGovernment: "AzureUSGovernmentCloud",
  AzureChinaCloud: "AzureChinaCloud",
} as const;

export type ProviderCloud = keyof typeof providerClouds;

/** The places on a node: the folder of the provider's binary, and the files. */
export const nodePaths = {
  binaries: "/var/lib/kubelet/credential-provider",
  config: "/etc/kubernetes/credential-provider.yaml",
  azure: "/etc/kubernetes/acr-azure.json",
};

/** kubelet.config.k8s.io/v1 CredentialProviderConfig: the kubelet pulls images with the ServiceAccount's token. */
export const providerConfig = {
  apiVersion: "kubelet.config.k8s.io/v1",
  kind: "CredentialProviderConfig",
  providers: [
    {
      name: "acr-credential-provider",
      apiVersion: "credentialprovider.kubelet.k8s.io/v1",
      matchImages: ["*.azurecr.io", "*.*.geo.azurecr.io", "*.azurecr.cn", "*.azurecr.us"],
      defaultCacheDuration: "10m",
      args: [nodePaths.azure],
      tokenAttributes: {
        serviceAccountTokenAudience: tokenAudience,
        requireServiceAccount: true,
        cacheType: "ServiceAccount",
        requiredServiceAccountAnnotationKeys: Object.values(annotationKeys),
      },
    },
  ],
};

/** Returns the content of azure.json. Without `useManagedIdentityExtension`, the provider answers without a login. */
export const azureJson = (cloud: ProviderCloud) => ({ cloud: providerClouds[cloud], useManagedIdentityExtension: true });
