import { expect, test } from "vitest";
import type { Credential } from "../../../src/secret/record.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import { addNamespaces } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { sourceSecret } from "../../support/records.ts";
import { host, isAlive, recordIn } from "../../support/rotating.ts";

const name = "acr-myregistry";

/** The record of a Secret that holds the login of another one. */
const records: Readonly<Record<string, Partial<Credential>>> = {
  "the same credential": {},
  "another kind": { kind: "given" },
  "a kind of a newer version": { kind: "acr-token-2" },
  "a service principal": { kind: "service-principal" },
  "no registry": { host: "" },
  "the registry in upper case": { host: "MYREGISTRY.azurecr.io" },
  "another token": { identity: "ci-other" },
  "another password": { slot: "password2", madeAt: "2020-01-01T00:00:00Z" },
};

/** Commands that end the credential of namespace a. */
const commands: Readonly<Record<string, readonly string[]>> = {
  "rotate --grace 0": Array(2).fill(`rotate ${name} -n a --grace 0`),
  rotate: Array(3).fill(`rotate ${name} -n a`),
  "delete --revoke": [`delete ${name} --revoke --yes -n a`],
  prune: [`delete ${name} --yes -n a`, "prune --registry myregistry --older-than 0s --yes"],
};

test.for(Object.keys(commands).flatMap((command) => Object.keys(records).map((record) => ({ command, record }))))(
  "$command keeps the login of another Secret that records $record",
  async ({ command, record }) => {
    const world = await stored("a");
    addNamespaces(world.cluster, "b");
    const { password } = world.loginIn("a") ?? expect.unreachable("no login");
    const secret = sourceSecret(`b/${name}`, { credential: recordIn(world, "a"), password });
    const annotations = sourceSecret(`b/${name}`, { credential: { ...recordIn(world, "a"), ...records[record] } }).metadata.annotations;
    world.cluster.put({ ...secret, metadata: { ...secret.metadata, annotations: annotations ?? {} } });

    for (const line of commands[command] ?? []) await type(line, world.ports);

    expect(isAlive(world, "b")).toBe(true);
  },
);

test("keeps the login of another Secret with create --force when it replaces one that does not work", async () => {
  const world = await stored("a");
  addNamespaces(world.cluster, "b");
  const login = world.loginIn("a") ?? expect.unreachable("no login");
  world.cluster.put(pullSecret("b", "mine", { [host]: login }));
  const { metadata } = world.cluster.get("secret", "a", name) ?? expect.unreachable("no source");
  const wrong = pullSecret("a", name, { [host]: { ...login, password: "wrong" } });
  world.cluster.put({ ...wrong, metadata }, "kubectl-acr-secret");

  const line = `create --registry myregistry --repository app/web -n a --force`;
  expect(await type(line, world.ports)).toMatchObject({ code: 0, stderr: expect.stringContaining("secret/mine in namespace b holds it") });

  expect([world.azure.knows(login), isAlive(world, "a")]).toEqual([true, true]);
});

test.for(Object.keys(commands))("%s keeps the login of a token that a user supplied", async (command) => {
  const world = await stored("a");
  addNamespaces(world.cluster, "c");
  const { username, password } = world.loginIn("a") ?? expect.unreachable("no login");
  const supply = `create --registry ${host} --username ${username} --password-stdin -n c`;
  expect(await type(supply, world.ports, { stdin: password })).toMatchObject({ code: 0 });

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

test("ends a password when a tenant writes many longer ones", async () => {
  const world = await stored("a");
  addNamespaces(world.cluster, "c");
  const login = world.loginIn("a") ?? expect.unreachable();
  for (let index = 0; index < 60; index++)
    world.cluster.put(pullSecret("c", `long-${index}`, { [host]: { ...login, password: `${index}`.padEnd(2000) } }));

  await type(`delete ${name} --revoke --yes -n a`, world.ports);

  expect(world.azure.knows(login)).toBe(false);
});
