import { expect } from "vitest";
import type { Pod, Secret } from "../../src/objects.ts";
import { create, getJson, kubectl } from "./kubectl.ts";
import { newNamespace, type Shell } from "./plugin.ts";
import { until } from "./until.ts";

export const r = "myregistry.azurecr.io";
export const web = `${r}/app/web:1`;

/** Creates a namespace for command lines. In each line, `-n N` becomes its name. */
export async function placeOf(shell: Shell) {
  const namespace = await newNamespace();
  await until(async () => (await kubectl(["get", "serviceaccounts", "-n", namespace])).includes("default"));
  const type = (command: string, options?: Parameters<Shell["type"]>[1]) =>
    shell.type(command.replaceAll("-n N", `-n ${namespace}`), options);
  const typed = async (...commands: string[]) => {
    for (const command of commands) expect(await type(command), command).toMatchObject({ code: 0 });
  };
  const check = async (more = "") => {
    const { stdout, stderr, code } = await type(`kubectl acr-secret check ${more} -n N -o json`);
    return { stderr, code, items: stdout === "" ? [] : (JSON.parse(stdout).items as Item[]) };
  };
  return { namespace, type, typed, check };
}

export type Place = Awaited<ReturnType<typeof placeOf>>;
export type Item = {
  readonly cause: string;
  readonly message?: string;
  readonly notes: readonly string[];
  readonly fix?: string;
  readonly pods: readonly string[];
};

const container = (image: string) => [{ name: "app", image }];
const template = (image: string, pullSecrets: readonly string[]) => ({
  metadata: { labels: { app: "web" } },
  spec: { containers: container(image), imagePullSecrets: pullSecrets.map((name) => ({ name })) },
});
export const workload =
  (kind: string, image = web, names: readonly string[] = []) =>
  (namespace: string) => ({
    apiVersion: "apps/v1",
    kind,
    metadata: { name: "web", namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: "web" } },
      template: template(image, names),
      ...(kind === "Deployment" && { strategy: { type: "Recreate" } }),
      ...(kind === "StatefulSet" && { serviceName: "web" }),
    },
  });
export const barePod =
  (image = web, names: readonly string[] = []) =>
  (namespace: string) => ({
    apiVersion: "v1",
    kind: "Pod",
    ...template(image, names),
    metadata: { name: "own", namespace, labels: { app: "web" } },
  });
/** Creates objects and waits for the pod that results from them. */
export async function having({ namespace }: Place, ...objects: ((namespace: string) => object)[]): Promise<void> {
  await create(objects.map((object) => object(namespace)));
  await podThere(namespace);
}

const podsOf = async (namespace: string) => (await getJson<{ items: Pod[] }>("pods", "-n", namespace)).items;
const podThere = (namespace: string) =>
  until(async () => {
    const pods = await podsOf(namespace);
    return pods.length > 0 && pods.every(({ metadata }) => !metadata.deletionTimestamp);
  });

export const registrySecret = (name: string, ...servers: string[]) =>
  `kubectl create secret generic ${name} --type kubernetes.io/dockerconfigjson -n N --from-literal=.dockerconfigjson='${JSON.stringify({
    auths: Object.fromEntries(
      servers.map((server) => [server, { username: "ci", password: "wrong", auth: Buffer.from("ci:wrong").toString("base64") }]),
    ),
  })}'`;
export const attachTo = (name: string) => `kubectl patch serviceaccount default -n N -p '{"imagePullSecrets":[{"name":"${name}"}]}'`;
export const ours = (name: string, more = "") =>
  `kubectl acr-secret create ${name} --registry myregistry --repository app/web ${more} -n N`;
export const malformed = (name: string, more = "") =>
  `kubectl create secret generic ${name} --type kubernetes.io/dockerconfigjson -n N --from-literal=.dockerconfigjson='{"auths":{"${r}":{"auth":"!"}${more}}}'`;

export type Situation = {
  what: string;
  prepare: (place: Place) => Promise<void>;
  /** The value of PASSWORD for the user who pastes the fix. */
  password?: () => Promise<string>;
  cause: string;
  message?: RegExp;
  /** A pattern for the fix. */
  fixPattern?: RegExp;
  /** A pattern for a command that the fix prints, and that the user pastes too. */
  hint?: RegExp | undefined;
  /** What the user types after the fix, because the notes say so. */
  byHand?: readonly string[];
  /** The cause that the next check reports, with another fix. */
  next?: string;
  check?: string;
  kept?: (place: Place) => Promise<void>;
};

export const keepsGhcr =
  (name: string) =>
  async ({ namespace }: Place) => {
    const { data } = await getJson<Secret>("secret", name, "-n", namespace);
    expect(Buffer.from(data?.[".dockerconfigjson"] ?? "", "base64").toString()).toContain("ghcr.io");
  };

/** Deletes every token of every registry, so that their passwords are rejected. */
export const forgetTokens = ({ azure }: Shell) => {
  for (const registry of azure.world.registries) registry.tokens.splice(0);
};
