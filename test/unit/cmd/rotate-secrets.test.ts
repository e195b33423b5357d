import { expect, test } from "vitest";
import { exactly } from "../../support/demo.ts";
import { refusing } from "../../support/fakes/asked.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { refused, stored } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { host, isAlive, noteIn, slotsOf } from "../../support/rotating.ts";

async function made(line: string, before?: Parameters<FakeWorld["cluster"]["put"]>[0]): Promise<FakeWorld> {
  const world = fakeWorld();
  addNamespaces(world.cluster, "kube-system", "a");
  world.azure.facts.regional = ["myregistry.westeurope.geo.azurecr.io"];
  if (before) world.cluster.put(before);
  const { code, stderr } = await type(`create --registry myregistry --repository app/web -n a ${line}`, world.ports);
  if (code !== 0) throw new Error(stderr);
  world.asking.forget();
  return world;
}

const secretIn = ({ cluster }: FakeWorld) => {
  const secret = cluster.get("secret", "a", "acr-myregistry");
  if (!secret) throw new Error("no Secret");
  return secret;
};

const configIn = (world: FakeWorld) => Buffer.from(secretIn(world).data?.[".dockerconfigjson"] ?? "", "base64").toString();

/** Returns the logins for the registry in a config, by key. */
const loginsIn = (world: FakeWorld) => JSON.parse(configIn(world)).auths as Record<string, { username: string; password: string }>;

const theirs = { auths: { "docker.io": { username: "jane", password: "p", email: "a  b", auth: "amFuZTpw" } }, credsStore: "x" };
const theirText = JSON.stringify(theirs, undefined, 3);

test("logins for other registries stay byte for byte, and whose the Secret is", async () => {
  const others = { ...pullSecret("a", "acr-myregistry"), data: { ".dockerconfigjson": Buffer.from(theirText).toString("base64") } };
  const world = await made("--merge", {
    ...others,
    metadata: { ...others.metadata, labels: { team: "web" }, annotations: { note: "ours" } },
  });
  const before = secretIn(world);
  const text = configIn(world);
  expect(text.startsWith(theirText.slice(0, theirText.indexOf("}\n")))).toBe(true);

  expect(await type("rotate acr-myregistry -n a --grace 0", world.ports)).toMatchObject({ code: 0 });

  const after = secretIn(world);
  const blank = (of: string) => of.replace(/"myregistry\.azurecr\.io":\{[^}]*\}/, "OURS");
  expect(blank(configIn(world))).toBe(blank(text));
  expect(configIn(world)).not.toBe(text);
  expect(after.metadata.labels).toEqual(before.metadata.labels);
  expect(after.metadata.annotations).toMatchObject({ note: "ours" });
  expect(noteIn(world, "a")).toMatchObject({ beside: true, slot: "password2" });
  expect(isAlive(world, "a")).toBe(true);
  expect(slotsOf(world)).toEqual(["password2"]);
});

test("a login at the registry's regional hosts is the same there", async () => {
  const world = await made("--include-regional");
  expect(await type("rotate -n a --grace 0", world.ports)).toMatchObject({ code: 0 });
  const all = loginsIn(world);
  expect(Object.keys(all).sort()).toEqual([host, "myregistry.westeurope.geo.azurecr.io"]);
  expect(Object.values(all).map((login) => world.azure.knows(login))).toEqual([true, true]);
  expect(noteIn(world, "a").hosts).toEqual(Object.keys(all));
});

async function immutable(): Promise<FakeWorld> {
  const world = await stored("a");
  const { uid: _, resourceVersion: __, managedFields: ___, ...metadata } = secretIn(world).metadata;
  const secret = { ...secretIn(world), metadata, immutable: true };
  world.cluster.remove("secret", "a", "acr-myregistry");
  world.cluster.put(secret, "kubectl-acr-secret");
  return world;
}

