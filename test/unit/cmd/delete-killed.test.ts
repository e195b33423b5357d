import { expect, test } from "vitest";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import { killedAtEach } from "../../support/fakes/killed-at-each.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { after, everythingIn, making } from "../../support/situations/deleting.ts";

const beginnings = [
  { what: "one Secret", scope: "-n demo", lines: [`${making} --serviceaccount default -n demo`] },
  { what: "a token that was named", scope: "-n demo", lines: [`${making} --serviceaccount default --acr-token ci-token -n demo`] },
  {
    what: "one that was rotated",
    scope: "-n demo",
    lines: [`${making} --all-serviceaccounts -n demo`, "rotate -n demo"],
  },
  { what: "one token in two namespaces", scope: "-A", lines: [`${making} --serviceaccount default -A --credential-per scope`] },
  { what: "a token each in two namespaces", scope: "-A", lines: [`${making} --serviceaccount default -A --credential-per namespace`] },
  {
    what: "a service principal",
    scope: "-n demo",
    lines: ["create --registry myregistry --serviceaccount default --service-principal -n demo"],
  },
  {
    what: "a login in somebody else's Secret",
    secret: "theirs",
    scope: "-n demo",
    lines: ["create theirs --registry myregistry --repository app/web --merge -n demo"],
  },
];

/** Namespaces with a Secret of somebody else. */
function empty(): FakeWorld {
  const world = worldOf(["demo", "team-a"]);
  world.cluster.put(pullSecret("demo", "theirs", { "docker.io": { auth: "YTpi" } }));
  return world;
}

/** When nothing that a dead run has claimed is claimed any more. */
const later = { now: () => new Date("2026-01-01T00:01:00Z") };

/** What counts: an object that has no annotation any more is as it was, and a role of an application that is gone is nobody's. */
const counted = ({ assignments, ...all }: ReturnType<typeof everythingIn>) => ({
  ...JSON.parse(JSON.stringify(all, (key, value) => (key === "annotations" && Object.keys(value).length === 0 ? undefined : value))),
  assignments: assignments.filter(({ principalId }) => all.principals.some(({ id }) => id === principalId)),
});

test.for(beginnings)(
  "$what: killed at any request, the next run ends it, and nothing is left",
  async ({ scope, lines, secret = "acr-myregistry" }) => {
    const line = `delete ${secret} --revoke -y ${scope}`;
    const wanted = counted(everythingIn(empty()));
    let states = 0;
    for await (const { world, where } of killedAtEach(() => after(empty(), ...lines), line)) {
      states++;
      const login = world.loginIn("demo", secret);
      if (login && secret !== "theirs") expect({ where, lives: world.azure.knows(login) }).toEqual({ where, lives: true });
      const second = await type(`${line} --ignore-not-found`, world.ports, later);
      const isGone = second.code === 1 && second.stderr.includes("was not made by kubectl acr-secret");
      if (!isGone) expect({ where, ...second }).toMatchObject({ where, code: 0 });
      expect({ where, left: counted(everythingIn(world)) }).toEqual({ where, left: wanted });
    }
    expect(states).toBeGreaterThan(20);
  },
);

test.for(beginnings)(
  "$what: killed at any request, a create after it ends with a Secret that pulls",
  async ({ scope, lines, secret = "acr-myregistry" }) => {
    for await (const { world, where } of killedAtEach(() => after(empty(), ...lines), `delete ${secret} --revoke -y ${scope}`)) {
      const [first = ""] = lines;
      expect({ where, ...(await type(first, world.ports, later)) }).toMatchObject({ where, code: 0 });
      const login = world.loginIn("demo", secret);
      expect({ where, lives: login && world.azure.knows(login) }).toEqual({ where, lives: true });
      expect({ where, keys: Object.keys(world.cluster.get("secret", "demo", secret)?.data ?? {}) }).toEqual({
        where,
        keys: [".dockerconfigjson"],
      });
    }
  },
);

test("interrupted, it says how to go on, and does", async () => {
  const world = await after(worldOf(["demo"]), `${making} --serviceaccount default -n demo`);
  let interrupt = () => {};
  const free = world.asking.around(async ({ call }, next) => {
    const answer = await next();
    if (call === "deleteToken") interrupt();
    return answer;
  });
  const { code } = await type("delete --revoke -y -n demo", world.ports, { started: (live) => (interrupt = live.interrupt) });
  free();
  expect(code).toBe(130);
  const secret = world.cluster.get("secret", "demo", "acr-myregistry");
  expect(secret?.metadata.annotations).not.toHaveProperty("acr-secret/claim");
  expect(await type("delete --revoke -y -n demo", world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(world.azure.tokens.size + world.azure.scopeMaps.size).toBe(0);
});
