import { describe, expect, test } from "vitest";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import { type Begun, killedAtEach, lostAtEach } from "../../support/fakes/killed-at-each.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type Run, type, type World } from "../../support/in-process.ts";
import { renamed } from "../../support/other-token.ts";
import { isAlive, noteIn } from "../../support/rotating.ts";
import { everythingIn, making, after as typedIn } from "../../support/situations/deleting.ts";

/** A time after the claims of the killed run have expired. */
const later: World = { now: () => new Date("2026-01-01T00:05:00Z") };
const attached = `${making} --serviceaccount default`;
const timeout = 120_000;

const takeBack = async (world: FakeWorld, scope: string) => {
  const { stderr, code } = await type(`delete acr-myregistry --revoke -y ${scope}`, world.ports, later);
  return { stderr: stderr.replace(/^\d Secrets? deleted\n/, ""), code };
};

async function interruptedAtToken(world: FakeWorld, line: string, more: World = {}): Promise<Run> {
  let interrupt = () => {};
  const free = world.asking.around(async ({ call }, next) => {
    const answer = await next();
    if (call === "deleteToken") interrupt();
    return answer;
  });
  const run = await type(line, world.ports, { ...more, started: (live) => (interrupt = live.interrupt) });
  free();
  return run;
}

describe("create", () => {
  const empty = () => worldOf(["demo", "team-a"]);

  test.for([
    { what: "a token of its own", line: `${attached} -n demo`, at: ["demo"] },
    { what: "a token each in two namespaces", line: `${attached} -A --credential-per namespace`, at: ["demo", "team-a"] },
    { what: "a token that both share", line: `${attached} -A --credential-per scope`, at: ["demo", "team-a"], prunes: true },
    {
      what: "a service principal of its own",
      line: "create --registry myregistry --serviceaccount default --service-principal -n demo",
      at: ["demo"],
    },
    { what: "a token of its own that expires", line: `${attached} --expires-in 30d -n demo`, at: ["demo"] },
  ])(
    "completes and can be removed entirely when run again after a kill at any request: $what",
    { timeout },
    async ({ line, at, prunes }) => {
      const wanted = everythingIn(empty());
      let states = 0;
      for await (const { world, where } of killedAtEach({ begin: async () => empty(), line })) {
        states++;
        expect({ where, ...(await type(line, world.ports, later)) }).toMatchObject({ where, code: 0 });
        expect({ where, alive: at.map((name) => isAlive(world, name)) }).toEqual({ where, alive: at.map(() => true) });
        expect({ where, ...(await takeBack(world, at.length > 1 ? "-A" : "-n demo")) }).toEqual({ where, stderr: "", code: 0 });
        if (prunes) await type("prune --registry myregistry --older-than 0s --yes", world.ports, later);
        expect({ where, ...everythingIn(world) }).toEqual({ where, ...wanted });
      }
      expect(states).toBeGreaterThan(8);
    },
  );

  test("keeps the password of a Secret that was deleted by hand until the next rotation", async () => {
    const world = await typedIn(empty(), `${making} -n demo`);
    const copy = world.loginIn("demo") ?? expect.unreachable("a login");
    world.cluster.remove("secret", "demo", "acr-myregistry");
    await typedIn(world, `${making} -n demo`);
    expect([world.azure.knows(copy), isAlive(world, "demo")]).toEqual([true, true]);

    expect((await type("list -n demo -o wide", world.ports)).stdout).toContain("password1 until the next rotation");
    await typedIn(world, "rotate -n demo");
    expect([world.azure.knows(copy), isAlive(world, "demo")]).toEqual([false, true]);
  });
});

