import { type Command, kubectl, quoted } from "../hint.ts";
import type { ShapeName } from "./shapes.ts";

/** A program other than the kubelet that reads a Secret. */
export type ReaderName = "argocd" | "argocd-image-updater" | "external-secrets" | "flux" | "helm";

/** The Secret that a reader must refer to. A word in capitals stands for a value that only the user knows. */
type Readable = { readonly secret: string; readonly namespace: string; readonly host: string };

/** A Secret that its reader creates itself. */
type Manifested = Readable & { readonly repository: string | undefined };

/** A program other than the kubelet that reads a Secret. */
type Reader = {
  /** The namespace in which it reads Secrets by default; absent if it runs in no namespace. */
  readonly namespace?: string;
  /** The layout of the Secret that it requires; absent if it accepts a pull secret. */
  readonly shape?: ShapeName;
  /** Returns the objects with which it creates the Secret itself. Absent if the plugin creates it. */
  manifests?(of: Manifested): readonly object[];
  /** How it refers to the Secret: lines for its configuration, or a command. */
  refer(to: Readable): readonly string[] | Command;
};

/** One row per reader. */
export const readers: Readonly<Record<ReaderName, Reader>> = {
  argocd: {
    namespace: "argocd",
    shape: "argocd-repository",
    refer: ({ host }) => lines("in the source of an Application:", [`repoURL: ${host}`, "chart: CHART"]),
  },
  // It matches prefix and login by the host only (registry-scanner, parseDockerConfigJson), and reads no other namespace by default
  "argocd-image-updater": {
    namespace: "argocd",
    refer: ({ secret, namespace, host }) =>
      lines("under registries, in the ConfigMap argocd-image-updater-config:", [
        `- name: ${host}`,
        `  prefix: ${host}`,
        `  api_url: https://${host}`,
        `  credentials: pullsecret:${namespace}/${secret}`,
      ]),
  },
  "external-secrets": {
    manifests: generatorManifests,
    refer: ({ secret, namespace }) =>
      lines(`in namespace ${namespace}, for an identity that can pull from the registry:`, [
        "apiVersion: v1",
        "kind: ServiceAccount",
        "metadata:",
        `  name: ${secret}`,
        "  annotations:",
        "    azure.workload.identity/client-id: CLIENT_ID",
      ]),
  },
  // A LocalObjectReference: the Secret is in the object's own namespace
  flux: {
    namespace: "flux-system",
    refer: ({ secret, namespace }) =>
      lines(`in the spec of an OCIRepository, HelmRepository (type: oci) or ImageRepository in namespace ${namespace}:`, [
        "secretRef:",
        `  name: ${secret}`,
      ]),
  },
  helm: { refer: pullOfChart },
};

/** Helm reads logins only from a file, which other users must not be able to read. */
function pullOfChart({ secret, namespace, host }: Readable): Command {
  const get = kubectl("get", "secret", secret, "-o", "jsonpath={.data.\\.dockerconfigjson}");
  const pull = `helm pull ${quoted(`oci://${host}/CHART`)} --registry-config registry.json`;
  return { ...get, namespace, around: ["(umask 077; ", ` | base64 -d > registry.json) && ${pull}`] };
}

const lines = (where: string, what: readonly string[]) => [where, ...what];

/** ESO's names of the clouds, by the end of a login server. Default: PublicCloud. */
const clouds = { ".azurecr.us": "USGovernmentCloud", ".azurecr.cn": "ChinaCloud" };

/**
 * Returns the objects with which External Secrets Operator creates a pull secret and renews it: the generator, which takes the place of a
 * SecretStore, and the ExternalSecret. The generator signs in as the ServiceAccount with the name of the Secret.
 * Source: external-secrets apis/generators/v1alpha1/types_acr.go, docs/api/generator/acr.md
 * @param of.repository the token's only repository. Its token is valid for 75 minutes, and any other for three hours
 */
function generatorManifests({ secret: name, namespace, host, repository }: Manifested): readonly object[] {
  const generator = { apiVersion: "generators.external-secrets.io/v1alpha1", kind: "ACRAccessToken" };
  const [, environmentType = "PublicCloud"] = Object.entries(clouds).find(([suffix]) => host.endsWith(suffix)) ?? [];
  const login = { username: "{{ .username }}", password: "{{ .password }}" };
  const template = { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": JSON.stringify({ auths: { [host]: login } }) } };
  const metadata = { name, namespace };
  const scope = repository && `repository:${repository}:pull`;
  const auth = { workloadIdentity: { serviceAccountRef: { name } } };
  const dataFrom = [{ sourceRef: { generatorRef: { ...generator, name } } }];
  const spec = { refreshInterval: "30m", dataFrom, target: { name, template } };
  return [
    { ...generator, metadata, spec: { registry: host, environmentType, scope, auth } },
    { apiVersion: "external-secrets.io/v1", kind: "ExternalSecret", metadata, spec },
  ];
}
