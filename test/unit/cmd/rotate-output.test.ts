import { expect, test } from "vitest";
import { exactly } from "../../support/demo.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { linesOf, refused, shared, stored, watch } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { isAlive, noteIn, slotsOf } from "../../support/rotating.ts";

const line = "rotate acr-myregistry -n a --grace 0";
const texts = (world: FakeWorld) =>
  [...world.azure.tokens.values()].flatMap(({ passwords }) => [...passwords.values()].map(({ text }) => text));

test.for(["client", "server"])("--dry-run=%s shows all of it and changes nothing", async (how) => {
  const world = await stored("a", "b");
  const before = [world.loginIn("a"), world.loginIn("b"), slotsOf(world)];
  const { stdout, stderr, code } = await type(`${line} --dry-run=${how}`, world.ports);
  const suffix = how === "client" ? "(dry run)" : "(server dry run)";
  expect(linesOf(stdout)).toEqual([
    `token.azurecr.io/${shared} configured ${suffix}`,
    `secret/acr-myregistry configured in namespace a ${suffix}`,
    `secret/acr-myregistry configured in namespace b ${suffix}`,
    `token.azurecr.io/${shared} configured (-password1) ${suffix}`,
  ]);
  expect({ stderr, code }).toEqual({ stderr: "2 Secrets configured\n", code: 0 });
  expect([world.loginIn("a"), world.loginIn("b"), slotsOf(world)]).toEqual(before);
  expect(world.asking.writes).toEqual([]);
});

test("--diff shows that a login is another, and no secret of either", async () => {
  const world = await stored("a");
  const { stdout, code } = await type(`${line} --diff`, world.ports);
  expect(stdout).toContain("***");
  expect(code).toBe(1);
  for (const text of texts(world)) expect(stdout).not.toContain(text);
  expect(world.asking.writes).toEqual([]);
});

test.for([
  { output: "name", holds: "secret/acr-myregistry" },
  { output: "json", holds: '"kind": "Secret"' },
  { output: "yaml", holds: "kind: Secret" },
  { output: "jsonl", holds: '"object":"secret/acr-myregistry","result":"configured","because":"rotated"' },
])("-o $output", async ({ output, holds }) => {
  const world = await stored("a");
  const { stdout, code } = await type(`${line} -o ${output}`, world.ports);
  expect(stdout).toContain(holds);
  expect(code).toBe(0);
  if (!["json", "yaml"].includes(output)) for (const text of texts(world)) expect(stdout).not.toContain(text);
});

test("an Event on each Secret tells of it, once", async () => {
  const world = await stored("a", "b");
  await type(line, world.ports);
  expect(world.cluster.all("event").map(({ metadata, reason, message, type: of }) => [metadata.namespace, of, reason, message])).toEqual([
    ["a", "Normal", "Rotated", `got another password of ${shared}`],
    ["b", "Normal", "Rotated", `got another password of ${shared}`],
  ]);
});

test("an Event is of the very Secret, and each rotation leaves one", async () => {
  const world = await stored("a");
  const secret = () => world.cluster.get("secret", "a", "acr-myregistry");
  await type("rotate acr-myregistry -n a", world.ports);
  await type("rotate acr-myregistry -n a", world.ports);

  const events = world.cluster.all("event").map(({ involvedObject, metadata }) => ({ uid: involvedObject.uid, name: metadata.name }));
  expect(events.map(({ uid }) => uid)).toEqual(Array(2).fill(secret()?.metadata.uid));
  expect(new Set(events.map(({ name }) => name)).size).toBe(2);
});

test("who may leave no Event is told, and nothing failed", async () => {
  const world = await stored("a");
  world.asking.around(refusing(is("create event"), refused));
  const { stderr, code } = await type(line, world.ports);
  expect(stderr).toContain("no Event tells of it: Error from server (Forbidden): no");
  expect(code).toBe(0);
});

test.for([
  { when: "before anything is made", call: "token", slots: ["password1"] },
  { when: "as the password is made", call: "generatePassword", slots: ["password1"] },
  { when: "as it is proven", call: "prove", slots: ["password1"] },
  { when: "as the first Secret is written", call: "patch secret a/acr-myregistry", slots: ["password1", "password2"] },
])("Ctrl-C $when leaves every Secret with a login that pulls, and the same command goes on", async ({ call, slots }) => {
  const world = await stored("a", "b", "c");
  const { live, started } = watch();
  let claimed = call !== "patch secret a/acr-myregistry";
  const undo = world.asking.around(async (asked, next) => {
    const isIt = is(call)(asked) && !asked.dryRun;
    if (isIt && claimed) live().interrupt();
    if (isIt) claimed = true;
    return next();
  });
  const { code } = await type(line, world.ports, { started });
  undo();
  expect(code).toBe(130);
  expect(["a", "b", "c"].map((at) => isAlive(world, at))).toEqual([true, true, true]);
  expect(slotsOf(world)).toEqual(slots);
  expect(await type(line, world.ports)).toMatchObject({ code: 0 });
  expect(new Set(["a", "b", "c"].map((at) => noteIn(world, at).slot)).size).toBe(1);
  expect(slotsOf(world)).toHaveLength(1);
});

test("a password that does not pull reaches no Secret, and is taken back", async () => {
  const world = await stored("a");
  const before = world.loginIn("a");
  world.asking.around(async (asked, next) => (is("prove")(asked) ? { verdict: "refused", message: "no" } : next()));
  const { code } = await type(line, world.ports);
  expect(code).toBe(1);
  expect(world.loginIn("a")).toEqual(before);
  expect(slotsOf(world)).toEqual(["password1"]);
  expect(isAlive(world, "a")).toBe(true);
});

test("a Secret that may not be written gets no password made for it", async () => {
  const world = await stored("a");
  world.asking.around(refusing(exactly("patch secret a/acr-myregistry (dry run)"), refused));
  expect(await type(line, world.ports)).toMatchObject({ code: 1 });
  expect(world.asking.writes).toEqual([]);
});
