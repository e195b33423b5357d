import { expect, test } from "vitest";
import { pullSecret, stuckPod } from "../../support/fakes/cluster.ts";
import { failedAtEach } from "../../support/fakes/failing-each.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import { convergenceOf, faultsOf, type Outcome, outcomeOf } from "../../support/fakes/outcomes.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type Run, type } from "../../support/in-process.ts";
import { renamed } from "../../support/other-token.ts";
import { after } from "../../support/situations/deleting.ts";

const create = "create --registry myregistry --serviceaccount default -n demo";

/** Creates a namespace with a pod that waits for its image, and runs command lines. */
function demo(lines: readonly string[] = [], names = ["demo"]): Promise<FakeWorld> {
  const world = worldOf(names);
  world.azure.images.add("app/api:1");
  world.cluster.put(stuckPod("demo", "web-1", "myregistry.azurecr.io/app/web:1"));
  return after(world, ...lines);
}

const foreign = async (secret: { type?: string; auths?: object }) => {
  const world = await demo();
  const { type: usual, ...rest } = pullSecret("demo", "acr-myregistry", secret.auths);
  world.cluster.put({ ...rest, type: secret.type ?? usual });
  return world;
};

// After each failure, everything is unchanged, or the Secret pulls, or the run prints the commands that delete its leftovers. Another run then
// completes the work.
test.for<{ when: string; line?: string; begin?: () => Promise<FakeWorld>; later?: number }>([
  { when: "the namespace has no Secret" },
  {
    when: "another user's login is given up",
    line: `${create} --force`,
    begin: () => foreign({ auths: { "myregistry.azurecr.io": { username: "ci", password: "theirs" } } }),
  },
  {
    when: "the Secret holds another user's token",
    begin: async () => {
      const world = await demo(["create --registry myregistry --repository app/web -n demo"]);
      renamed("theirs")(world);
      return world;
    },
  },
  { when: "the password has expired", later: 31, begin: () => demo(["create --registry myregistry --expires-in 30m -n demo"]) },
  {
    when: "two namespaces share a credential",
    line: "create --registry myregistry --serviceaccount default --namespaces demo,other --credential-per scope",
    begin: () => demo([], ["demo", "other"]),
  },
  {
    when: "a repository is added",
    line: `${create} --repository app/api`,
    begin: () => demo(["create --registry myregistry -n demo"]),
  },
  {
    when: "the Secret is attached",
    line: "attach acr-myregistry --serviceaccount default -n demo",
    begin: () => demo(["create --registry myregistry -n demo"]),
  },
  { when: "a service principal is created", line: `${create} --service-principal` },
  {
    when: "others use the application",
    line: `${create} --service-principal ci`,
    begin: () => demo(["create first --registry myregistry --service-principal ci -n demo"]),
  },
  {
    when: "the login is a token of an Azure identity",
    line: `${create.replace("myregistry", "myregistry.azurecr.io")} --repository app/web --entra`,
  },
  {
    when: "the login is the admin user's",
    line: `${create} --admin`,
    begin: async () => {
      const world = await demo();
      world.azure.admin.set("password", "a").set("password2", "b");
      return world;
    },
  },
  {
    when: "the Secret has another registry's login",
    line: `${create} --force`,
    begin: () => foreign({ auths: { "ghcr.io": { username: "jane", password: "theirs" } } }),
  },
])("prints what it leaves and completes when run again after any request failed: $when", { timeout: 120_000 }, async (row) => {
  const { line = create, begin = demo, later = 0 } = row;
  const now = new Date(Date.UTC(2026, 0, 1, 0, later));
  const more = { now: () => now };
  const before = outcomeOf(await begin(), now);
  const faults: string[] = [];
  let runs = 0;
  for await (const { world, run, where } of failedAtEach({ begin: () => begin(), line, more })) {
    runs++;
    const standing = outcomeOf(world, now);
    // If everything is unchanged, another run is the same as a run without a failure.
    const again = standing.whole === before.whole ? [] : await rerun(world, before, { line, now, run });
    faults.push(...[...faultsOf(before, standing, run), ...again].map((fault) => `${where}: ${fault}\n${JSON.stringify(run)}`));
  }
  expect(faults.join("\n\n")).toBe("");
  expect(runs).toBeGreaterThan(10);
});

/**
 * Runs the command line again. If passwords that may be in use block it, first runs the commands that the first run printed. @returns the
 * problem after that
 */
async function rerun(
  world: FakeWorld,
  before: Outcome,
  { line, now, run }: { readonly line: string; readonly now: Date; readonly run: Run },
): Promise<string[]> {
  const again = await type(line, world.ports, { now: () => now });
  if (!/both passwords of the ACR token .* may be in use/.test(again.stderr)) return convergenceOf(before, outcomeOf(world, now), again);
  if (runPrinted(world, run.stderr) === 0) return [`the first run printed no command for what blocks this one: ${again.stderr}`];
  const last = await type(line, world.ports, { now: () => now });
  return convergenceOf(before, outcomeOf(world, now), last);
}

/** Runs the delete commands that a run printed. @returns the number of commands */
function runPrinted({ azure, cluster }: FakeWorld, stderr: string): number {
  const printed = [
    ...stderr.matchAll(/az acr (token credential|token|scope-map) delete --registry myregistry --name ([\w-]+)(?: --(password[12]))?/g),
  ];
  for (const [, what, name = "", slot] of printed) {
    if (what === "token") azure.removeToken(name);
    if (slot !== undefined) azure.tokens.get(name)?.passwords.delete(slot as "password1");
  }
  const isSecret = stderr.includes("kubectl delete secret acr-myregistry --namespace demo");
  if (isSecret) cluster.remove("secret", "demo", "acr-myregistry");
  return printed.length + (isSecret ? 1 : 0);
}