test("one that is immutable is made anew", async () => {
  const world = await immutable();
  const { uid } = secretIn(world).metadata;
  expect(await type("rotate -n a --grace 0", world.ports)).toMatchObject({ code: 0 });
  expect(secretIn(world).metadata.uid).not.toBe(uid);
  expect(isAlive(world, "a")).toBe(true);
  expect(slotsOf(world)).toEqual(["password2"]);
});

test("keeps the metadata and the immutability of an immutable Secret", async () => {
  const world = await immutable();
  const { metadata } = secretIn(world);
  world.cluster.put({ ...secretIn(world), metadata: { ...metadata, labels: { ...metadata.labels, team: "payments" } } });

  expect(await type("rotate -n a --grace 0", world.ports)).toMatchObject({ code: 0 });

  expect(secretIn(world)).toMatchObject({ immutable: true, metadata: { labels: { team: "payments" } } });
});

test.for(["", "--dry-run=client", "--dry-run=server"])(
  "refuses an immutable Secret that has finalizers, before anything changes (%s)",
  async (flag) => {
    const world = await immutable();
    const { metadata } = secretIn(world);
    const before = world.cluster.put({ ...secretIn(world), metadata: { ...metadata, finalizers: ["example.com/x"] } });
    world.asking.forget();

    const run = await type(`rotate -n a --grace 0 ${flag}`, world.ports);

    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain("has finalizers, so it cannot be replaced");
    expect(world.asking.writes).toEqual([]);
    expect(secretIn(world)).toEqual(before);
  },
);

test("one that is immutable comes back where its successor is refused after all", async () => {
  const world = await immutable();
  const before = world.loginIn("a");
  world.asking.around(refusing(exactly("create secret a/acr-myregistry"), refused, 1));
  expect(await type("rotate -n a --grace 0", world.ports)).toMatchObject({ code: 1 });
  expect(world.loginIn("a")).toEqual(before);
  expect(isAlive(world, "a")).toBe(true);
});

test.for([
  { reader: "argocd", of: (data: Record<string, string>) => ({ username: text(data["username"]), password: text(data["password"]) }) },
  {
    reader: "flux",
    of: (data: Record<string, string>) => JSON.parse(text(data[".dockerconfigjson"])).auths[host] as { username: string; password: string },
  },
])("a Secret for $reader keeps its shape and labels", async ({ reader, of }) => {
  const world = await made(`--for ${reader}`);
  const before = secretIn(world);
  expect(await type("rotate acr-myregistry -n a --grace 0", world.ports)).toMatchObject({ code: 0 });
  const after = secretIn(world);
  expect(world.azure.knows(of(before.data ?? {}))).toBe(false);
  expect(world.azure.knows(of(after.data ?? {}))).toBe(true);
  expect(Object.keys(after.data ?? {})).toEqual(Object.keys(before.data ?? {}));
  expect([after.type, after.metadata.labels]).toEqual([before.type, before.metadata.labels]);
});

const text = (data: string | undefined) => Buffer.from(data ?? "", "base64").toString();

test("of two registries in one Secret the one that is named is rotated", async () => {
  const world = await made("");
  const secret = secretIn(world);
  const auths = { ...loginsIn(world), "other.azurecr.io": { username: "o", password: "o" } };
  const data = { ".dockerconfigjson": Buffer.from(JSON.stringify({ auths })).toString("base64") };
  const note = [noteIn(world, "a"), { hosts: ["other.azurecr.io"], kind: "given", identity: "o" }];
  const annotations = { "acr-secret/logins": JSON.stringify(note) };
  world.cluster.put({ ...secret, data, metadata: { ...secret.metadata, annotations } }, "kubectl-acr-secret");
  expect(await type("rotate acr-myregistry -n a --registry myregistry", world.ports)).toMatchObject({ code: 0 });
  expect(loginsIn(world)["other.azurecr.io"]).toEqual({ username: "o", password: "o" });
  expect(isAlive(world, "a")).toBe(true);
  expect(await type("rotate acr-myregistry -n a --registry other", world.ports)).toMatchObject({ code: 1 });
});
