import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { addRegistry } from "../../sandbox/azure/create-world.ts";
import { binaries } from "../../sandbox/binaries.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { clientPrograms } from "../../sandbox/tools.ts";
import { openAzure } from "../../src/azure/azure.ts";
import { account } from "../support/fakes/cluster.ts";
import { addNamespaces, fakeWorld } from "../support/fakes/world.ts";
import { type } from "../support/in-process.ts";
import { sampled, takesAll } from "../support/sampled.ts";
import { portsOf, startTestWorld } from "./world.ts";

// Compares the verdicts of check with crane and oras, which read the same docker config. Their rules for keys differ from the kubelet's.

const world = startTestWorld();
const r = "myregistry.azurecr.io";

type Client = (typeof clientPrograms)[number];

/** Keys under `auths`, and the clients that select their login differently than the kubelet. */
type Key = { readonly keys: readonly string[]; readonly differs?: readonly Client[] };

const keys: Readonly<Record<string, Key>> = {
  host: { keys: [r] },
  "https://host": { keys: [`https://${r}`] },
  "https://host/v1/": { keys: [`https://${r}/v1/`] },
  "https://host/v2/": { keys: [`https://${r}/v2/`] },
  "host/": { keys: [`${r}/`] },
  "a wildcard": { keys: ["*.azurecr.io"], differs: ["crane", "oras"] },
  "the port": { keys: [`${r}:443`] },
  capitals: { keys: ["MyRegistry.azurecr.io"] },
  "the repository": { keys: [`${r}/app/web`], differs: ["crane", "oras"] },
  "another host": { keys: ["other.azurecr.io"] },
  "another host first": { keys: ["other.azurecr.io", r] },
  "no key": { keys: [] },
};

const logins = ["right", "wrong password", "disabled token", "narrow token", "service principal", "without a role", "no password"] as const;
const images = ["app/web:1", "app/web:9", "app/web@DIGEST", "app/api:1", "app/gone:1"] as const;

type Pair = {
  readonly key: string;
  readonly login: (typeof logins)[number];
  readonly image: (typeof images)[number];
  readonly registry: string;
};

const all: readonly Pair[] = Object.keys(keys).flatMap((key) =>
  logins.flatMap((login) => [
    ...images.map((image) => ({ key, login, image, registry: r })),
    { key, login, image: "app/web:1" as const, registry: "publicregistry.azurecr.io" },
  ]),
);
/** 300 of all pairs, at even distances. */
const pairs = all.filter((_, index) => Math.floor((index * 300) / all.length) !== Math.floor(((index - 1) * 300) / all.length));

const users = new Map<string, { readonly username: string; readonly password: string }>();
let digest = "";
let program: (name: Client) => string;

beforeAll(async () => {
  ({ program } = await binaries({ need: clientPrograms }));
  digest = await world.azure.push(`${r}/app/web:1`);
  await world.azure.push(`${r}/app/api:1`);
  addRegistry(world.azure.world, { name: "publicregistry", anonymousPullEnabled: true });
  await world.azure.push("publicregistry.azurecr.io/app/web:1");
  const azure = openAzure(world.options());
  const registry = await azure.findRegistry("myregistry");
  const addToken = async (name: string, repositories: readonly string[]) => {
    const actions = repositories.map((repository) => `repositories/${repository}/content/read`);
    const map = await azure.putScopeMap(registry, { name, description: "", actions });
    await azure.putToken(registry, { name, scopeMapId: map.id });
    const { password } = await azure.generatePassword(registry, { token: name, slot: "password1" });
    return { username: name, password: password.reveal() };
  };
  const right = await addToken("right", ["app/web", "app/api", "app/gone"]);
  users.set("right", right);
  users.set("wrong password", { ...right, password: "wrong" });
  users.set("disabled token", await addToken("disabled", ["app/web", "app/api", "app/gone"]));
  users.set("narrow token", await addToken("narrow", ["app/web"]));
  for (const token of world.azure.world.registries[0]?.tokens ?? []) if (token.name === "disabled") token.status = "disabled";
  for (const [name, roles] of [
    ["service principal", ["AcrPull"]],
    ["without a role", []],
  ] as const) {
    const { clientId, clientSecret } = await world.azure.addServicePrincipal(name.replaceAll(" ", "-"), roles);
    users.set(name, { username: clientId, password: clientSecret });
  }
  users.set("no password", { username: "right", password: "" });
}, 600_000);

