import type { Fix, ReaderName } from "../fix.ts";
import type { ShapeName } from "./shapes.ts";

/** The Secret that a reader is to be told of. A word in capitals stands for what only the person knows. */
export type Readable = { readonly secret: string; readonly namespace: string; readonly host: string };

/** Who reads a Secret, if not the kubelet. */
export type Reader = {
  /** Where it looks for Secrets, unless somebody has put it elsewhere; absent where it lives in no namespace. */
  readonly namespace?: string;
  /** How it wants the Secret laid out; absent where it takes what the kubelet takes. */
  readonly shape?: ShapeName;
  /** How it comes to use the Secret: lines for what it is configured with, or a command. */
  refer(to: Readable): readonly string[] | Fix;
};

/** One row a reader. */
export const readers: Readonly<Record<ReaderName, Reader>> = {
  argocd: {
    namespace: "argocd",
    shape: "argocd-repository",
    refer: ({ host }) => lines("in the source of an Application:", [`repoURL: ${host}`, "chart: CHART"]),
  },
  // Prefix and login are matched by the host alone (registry-scanner, parseDockerConfigJson); it reads no other namespace by default
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
  helm: { refer: ({ secret, namespace, host }) => ({ do: "pull-chart", secret, host, namespace }) },
};

const lines = (where: string, what: readonly string[]) => [where, ...what];
