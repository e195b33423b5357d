import type { Secret } from "../objects.ts";
import { Sensitive } from "../sensitive.ts";
import { configData, encodeDockerConfig } from "./docker-config.ts";

/** The values of a Secret's `data`: base64. */
type Data = Readonly<Record<string, string>>;

/** The layout of a Secret for its reader. */
type Shape = {
  readonly type: string;
  readonly words: string;
  /** The labels by which its reader finds it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly keys: readonly string[];
  /** Returns its data, from a docker config with one login or none. */
  fill(config: string): Data;
  /** Returns the docker config with the same login as the data; undefined if its reader finds no login. Absent if the kubelet reads it. */
  readonly config?: (data: Data) => string | undefined;
};

export type ShapeName = "pull-secret" | "argocd-repository";

export const shapes: Readonly<Record<ShapeName, Shape>> = {
  "pull-secret": {
    type: "kubernetes.io/dockerconfigjson",
    words: "a pull secret",
    labels: {},
    keys: [".dockerconfigjson"],
    fill: (config) => ({ ".dockerconfigjson": configData(config) }),
  },
  // A single address: Argo CD sends the login of a credential template to every host whose name starts with its own
  "argocd-repository": {
    type: "Opaque",
    words: "an Argo CD repository",
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

const dataOf = (texts: Data): Data => Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, configData(text)]));
const textsOf = (data: Data): Data =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));

/** The row of a shape; by default, that of a pull secret. */
export const shapeNamed = (name: ShapeName = "pull-secret"): Shape => shapes[name];

/** The shape of a Secret; undefined if no reader reads it. */
export function shapeOf({ type, metadata }: Pick<Secret, "type" | "metadata">): ShapeName | undefined {
  const has = (shape: Shape) =>
    shape.type === type && Object.entries(shape.labels).every(([key, value]) => metadata.labels?.[key] === value);
  return (Object.keys(shapes) as ShapeName[]).find((name) => has(shapes[name]));
}

/** Returns a pull secret with the login that the Secret's own reader finds. */
export function asPullSecret(secret: Secret): Secret {
  const config = shapeNamed(shapeOf(secret)).config?.(secret.data ?? {});
  if (config === undefined) return secret;
  const { type, fill } = shapes["pull-secret"];
  return { ...secret, type, data: fill(config) };
}
