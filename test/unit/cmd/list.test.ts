import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { type Asked, refusing } from "../../support/fakes/asked.ts";
import { account } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";

/** Creates a world with a Secret in `team` and in each of `team-a` to `team-c`. The calls that `refused` matches are forbidden. */
async function whereRefused(refused: (asked: Asked) => boolean): Promise<FakeWorld> {
  const world = fakeWorld();
  const names = ["team", "team-a", "team-b", "team-c"];
  addNamespaces(world.cluster, "kube-system", ...names);
  const line = `create --registry myregistry --repository app/web --namespaces ${names} --credential-per scope --serviceaccount default`;
  expect(await type(line, world.ports)).toMatchObject({ code: 0 });
  world.asking.around(
    refusing(
      (asked) => asked.call === "list" && refused(asked),
      () => new CliError("forbidden", "Error from server (Forbidden): no"),
    ),
  );
  return world;
}

const wide = (kind: string) => (asked: Asked) => asked.at === kind;
const within = (name: string) => (asked: Asked) => asked.namespace === name;
const cells = (text: string) =>
  text
    .split("\n")
    .filter(Boolean)
    .map((row) => row.split(/\s{2,}/))
    .map(([namespace, , , , , carriers]) => `${namespace} ${carriers}`);

test.for<{ scope: string; kind: string; rows: string[] }>([
  { scope: "-A", kind: "secret", rows: ["team-a default", "team-b default", "team-c default", "team default"] },
  { scope: "-A", kind: "serviceaccount", rows: ["team-a default", "team-b default", "team-c default", "team default"] },
  { scope: "--namespaces team-*", kind: "secret", rows: ["team-a default", "team-b default", "team-c default"] },
])("who may not list every $kind is served namespace by namespace, in the same order: list $scope", async ({ scope, kind, rows }) => {
  const world = await whereRefused(wide(kind));

  const { stdout, stderr, code } = await type(`list ${scope} --no-headers`, world.ports);

  expect({ rows: cells(stdout), stderr, code }).toEqual({ rows, stderr: "", code: 0 });
});

test.for(["-A", "--namespaces team-*", "--namespaces team-a,team-b,team-c"])(
  "lists the other namespaces and exits with 2 when a namespace is forbidden: list %s",
  async (scope) => {
    const world = await whereRefused((asked) => wide("secret")(asked) || within("team-b")(asked));

    const { stdout, stderr, code } = await type(`list ${scope} --no-headers`, world.ports);

    expect(cells(stdout).filter((row) => row !== "team default")).toEqual(["team-a default", "team-c default"]);
    expect({ stderr, code }).toEqual({ stderr: "team-b: Error from server (Forbidden): no\n", code: 2 });
  },
);

test("prints no empty result when every namespace is forbidden", async () => {
  const world = await whereRefused(() => true);

  expect(await type("list --namespaces team-a,team-b", world.ports)).toEqual({
    stdout: "",
    stderr: "team-a: Error from server (Forbidden): no\nteam-b: Error from server (Forbidden): no\n",
    code: 2,
  });
});

test("exits with 2 when the only namespace is forbidden", async () => {
  const world = await whereRefused(() => true);

  expect(await type("list -n team-a", world.ports)).toEqual({ stdout: "", stderr: "Error from server (Forbidden): no\n", code: 2 });
});

test("exits with 2 when one namespace is forbidden and a credential of another expires", async () => {
  const world = fakeWorld();
  addNamespaces(world.cluster, "a", "b");
  await type("create --registry myregistry --repository app/web -n a --expires-in 10d", world.ports);
  world.asking.around(
    refusing(
      ({ call, namespace }) => call === "list" && namespace === "b",
      () => new CliError("forbidden", "Error from server (Forbidden): no"),
    ),
  );

  const { stdout, code } = await type("list --namespaces a,b --expiring-within 14d -o name", world.ports);

  expect({ stdout, code }).toEqual({ stdout: "secret/acr-myregistry\n", code: 2 });
});

test("list shows who carries what in every namespace, in the order of the lists, and asks for lists alone", async () => {
  const world = await stored("team-b", "team-a", "team");
  await type("attach acr-myregistry --serviceaccount default --namespaces team,team-a", world.ports);
  world.asking.forget();

  const { stdout, code } = await type("list -A --no-headers", world.ports);

  expect(code).toBe(0);
  expect(
    stdout
      .split("\n")
      .filter(Boolean)
      .map((row) => row.split(/\s{2,}/).slice(0, 6)),
  ).toEqual([
    ["team-a", "acr-myregistry", "myregistry", "acr-token", "never", "default"],
    ["team-b", "acr-myregistry", "myregistry", "acr-token", "never", "<none>"],
    ["team", "acr-myregistry", "myregistry", "acr-token", "never", "default"],
  ]);
  expect(world.asking.all.every((text) => text.startsWith("list "))).toBe(true);
});