function configOf({ key, login }: Pair): string {
  const { username = "", password = "" } = users.get(login) ?? {};
  const entry = { username, password, auth: Buffer.from(`${username}:${password}`).toString("base64") };
  const wrong = { username: "other", password: "other", auth: Buffer.from("other:other").toString("base64") };
  const entries = (keys[key]?.keys ?? []).map((each) => [each, each === "other.azurecr.io" && key !== "another host" ? wrong : entry]);
  return JSON.stringify({ auths: Object.fromEntries(entries) });
}

const imageOf = ({ registry, image }: Pair) => `${registry}/${image.replace("DIGEST", digest)}`;

async function checked(pair: Pair): Promise<{ pulls: boolean; cause: string }> {
  const fake = fakeWorld();
  addNamespaces(fake.cluster, "demo");
  fake.cluster.put({ ...account("demo"), imagePullSecrets: [{ name: "s" }] });
  const data = { ".dockerconfigjson": Buffer.from(configOf(pair)).toString("base64") };
  const metadata = { name: "s", namespace: "demo" };
  fake.cluster.put({ apiVersion: "v1", kind: "Secret", metadata, type: "kubernetes.io/dockerconfigjson", data });
  const { stdout } = await type(`check --image ${imageOf(pair)} -n demo -o json`, { ...fake.ports, ...portsOf(world) });
  const [{ result, cause }] = JSON.parse(stdout).items;
  return { pulls: result === "pulls", cause };
}

/** Whether a client pulls the manifest with the same docker config. */
async function pulledBy(client: Client, pair: Pair): Promise<boolean> {
  const folder = await guardedFolder("acr-secret-clients-");
  onTestFinished(folder.remove);
  await mkdir(join(folder.path, "docker"), { recursive: true });
  await writeFile(join(folder.path, "docker", "config.json"), configOf(pair));
  const env = { ...world.azure.env, PATH: process.env.PATH, HOME: folder.path, DOCKER_CONFIG: join(folder.path, "docker") };
  const args = client === "crane" ? ["manifest", imageOf(pair)] : ["manifest", "fetch", imageOf(pair)];
  return promisify(execFile)(program(client), args, { env, cwd: folder.path }).then(
    () => true,
    () => false,
  );
}

describe("agrees with crane and oras", () => {
  const seen = new Map<string, Set<string>>();

  test.for(sampled(pairs, 40))(
    "judges $registry/$image like both when the key is $key and the login is $login",
    { timeout: 60_000 },
    async (pair) => {
      const [{ pulls, cause }, ...others] = await Promise.all([checked(pair), ...clientPrograms.map((client) => pulledBy(client, pair))]);
      const different = clientPrograms.filter((_, index) => others[index] !== pulls);
      const allowed = keys[pair.key]?.differs ?? [];
      for (const client of different) seen.set(pair.key, (seen.get(pair.key) ?? new Set()).add(client));

      expect(
        different.filter((client) => !allowed.includes(client)),
        `check: ${cause}`,
      ).toEqual([]);
    },
  );

  // A sample need not have each difference.
  if (takesAll) {
    test("differs in each documented case", () => {
      const documented = Object.entries(keys).flatMap(([key, { differs = [] }]) => differs.map((client) => `${key} ${client}`));
      const found = [...seen].flatMap(([key, clients]) => [...clients].map((client) => `${key} ${client}`));

      expect(found.sort()).toEqual(documented.sort());
    });
  }
});