describe("rotate", () => {
  const one = ["a"];
  const three = ["a", "b", "c"];
  const shared = "--namespaces a,b,c --credential-per scope";
  const kinds: readonly { readonly what: string; readonly at: readonly string[]; readonly line: string; readonly renames?: true }[] = [
    { what: "a token of its own", at: one, line: `${making} -n a` },
    { what: "another user's token", at: one, line: `${making} -n a`, renames: true },
    { what: "a token that three share", at: three, line: `${making} ${shared}` },
    { what: "another user's token that three share", at: three, line: `${making} ${shared}`, renames: true },
    { what: "a service principal", at: one, line: "create --registry myregistry -n a --service-principal" },
    { what: "a service principal that three share", at: three, line: `create --registry myregistry ${shared} --service-principal ci` },
    { what: "a token of an Azure identity", at: one, line: "create --registry myregistry --entra -n a" },
  ];
  const rows = kinds.flatMap(({ at, ...kind }) =>
    ["next", "0"].map((grace) => ({
      ...kind,
      at,
      grace,
      rotate: `rotate acr-myregistry --namespaces ${at.join(",")} --grace ${grace}`,
    })),
  );
  type Row = (typeof rows)[number];
  const others = { username: "ci-others", slots: ["password1", "password2"] } as const;

  const begun = ({ at, line, rotate, renames }: Row): Begun => ({
    line: rotate,
    begin: async () => {
      const world = worldOf(at);
      world.azure.entra.claims["sub"] = "jane";
      await typedIn(world, line);
      if (renames) renamed("ci-pull")(world);
      world.azure.putScopeMap({ name: others.username, actions: [] });
      world.azure.putToken(others.username, others.slots);
      // A later token of the same identity has another text.
      world.azure.entra.now = new Date("2026-01-01T00:10:00Z");
      return world;
    },
  });

  const moment = (text: string | undefined) => (text === undefined ? "" : Date.parse(text));

  /** Returns passwords of the credential that no Secret contains, and that no annotation records as the previous one. */
  function orphans(world: FakeWorld, at: readonly string[]): string[] {
    const notes = at.map((name) => noteIn(world, name));
    const known = new Set(
      notes.flatMap(({ slot, madeAt, previous }) => [`${slot} ${moment(madeAt)}`, `${previous?.slot} ${moment(previous?.madeAt)}`]),
    );
    const [note] = notes;
    const token = world.azure.tokens.get(note?.identity ?? "");
    const slots = [...(token?.passwords ?? [])].map(([slot, { creationTime }]) => `${slot} ${moment(creationTime)}`);
    const keys = world.azure.directory.applications.flatMap((of) => of.keys.map(({ slot, madeAt }) => `${slot} ${moment(madeAt)}`));
    return [...slots, ...keys].filter((password) => !known.has(password));
  }

  /** Checks that every Secret still pulls, and that the same command completes the rotation. */
  async function completes(world: FakeWorld, { at, rotate, renames }: Row, why: string): Promise<void> {
    const alive = () => at.map((name) => isAlive(world, name));
    const whole = at.map(() => true);
    expect(alive(), why).toEqual(whole);
    const first = await type(rotate, world.ports, later);
    // For another user's token, an annotation does not prove who created a password, so a person must delete it.
    const [, slot] = /az acr token credential delete .*--(password[12])/.exec(renames ? first.stderr : "") ?? [];
    world.azure.tokens.get("ci-pull")?.passwords.delete(slot as "password1");
    const second = slot === undefined ? first : await type(rotate, world.ports, later);
    const all = `${why}: ${second.stdout}${second.stderr}`;
    expect(alive(), all).toEqual(whole);
    expect(world.azure.tokens.get(others.username)?.passwords.size, all).toBe(2);
    expect(orphans(world, at).length, all).toBeLessThanOrEqual(1);
    expect({ code: second.code, error: second.stderr.includes("error: ") }, all).toEqual({ code: 0, error: false });
    for (const name of at)
      expect(world.cluster.get("secret", name, "acr-myregistry")?.metadata.annotations, all).not.toHaveProperty("acr-secret/claim");
    expect(new Set(at.map((name) => JSON.stringify(world.loginIn(name)))).size, all).toBe(1);
  }

  test.for(rows)("completes when run again after a kill at any request: $what, --grace $grace", { timeout }, async (row) => {
    let states = 0;
    for await (const { world, where } of killedAtEach(begun(row))) {
      states++;
      await completes(world, row, where);
    }
    expect(states).toBeGreaterThan(8);
  });

  test.for(rows.filter(({ grace }) => grace === "0"))(
    "completes when run again after any answer was lost: $what, --grace $grace",
    { timeout },
    async (row) => {
      for await (const { world, where, run } of lostAtEach(begun(row))) await completes(world, row, `${where}: ${run.stdout}${run.stderr}`);
    },
  );
});