test("a kind of credential that this version does not know is listed as it was written, and never overwritten unasked", async () => {
  const world = await stored("demo");
  const secret = world.cluster.get("secret", "demo", "acr-myregistry");
  const entry = { hosts: ["myregistry.azurecr.io"], kind: "service-principal", identity: "app-1", keyId: "k1" };
  const note = JSON.stringify([entry]);
  if (secret)
    world.cluster.put({ ...secret, metadata: { ...secret.metadata, annotations: { "acr-secret/logins": note } } }, "kubectl-acr-secret");
  world.asking.forget();

  expect((await type("list -n demo -o wide", world.ports)).stdout).toMatch(/service-principal +never +<none> +\S+ +app-1/);
  expect(await type("create --registry myregistry --repository app/web -n demo", world.ports)).toMatchObject({
    stderr: expect.stringContaining('holds the credential of "app-1" (service-principal)'),
    code: 1,
  });
  expect(await type("attach -n demo --serviceaccount", world.ports)).toMatchObject({ code: 0 });
  expect(world.cluster.get("secret", "demo", "acr-myregistry")?.metadata.annotations?.["acr-secret/logins"]).toBe(note);
});

test.for([
  { until: undefined, cell: "password1 until the next rotation" },
  { until: "2026-01-04T00:00:00Z", cell: "password1 for 3d" },
  { until: "2025-12-31T00:00:00Z", cell: "password1 is to be retired" },
])("a rotation shows in -o wide, and what is retired next: $cell", async ({ until, cell }) => {
  const world = await stored("demo");
  const secret = world.cluster.get("secret", "demo", "acr-myregistry");
  const previous = { slot: "password1", madeAt: "2025-10-01T00:00:00Z", ...(until && { until }) };
  const entry = { hosts: ["myregistry.azurecr.io"], kind: "acr-token", identity: "ci-pull", slot: "password2" };
  const rotated = { ...entry, madeAt: "2025-12-20T00:00:00Z", by: "jane@example.com", previous };
  const annotations = { "acr-secret/logins": JSON.stringify([rotated]) };
  if (secret) world.cluster.put({ ...secret, metadata: { ...secret.metadata, annotations } }, "kubectl-acr-secret");

  const [header = "", row = ""] = (await type("list -n demo -o wide", world.ports)).stdout
    .split("\n")
    .map((text) => text.split(/ {3,}/).slice(6).join("|"));
  expect([header.trim(), row.trim()]).toEqual(["IDENTITY|SLOT|MADE|PREVIOUS|MADE-BY", `ci-pull|password2|12d|${cell}|jane@example.com`]);

  const { logins } = JSON.parse((await type("list -n demo -o jsonl", world.ports)).stdout);
  expect(logins).toEqual([
    expect.objectContaining({ slot: "password2", madeAt: "2025-12-20T00:00:00Z", madeBy: "jane@example.com", previous }),
  ]);
  expect((await type("list -n demo", world.ports)).stdout).not.toContain("PREVIOUS");
});

test("of a password that was given nobody knows the end", async () => {
  const world = fakeWorld();
  addNamespaces(world.cluster, "demo");
  const line = "create --registry myregistry.azurecr.io --username ci --password-stdin --verify=false -n demo";
  await type(line, world.ports, { stdin: "hunter2" });

  expect((await type("list -n demo --no-headers", world.ports)).stdout).toMatch(/ given +<unknown> +<none> /);
});

test.for([
  { names: ["a", "b", "c"], cell: "a,b,c" },
  { names: ["a", "b", "c", "d"], cell: "a,b + 2 more..." },
])("of $names.length ServiceAccounts a cell shows $cell, and with -o wide all", async ({ names, cell }) => {
  const world = await stored("demo");
  for (const name of names) world.cluster.put(account("demo", name, ["acr-myregistry"]));

  expect((await type("list -n demo --no-headers", world.ports)).stdout).toContain(
    `acr-myregistry   myregistry   acr-token   never   ${cell}   `,
  );
  expect((await type("list -n demo --no-headers -o wide", world.ports)).stdout).toContain(
    `acr-myregistry   myregistry   acr-token   never   ${names.join(",")}   `,
  );
});
