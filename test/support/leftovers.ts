import type { AcrToken } from "../../src/azure/port.ts";
import { managedBy } from "../../src/objects.ts";
import { azureName, clusterId, describeInAzure, keyNameOf } from "../../src/secret/azure-words.ts";
import { encodeDockerConfig } from "../../src/secret/docker-config.ts";
import { type Credential, credentialKey } from "../../src/secret/record.ts";
import { Sensitive } from "../../src/sensitive.ts";
import { worldOf } from "./fakes/fleet.ts";
import type { FakeWorld } from "./fakes/world.ts";
import type { Login } from "./logins.ts";
import { acrPull } from "./service-principal.ts";

export const here = clusterId("uid-of-kube-system");
export const host = "myregistry.azurecr.io";
const secret = "acr-myregistry";
const madeAt = "2026-01-01T00:00:00Z";

type Of = { readonly cluster?: string | undefined; readonly isExported?: boolean };

/** The description in Azure of the Secret `acr-myregistry` in a namespace. */
export const descriptionOf = (namespace: string, { isExported = false, ...of }: Of = {}): string =>
  describeInAzure({ secret, namespace, namespaceUid: `uid-of-${namespace}`, isExported, cluster: "cluster" in of ? of.cluster : here });

/** The name in Azure of the credential of the Secret `acr-myregistry` in a namespace. */
export const nameIn = (namespace: string, random = ""): string => azureName(`uid-of-${namespace}`, namespace, secret, random);

/** The name of a key of the Secret `acr-myregistry` in a namespace. @param tag eight hexadecimal digits */
export const keyIn = (namespace: string, tag = "00000000", of: Of = {}): string =>
  keyNameOf({ description: descriptionOf(namespace, of), name: nameIn(namespace) }, tag);

/** Creates a Secret with a login, and with a record if it is a source. */
export function hold(
  { cluster }: FakeWorld,
  namespace: string,
  { username, password }: Login,
  record?: Partial<Credential>,
  name = secret,
): void {
  const credential = record && { kind: "acr-token", host, identity: username, ...record };
  const annotations = credential && { [credentialKey]: JSON.stringify(credential) };
  cluster.put({
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/dockerconfigjson",
    metadata: { name, namespace, labels: { [managedBy.key]: managedBy.value }, ...(annotations && { annotations }) },
    data: {
      ".dockerconfigjson": Buffer.from(encodeDockerConfig(host, { username, password: new Sensitive(password) })).toString("base64"),
    },
  });
}

/** Creates a token with one password, and a scope map with this description. @returns its login */
export function putToken(
  { azure }: FakeWorld,
  name: string,
  description: string,
  slots: readonly AcrToken["passwords"][number]["slot"][] = ["password1"],
): Login {
  azure.putScopeMap({ name, description, actions: ["repositories/app/web/content/read"] });
  const [password = ""] = azure.putToken(name, slots);
  return { username: name, password };
}

/** Adds a key to an application. @returns its login and its id */
export function putKey({ azure: { directory } }: FakeWorld, appId: string, displayName: string): Login & { readonly slot: string } {
  const application = directory.applications.find((one) => one.appId === appId);
  if (!application) throw new Error(`no application ${appId}`);
  const slot = `cccccccc-0000-4000-8000-${String(100 + application.keys.length).padStart(12, "0")}`;
  const text = `key-${displayName}`;
  application.keys.push({ slot, displayName, madeAt, expiresAt: "2028-01-01T00:00:00Z", text });
  return { username: appId, password: text, slot };
}

/** Creates a world of two namespaces with one token each. The Secret of the second was deleted. */
export async function leftOver(): Promise<FakeWorld> {
  const world = worldOf(["a", "b"]);
  for (const namespace of ["a", "b"]) {
    const login = putToken(world, nameIn(namespace), descriptionOf(namespace));
    if (namespace === "a") hold(world, namespace, login, { slot: "password1", madeAt });
  }
  return world;
}

/** The same with one application each. */
export async function leftOverPrincipal(): Promise<FakeWorld> {
  const world = worldOf(["a", "b"]);
  const { directory } = world.azure;
  for (const namespace of ["a", "b"]) {
    const appId = directory.put(nameIn(namespace), { keys: 0, notes: descriptionOf(namespace) });
    directory.assign(appId, acrPull, { ours: true });
    const { slot, ...login } = putKey(world, appId, keyIn(namespace));
    if (namespace === "a") hold(world, namespace, login, { kind: "service-principal", slot, madeAt });
  }
  return world;
}