describe("delete", () => {
  const rows = [
    { what: "one Secret", scope: "-n demo", lines: [`${attached} -n demo`] },
    { what: "one that was rotated", scope: "-n demo", lines: [`${making} --all-serviceaccounts -n demo`, "rotate -n demo"] },
    { what: "one token in two namespaces", scope: "-A", lines: [`${attached} -A --credential-per scope`] },
    { what: "a token each in two namespaces", scope: "-A", lines: [`${attached} -A --credential-per namespace`] },
    {
      what: "a service principal",
      scope: "-n demo",
      lines: ["create --registry myregistry --serviceaccount default --service-principal -n demo"],
    },
  ];

  /** Creates namespaces with a Secret of another user. */
  function empty(): FakeWorld {
    const world = worldOf(["demo", "team-a"]);
    world.cluster.put(pullSecret("demo", "theirs", { "docker.io": { auth: "YTpi" } }));
    return world;
  }

  /** Removes empty annotations, and the roles of deleted applications. */
  const counted = ({ assignments, ...all }: ReturnType<typeof everythingIn>) => ({
    ...JSON.parse(JSON.stringify(all, (key, value) => (key === "annotations" && Object.keys(value).length === 0 ? undefined : value))),
    assignments: assignments.filter(({ principalId }) => all.principals.some(({ id }) => id === principalId)),
  });

  test.for(rows)("leaves nothing when run again after a kill at any request: $what", { timeout }, async ({ scope, lines }) => {
    const line = `delete acr-myregistry --revoke -y ${scope}`;
    const wanted = counted(everythingIn(empty()));
    let states = 0;
    for await (const { world, where } of killedAtEach({ begin: () => typedIn(empty(), ...lines), line })) {
      states++;
      const login = world.loginIn("demo");
      if (login) expect({ where, lives: world.azure.knows(login) }).toEqual({ where, lives: true });
      const second = await type(`${line} --ignore-not-found`, world.ports, later);
      expect({ where, ...second }).toMatchObject({ where, code: 0 });
      expect({ where, left: counted(everythingIn(world)) }).toEqual({ where, left: wanted });
    }
    expect(states).toBeGreaterThan(20);
  });

  test.for(rows)("lets a create write a login that pulls after a kill at any request: $what", { timeout }, async ({ scope, lines }) => {
    const killed = { begin: () => typedIn(empty(), ...lines), line: `delete acr-myregistry --revoke -y ${scope}` };
    for await (const { world, where } of killedAtEach(killed)) {
      expect({ where, ...(await type(lines[0] ?? "", world.ports, later)) }).toMatchObject({ where, code: 0 });
      const login = world.loginIn("demo");
      const keys = Object.keys(world.cluster.get("secret", "demo", "acr-myregistry")?.data ?? {});
      expect({ where, lives: login && world.azure.knows(login), keys }).toEqual({ where, lives: true, keys: [".dockerconfigjson"] });
    }
  });

  test("completes when run again after an interruption", async () => {
    const world = await typedIn(worldOf(["demo"]), `${attached} -n demo`);
    expect(await interruptedAtToken(world, "delete --revoke -y -n demo")).toMatchObject({ code: 130 });
    const secret = world.cluster.get("secret", "demo", "acr-myregistry");
    expect(secret?.metadata.annotations).not.toHaveProperty("acr-secret/claim");
    expect(await type("delete --revoke -y -n demo", world.ports)).toMatchObject({ stderr: "", code: 0 });
    expect(world.azure.tokens.size + world.azure.scopeMaps.size).toBe(0);
  });
});
