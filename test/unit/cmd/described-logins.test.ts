import { expect, test } from "vitest";
import { type Entry, loginsAnnotation } from "../../../src/secret/entry.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { shared, stored } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { host, isAlive } from "../../support/rotating.ts";

const name = "acr-myregistry";

/** The content of an annotation on a Secret. Its login is the shared token's in every row. */
const annotations: Readonly<Record<string, (entry: Entry) => readonly unknown[]>> = {
  "another kind": (entry) => [{ ...entry, kind: "given" }],
  "a kind of a newer version": (entry) => [{ ...entry, kind: "acr-token-2" }],
  "a service principal": (entry) => [{ ...entry, kind: "service-principal" }],
  "no registry": (entry) => [{ ...entry, hosts: [] }],
  "the registry in upper case": (entry) => [{ ...entry, hosts: ["MYREGISTRY.azurecr.io"] }],
  "a regional host first": (entry) => [{ ...entry, hosts: ["myregistry.eastus.geo.azurecr.io", ...entry.hosts] }],
  "the token in upper case": (entry) => [{ ...entry, identity: entry.identity.toUpperCase() }],
  "another token first": (entry) => [{ ...entry, identity: "ci-other" }, entry],
};

/** Commands that revoke the credential of namespace a. */
const commands: Readonly<Record<string, readonly string[]>> = {
  "rotate --grace 0": Array(2).fill(`rotate ${name} -n a --grace 0`),
  rotate: Array(3).fill(`rotate ${name} -n a`),
  "delete --revoke": [`delete ${name} --revoke --yes -n a`],
  prune: [`delete ${name} --yes -n a`, "prune --registry myregistry --older-than 0s --yes"],
};

function annotate(world: FakeWorld, entries: (entry: Entry) => readonly unknown[]): void {
  const secret = world.cluster.get("secret", "b", name);
  if (!secret) throw new Error("no Secret");
  const { annotations: before = {} } = secret.metadata;
  const [entry] = JSON.parse(before[loginsAnnotation] ?? "[]");
  const after = { ...before, [loginsAnnotation]: JSON.stringify(entries(entry)) };
  world.cluster.put({ ...secret, metadata: { ...secret.metadata, annotations: after } });
}

test.for(Object.keys(commands).flatMap((command) => Object.keys(annotations).map((annotation) => ({ command, annotation }))))(
  "$command keeps the login of a Secret whose annotation names $annotation",
  async ({ command, annotation }) => {
    const world = await stored("a", "b");
    annotate(world, annotations[annotation] ?? expect.unreachable());

    for (const line of commands[command] ?? []) await type(line, world.ports);

    expect(isAlive(world, "b")).toBe(true);
  },
);

test.for(Object.keys(commands))("%s keeps the login of a token that a user supplied", async (command) => {
  const world = await stored("a", "b");
  addNamespaces(world.cluster, "c");
  const stdin = world.loginIn("a")?.password ?? "";
  const supply = `create --registry myregistry.azurecr.io --username ${shared} --password-stdin -n c`;
  expect(await type(supply, world.ports, { stdin })).toMatchObject({ code: 0 });
  world.cluster.remove("secret", "b", name);

  for (const line of commands[command] ?? []) await type(line, world.ports);

  expect(isAlive(world, "c")).toBe(true);
});

test.for([
  { why: "with a port", key: `${host}:443` },
  { why: "in upper case with a port", key: `https://${host.toUpperCase()}:443/v2/` },
  { why: "of every region", key: "myregistry.*.geo.azurecr.io" },
  { why: "of every registry in a region", key: "*.eastus.geo.azurecr.io" },
])("keeps a login under a key $why when delete --revoke and prune run", async ({ key }) => {
  const world = await stored("a");
  addNamespaces(world.cluster, "c");
  const login = world.loginIn("a") ?? expect.unreachable();
  world.cluster.put(pullSecret("c", "mine", { [key]: login }));

  await type(`delete ${name} --revoke --yes -n a`, world.ports);
  await type("prune --registry myregistry --older-than 0s --yes", world.ports);

  expect(world.azure.knows(login)).toBe(true);
});
