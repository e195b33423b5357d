import { type Command, kubectl, quoted } from "../hint.ts";
import type { ShapeName } from "./shapes.ts";

/** A program other than the kubelet that reads a Secret. */
export type ReaderName = "argocd" | "argocd-image-updater" | "flux" | "helm";

/** The Secret that a reader must refer to. A word in capitals stands for a value that only the user knows. */
type Readable = { readonly secret: string; readonly namespace: string; readonly host: string };

/** A program other than the kubelet that reads a Secret. */
type Reader = {
  /** The namespace in which it reads Secrets by default; absent if it runs in no namespace. */
  readonly namespace?: string;
  /** The layout of the Secret that it requires; absent if it accepts a pull secret. */
  readonly shape?: ShapeName;
  /** How it refers to the Secret: lines for its configuration, or a command. */
  refer(to: Readable): readonly string[] | Command;
};

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
