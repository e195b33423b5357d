import { AsyncLocalStorage } from "node:async_hooks";
import { expect, test } from "vitest";
import { lost } from "../../support/demo.ts";
import type { Around, Asked } from "../../support/fakes/asked.ts";
import { killing } from "../../support/fakes/killing.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { isAlive, noteIn } from "../../support/rotating.ts";

const create = "create --registry myregistry --repository app/web";

/** How the Secrets came to be, and which they are. */
const beginnings: Readonly<Record<string, { readonly at: readonly string[]; readonly line: string }>> = {
  "a token of its own": { at: ["a"], line: `${create} -n a` },
  "a token that was named": { at: ["a"], line: `${create} -n a --acr-token ci-pull` },
  "a token that three share": { at: ["a", "b", "c"], line: `${create} --namespaces a,b,c --credential-per scope` },
  "a named token that three share": {
    at: ["a", "b", "c"],
    line: `${create} --namespaces a,b,c --credential-per scope --acr-token ci-pull`,
  },
  "a service principal": { at: ["a"], line: "create --registry myregistry -n a --service-principal" },
  "a service principal that three share": {
    at: ["a", "b", "c"],
    line: "create --registry myregistry --namespaces a,b,c --credential-per scope --service-principal ci",
  },
  "a token of an Azure identity": { at: ["a"], line: "create --registry myregistry --entra -n a" },
};

const others = { username: "ci-others", slots: ["password1", "password2"] } as const;

async function begun(what: string): Promise<FakeWorld> {
  const { at = [], line = "" } = beginnings[what] ?? {};
  const world = fakeWorld();
  addNamespaces(world.cluster, "kube-system", ...at);
  world.azure.entra.claims["sub"] = "jane";
  world.azure.putScopeMap({ name: others.username, actions: [] });
  world.azure.putToken(others.username, others.slots);
  const { code, stderr } = await type(line, world.ports);
  if (code !== 0) throw new Error(stderr);
  // The admin's own later token is another one
  world.azure.entra.now = new Date("2026-01-01T00:10:00Z");
  return world;
}

const command = (what: string, grace: string) => `rotate acr-myregistry --namespaces ${beginnings[what]?.at.join(",")} --grace ${grace}`;

/** Passwords of the credential that no Secret holds, and none notes as the one before. */
function orphans(world: FakeWorld, at: readonly string[]): string[] {
  const notes = at.map((name) => noteIn(world, name));
  const known = new Set(
    notes.flatMap(({ slot, madeAt, previous }) => [`${slot} ${moment(madeAt)}`, `${previous?.slot} ${moment(previous?.madeAt)}`]),
  );
  const [note] = notes;
  const token = world.azure.tokens.get(note?.identity ?? "");
  const slots = [...(token?.passwords ?? [])].map(([slot, { creationTime }]) => `${slot} ${moment(creationTime)}`);
  const keys = world.azure.directory.applications.flatMap((one) => one.keys.map(({ keyId, madeAt }) => `${keyId} ${moment(madeAt)}`));
  return [...slots, ...keys].filter((one) => !known.has(one));
}

const moment = (text: string | undefined) => (text === undefined ? "" : Date.parse(text));

/** The requests of a run that nobody disturbs. */
async function requestsOf(what: string, grace: string): Promise<number> {
  const world = await begun(what);
  let requests = 0;
  world.asking.around((_, next) => {
    requests++;
    return next();
  });
  const { code, stderr } = await type(command(what, grace), world.ports);
  if (code !== 0) throw new Error(stderr);
  return requests;
}

/** Holds while a run is under way that dies: what it had begun goes nowhere either, once another run asks the same ports. */
const dying = new AsyncLocalStorage<true>();

const ofDying =
  (around: Around): Around =>
  (asked, next) =>
    dying.getStore() ? around(asked, next) : next();

const later = { now: () => new Date("2026-01-01T00:05:00Z") };

/** That nothing died, and the same command comes to an end that is right. */
async function mends(world: FakeWorld, { what, grace, why }: { what: string; grace: string; why: string }): Promise<void> {
  const { at = [] } = beginnings[what] ?? {};
  const alive = () => at.map((name) => isAlive(world, name));
  const whole = at.map(() => true);
  expect(alive(), why).toEqual(whole);
  const first = await type(command(what, grace), world.ports, later);
  // Whose a password of a named token is, an annotation does not prove: a person has to say it
  const [, slot] = /az acr token credential delete .*--(password[12])/.exec(what.includes("named") ? first.stderr : "") ?? [];
  world.azure.tokens.get("ci-pull")?.passwords.delete(slot as "password1");
  const second = slot === undefined ? first : await type(command(what, grace), world.ports, later);
  const all = `${why}: ${second.stdout}${second.stderr}`;
  expect(alive(), all).toEqual(whole);
  expect(world.azure.tokens.get(others.username)?.passwords.size, all).toBe(2);
  expect(orphans(world, at).length, all).toBeLessThanOrEqual(1);
  expect({ code: second.code, error: second.stderr.includes("error: ") }, all).toEqual({ code: 0, error: false });
  for (const name of at)
    expect(world.cluster.get("secret", name, "acr-myregistry")?.metadata.annotations, all).not.toHaveProperty("acr-secret/claim");
  expect(new Set(at.map((name) => JSON.stringify(world.loginIn(name)))).size, all).toBe(1);
}

const rows = Object.keys(beginnings).flatMap((what) => ["next", "0"].map((grace) => ({ what, grace })));

test.for(rows)(
  "$what, --grace $grace: killed at any request, the same command ends it well",
  { timeout: 120_000 },
  async ({ what, grace }) => {
    const requests = await requestsOf(what, grace);
    expect(requests).toBeGreaterThan(8);
    for (let at = 1; at <= requests; at++)
      for (const after of [false, true]) {
        const world = await begun(what);
        const kill = killing(at, after);
        world.asking.around(ofDying(kill));
        await Promise.race([dying.run(true, () => type(command(what, grace), world.ports)), kill.killed]);
        await mends(world, { what, grace, why: `killed ${after ? "after" : "at"} request ${at}, ${world.asking.all.at(-1)}` });
      }
  },
);

/** Loses the answer to one call, of which what it does happens. */
function losing(at: number): Around {
  let calls = 0;
  return async (_: Asked, next) => {
    const mine = ++calls === at;
    const answer = await next();
    if (mine) throw lost();
    return answer;
  };
}

test.for(rows.filter(({ grace }) => grace === "0"))(
  "$what, --grace $grace: any answer may be lost, and the same command ends it well",
  { timeout: 120_000 },
  async ({ what, grace }) => {
    const requests = await requestsOf(what, grace);
    for (let at = 1; at <= requests; at++) {
      const world = await begun(what);
      const free = world.asking.around(losing(at));
      const first = await type(command(what, grace), world.ports);
      free();
      await mends(world, { what, grace, why: `lost the answer to request ${at}: ${first.stdout}${first.stderr}` });
    }
  },
);
