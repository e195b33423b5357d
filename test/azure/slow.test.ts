import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from "jose";
import { expect, test } from "vitest";
import type { Replicated } from "../../sandbox/azure/faults.ts";
import { account } from "../support/fakes/cluster.ts";
import { newDemo, startTestWorld } from "./world.ts";

// Every verb that writes to Azure, while Azure knows a new object only after half a minute, and rejects one exchange in fifty.
const world = startTestWorld();
const issuer = "https://cluster.blob.core.windows.net/one";
const image = "myregistry.azurecr.io/app/web:1";
const keys = await generateKeyPair("RS256");
const sign = (claims: Record<string, unknown>, key: CryptoKey) =>
  new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "1" }).sign(key);

const entry = "name: acr-myregistry, repositories: ['*'], serviceAccounts: [default], namespace: demo";
const files: Readonly<Record<string, string>> = {
  "one.yaml": `{name: teams, namespace: demo, registry: myregistry, pullSecrets: [{${entry}}]}`,
  "principal.yaml": `{name: teams, namespace: demo, registry: myregistry, pullSecrets: [{${entry}, credential: service-principal}]}`,
  "none.yaml":
    "{name: teams, namespace: demo, registry: myregistry, pullSecrets: [{name: other, repositories: [app], eachOf: {names: ['x-*']}}]}",
};

async function slowDemo() {
  const { azure } = world;
  const demo = newDemo(world);
  azure.world.userAssignedIdentities = [];
  azure.world.issuers.set(issuer, { keys: [{ ...(await exportJWK(keys.publicKey)), kid: "1", alg: "RS256" }] });
  await azure.push(image);
  const { cluster } = demo.in_;
  Object.assign(demo.in_.files, { look: async () => "file", read: async (path: string) => files[path] });
  cluster.put(account("demo", "web"));
  cluster.kubelets.issuer = issuer;
  cluster.kubelets.sign = (claims) => sign(claims, keys.privateKey);
  for (const of of ["identities", "federated", "roles", "tokenPasswords", "secrets", "principals"] satisfies Replicated[])
    azure.faults.add({ kind: "replication", of, milliseconds: 30_000 });
  azure.faults.add({ kind: "chance", oneIn: 50, seed: 1 });
  return demo;
}

const create = "create --registry myregistry --repository app/web -n demo --serviceaccount default";
const checked = `secretless check web --image ${image} -n demo -o json`;

test.for([
  {
    what: "an ACR token",
    lines: [
      create,
      `${create} --repository other`,
      "attach acr-myregistry -n demo --serviceaccount web",
      "detach acr-myregistry -n demo --serviceaccount web",
      "rotate acr-myregistry -n demo --grace 0",
      "rotate acr-myregistry -n demo --grace 0",
      "delete acr-myregistry -n demo --revoke --yes",
    ],
  },
  {
    what: "a service principal",
    lines: [
      "create --registry myregistry -n demo --service-principal",
      "rotate acr-myregistry -n demo --grace 0",
      "rotate acr-myregistry -n demo --grace 0",
      "delete acr-myregistry -n demo --revoke --yes",
    ],
  },
  { what: "a file", lines: ["apply -f one.yaml", "apply -f principal.yaml", "apply -f none.yaml --prune --yes"] },
  { what: "a token of the user", lines: ["create --registry myregistry -n demo --entra", "delete acr-myregistry -n demo --yes"] },
  { what: "leftovers", lines: [create, "delete acr-myregistry -n demo --yes", "prune --registry myregistry --older-than 0s --yes"] },
  {
    what: "an identity of pods",
    lines: ["secretless create web --registry myregistry -n demo", checked, "secretless delete web --registry myregistry -n demo --yes"],
  },
])("succeeds with $what while Azure knows every new object after 30 seconds", { timeout: 60_000 }, async ({ lines }) => {
  const demo = await slowDemo();
  const before = structuredClone({
    ...demo.directory(),
    tokens: demo.registry.tokens,
    identities: world.azure.world.userAssignedIdentities,
  });

  for (const line of lines) {
    const { code, stdout, stderr } = await demo.type(line);
    expect({ code: line === checked ? unknownParts(stdout) : code, stderr }, line).toEqual({ code: line === checked ? [] : 0, stderr });
  }

  expect({ ...demo.directory(), tokens: demo.registry.tokens, identities: world.azure.world.userAssignedIdentities }).toEqual(before);
});

/** The parts of a check that are not ok. The fake cluster has no nodes. */
const unknownParts = (stdout: string): string[] =>
  JSON.parse(stdout).items.flatMap(({ id, status, message }: Record<string, string>) =>
    status === "ok" || id === "node-provider" ? [] : [`${id} is ${status}: ${message}`],
  );
