import type { Secret } from "../objects.ts";
import { encodeDockerConfig, toData } from "./docker-config.ts";
import { Sensitive } from "./sensitive.ts";

/** The values of a Secret's `data`: base64. */
type Data = Readonly<Record<string, string>>;

/** How a Secret is laid out for who reads it. */
export type Shape = {
  readonly type: string;
  /** What it is, in words. */
  readonly words: string;
  /** Labels by which its reader finds it. */
  readonly labels: Readonly<Record<string, string>>;
  /** What its data has. */
  readonly keys: readonly string[];
  /** Its data, of a docker config with one login or none. */
  fill(config: string): Data;
  /** The docker config that says the same as its data; undefined where its reader finds no login. Absent where the kubelet reads it. */
  readonly config?: (data: Data) => string | undefined;
};

export type ShapeName = "pull-secret" | "argocd-repository";

/** One row a shape. */
export const shapes: Readonly<Record<ShapeName, Shape>> = {
  "pull-secret": {
    type: "kubernetes.io/dockerconfigjson",
    words: "a pull secret",
    labels: {},
    keys: [".dockerconfigjson"],
    fill: (config) => ({ ".dockerconfigjson": toData(config) }),
  },
  // An address alone: Argo CD hands the login of a credential template to every host whose name begins with its own
  "argocd-repository": {
    type: "Opaque",
    words: "a repository of Argo CD",
    labels: { "argocd.argoproj.io/secret-type": "repository" },
    keys: ["type", "enableOCI", "url", "username", "password"],
    fill: (config) => {
      const { auths } = JSON.parse(config) as { auths: Readonly<Record<string, { username: string; password: string }>> };
      const [[url, { username, password }] = ["", { username: "", password: "" }]] = Object.entries(auths);
      return url === "" ? {} : dataOf({ ...chartRepository, url, username, password });
    },
    config: (data) => {
      const { type, enableOCI, url = "", username = "", password = "" } = textsOf(data);
      const isMeant = type === chartRepository.type && enableOCI === chartRepository.enableOCI && url !== "";
      return isMeant ? encodeDockerConfig(url, { username, password: new Sensitive(password) }) : undefined;
    },
  },
};

/** Charts in a registry (Argo CD, Declarative Setup, Helm). The address has no `oci://`. */
const chartRepository = { type: "helm", enableOCI: "true" };

const dataOf = (texts: Data): Data => Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, toData(text)]));
const textsOf = (data: Data): Data =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));

/** The row of a shape; where none is said, that of what the kubelet reads. */
export const shapeNamed = (name: ShapeName = "pull-secret"): Shape => shapes[name];

/** The shape that a Secret has; undefined for one that none of the readers looks into. */
export function shapeOf({ type, metadata }: Pick<Secret, "type" | "metadata">): ShapeName | undefined {
  const has = (shape: Shape) =>
    shape.type === type && Object.entries(shape.labels).every(([key, value]) => metadata.labels?.[key] === value);
  return (Object.keys(shapes) as ShapeName[]).find((name) => has(shapes[name]));
}

/** A Secret as the kubelet would have to have it, to find the login that its reader finds. */
export function asPullSecret(secret: Secret): Secret {
  const config = shapeNamed(shapeOf(secret)).config?.(secret.data ?? {});
  if (config === undefined) return secret;
  const { type, fill } = shapes["pull-secret"];
  return { ...secret, type, data: fill(config) };
}
