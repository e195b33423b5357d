import { expect } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { claimAnnotation, claimLasts, claimProof, newClaim, type PendingPassword } from "../../../src/secret/claim.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { type Asked, is } from "../../support/fakes/asked.ts";
import { shared, stored, watch, worldOf } from "../../support/fakes/fleet.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { type Run, type } from "../../support/in-process.ts";
import { renamed, secondPassword } from "../../support/other-token.ts";
import { copyOf, isAlive, logins, makeByHand, notedSecret, noteIn, slotsOf } from "../../support/rotating.ts";
import { all, any, before, failed, type Given, type Row, refuse, type Step, testRows, typed } from "../../support/rows.ts";

const now = new Date("2026-01-01T00:00:00Z");
const at = { now: () => now };
const noWait = { ...at, sleep: () => Promise.reject(new Error("waited")) };
const abc = { a: "password2", b: "password2", c: "password2" };
const both = { a: "password2", b: "password2" };
const rotate = "rotate acr-myregistry --namespaces a,b";

const claim =
  (of: string, { name = "acr-myregistry", makes, since = now }: { name?: string; makes?: PendingPassword; since?: Date } = {}): Given =>
  ({ cluster }) => {
    const { metadata, ...secret } = cluster.get("secret", of, name) ?? expect.unreachable("no Secret");
    const annotations = { ...metadata.annotations, ...newClaim("another run", since, makes) };
    cluster.put({ ...secret, metadata: { ...metadata, annotations } });
  };
const release = ({ cluster }: FakeWorld, of: string) => {
  const { metadata, ...secret } = cluster.get("secret", of, "acr-myregistry") ?? expect.unreachable("no Secret");
  const { [claimAnnotation]: _, ...annotations } = metadata.annotations ?? {};
  cluster.put({ ...secret, metadata: { ...metadata, annotations } });
};

/** Creates a Secret in another namespace that looks like one of this plugin. Any user of that namespace can write its claim. */
const forge =
  (makes: (world: FakeWorld) => object): Given =>
  (world) => {
    addNamespaces(world.cluster, "evil");
    const { metadata, ...secret } = notedSecret("evil", "x", [], undefined);
    const until = new Date(now.getTime() + 20_000).toISOString();
    const annotations = {
      ...metadata.annotations,
      [claimAnnotation]: JSON.stringify({ by: "x", until, makes: { identity: shared, ...makes(world) } }),
    };
    world.cluster.put({ ...secret, metadata: { ...metadata, annotations } });
  };
const copiedProof = ({ loginIn }: FakeWorld) => {
  const { username = "", password = "" } = loginIn("a") ?? {};
  return { proof: claimProof({ username, password: new Sensitive(password) }, "x", { namespace: "c", name: "x" }) };
};

/** A clock that waits advance. `rewrite` runs in a wait, with the time since the start. */
function clock(inWait: (time: number) => unknown = () => {}) {
  let time = now.getTime();
  const sleep = async (milliseconds: number) => {
    time += milliseconds;
    await inWait(time);
  };
  return { waited: () => time - now.getTime(), options: { sleep, now: () => new Date(time) } };
}

/** A row whose other run ends after 3 waits, or never. */
function waiting(what: string, waits: number, ends: boolean): Row {
  let slept = 0;
  let world: FakeWorld;
  const sleep = async () => {
    if (++slept === waits && ends) release(world, "c");
    // No password is created before the claim has ended.
    if (slept <= waits) expect([noteIn(world, "a").slot, world.asking.writes]).toEqual(["password1", []]);
  };
  return {
    does: `waits for a claim on any of its Secrets, which ${what}`,
    given: all(claim("c"), (of) => {
      world = of;
    }),
    command: `${rotate},c`,
    options: { ...at, sleep },
    stderr: ["3 Secrets configured"],
    check: (of) => {
      expect(slept).toBeGreaterThanOrEqual(waits);
      logins(abc)(of);
    },
  };
}

/** A row in which another run claims the Secret in `a` every `every` milliseconds. */
function reclaiming(every: number): Row {
  let world: FakeWorld;
  let last = now.getTime();
  const reclaim = (time: number) => {
    if (time - last < every) return;
    last = time;
    return claim("a", { since: new Date(time) })(world);
  };
  const { waited, options } = clock(reclaim);
  return {
    does: `rotates the other Secrets when a run claims one every ${every} ms`,
    given: all(claim("a"), (of) => {
      world = of;
    }),
    command: "rotate -A",
    options,
    ...failed,
    stderr: /^a: error: another run .* "acr-myregistry" in namespace "a"\n2 Secrets configured, 1 namespace failed\n$/,
    check: (of) => {
      logins({ ...abc, a: "password1" })(of);
      // The waits of all rounds together are no longer than four claims.
      expect(waited()).toBeLessThan(3 * 60_000);
    },
  };
}

/** A row that waits for one claim only once. */
function waitsOnce(of: string): Row {
  const { waited, options } = clock();
  return {
    does: `waits once for one claim on the Secret in ${of}`,
    given: claim(of),
    command: `${rotate},c`,
    options: { ...options, ...at },
    stderr: any,
    check: () => expect(waited()).toBeLessThan(claimLasts + 1000),
  };
}

const fifthList: Given = (world) => {
  let lists = 0;
  // Each check reads four lists.
  return refuse(
    (asked) => is("list secret")(asked) && ++lists === 5,
    () => new CliError("unreachable", "the connection was refused"),
  )(world);
};
const ciPull = "create named --registry myregistry --repository app/web --credential-per scope --namespaces a,b";
const makesOther: Given = (world) => makeByHand(world, "password2");

testRows(
  [
    waiting("ends", 3, true),
    waiting("is that of a killed run", 60, false),
    { does: "does not wait when --dry-run=client", given: claim("b"), command: `${rotate} --dry-run=client`, options: noWait, stderr: any },
    {
      does: "keeps the password of another user's token that a killed run generated, and prints the command that deletes it",
      given: all(
        typed(ciPull),
        (world) => renamed("ci-pull", [...world.azure.tokens.keys()].at(-1))(world),
        before("get secret a/named", async (world) => {
          await claim("a", { name: "named", makes: { identity: "ci-pull", slot: "password2" } })(world);
          await makeByHand(world, "password2", "ci-pull");
        }),
      ),
      command: "rotate named --namespaces a,b",
      options: clock().options,
      ...failed,
      stderr: /az acr token credential delete --registry myregistry --name ci-pull --password2/,
      check: (world) => {
        expect(["a", "b"].map((of) => [noteIn(world, of, "named").slot, isAlive(world, of, "named")])).toEqual(
          Array(2).fill(["password1", true]),
        );
        expect(slotsOf(world, "ci-pull")).toEqual(["password1", "password2"]);
      },
    },
    reclaiming(0),
    reclaiming(25_000),
    ...[
      { what: "names the token", makes: () => ({}) },
      { what: "names the token and its slot", makes: () => ({ slot: "password2" }) },
      { what: "has a proof of another login", makes: () => ({ proof: "00" }) },
      { what: "has a proof that was copied from another namespace", makes: copiedProof },
    ].map(
      ({ what, makes }): Row => ({
        does: `does not wait for a claim of a Secret that does not hold the login and ${what}`,
        given: forge(makes),
        command: rotate,
        options: noWait,
        stderr: any,
      }),
    ),
    {
      does: "does not wait for a claim that ends later than any run can write",
      given: claim("b", { since: new Date("2999-01-01T00:00:00Z") }),
      command: rotate,
      options: noWait,
      stderr: any,
    },
    ...["a", "b", "c"].map(waitsOnce),
    ...[
      { when: "after it has waited", given: claim("a"), slot: "password1" },
      { when: "after another run generated a password", given: before("patch secret a/acr-myregistry", makesOther), slot: "password1" },
      { when: "after all Secrets are written", given: () => {}, slot: "password2" },
    ].map(
      ({ when, given, slot }): Row => ({
        does: `fails and keeps all logins valid when it cannot list the Secrets ${when}`,
        world: () => stored("a", "b"),
        given: all(given, fifthList),
        command: "rotate -A --grace 0",
        options: clock().options,
        ...failed,
        stderr: /error: the connection was refused\n/,
        check: logins({ a: slot, b: slot }),
      }),
    ),
    {
      does: "reports a failure once when another run makes it try again",
      given: all(
        refuse(({ call, at: of }) => call === "patch" && of.startsWith("secret a/")),
        before("get secret b/acr-myregistry", claim("b", { since: new Date(now.getTime() - 60_000) })),
      ),
      command: "rotate -A",
      ...failed,
      stderr: /^a: .*Forbidden.*\n2 Secrets configured, 1 namespace failed\n$/,
    },
  ],
  () => stored("a", "b", "c"),
);

const create = "create --registry myregistry --repository app/web --credential-per scope --namespaces a,b,c";
const retire = `${rotate},c --grace 0`;
let other: Run | undefined;

/** Runs another command to its end right before the first call that matches. */
const comesBefore =
  (matches: (asked: Asked) => boolean, line: string): Given =>
  ({ asking, ports }) => {
    other = undefined;
    const undo = asking.around(async (asked, next) => {
      if (!matches(asked) || asked.dryRun) return next();
      undo();
      other = await type(line, ports);
      return next();
    });
  };
const otherEnds = () => expect(other?.code).toBe(0);
const { live, started } = watch();
const ab = () => stored("a", "b");

/** The Secret in `b` gets its old password back after each write. */
const resets: Given = ({ asking, cluster }) => {
  const old = cluster.get("secret", "b", "acr-myregistry") ?? expect.unreachable("no Secret");
  let times = 0;
  asking.around(async (asked, next) => {
    const answered = await next();
    if (!is("patch secret b/")(asked) || asked.dryRun) return answered;
    cluster.put(old, "kubectl-acr-secret");
    // Ends the run if nothing else does.
    if (++times === 50) live().interrupt();
    return answered;
  });
};

/** A create has read the shared password and pauses right before it writes it. */
function paused(): Step {
  const { promise: rotated, resolve } = Promise.withResolvers<void>();
  const { promise: held, resolve: hold } = Promise.withResolvers<void>();
  let creating: Promise<Run> | undefined;
  let waits = 0;
  const sleep = async () => {
    if (++waits === 3) resolve();
    await new Promise(setImmediate);
  };
  const given = async (world: FakeWorld) => {
    before("patch secret c/acr-myregistry", () => {
      hold();
      return rotated;
    })(world);
    creating = type(create, world.ports);
    await held;
  };
  return {
    given,
    command: retire,
    options: { sleep },
    stderr: any,
    check: async (world) => {
      expect((await creating)?.code).toBe(0);
      expect(waits).toBeGreaterThanOrEqual(3);
      logins(abc)(world);
    },
  };
}
const named = create.replace("a,b,c", "a,b");
const dead = { slot: "password2", madeAt: "2025-01-01T00:00:00Z" };

testRows(
  [
    {
      does: "create reads a shared login again after its claim, because a rotation may have replaced it",
      given: comesBefore(is("create secret c/"), retire),
      command: create,
      stdout: /secret\/acr-myregistry created in namespace c/,
      stderr: any,
      check: (world) => {
        otherEnds();
        logins(abc)(world);
      },
    },
    {
      does: "rotates a Secret that another run creates in the meantime",
      given: comesBefore(is("generatePassword"), create),
      command: retire,
      stderr: ["3 Secrets configured"],
      check: (world) => {
        otherEnds();
        logins(abc)(world);
        expect(slotsOf(world)).toEqual(["password2"]);
      },
    },
    {
      does: "names the Secrets whose login became invalid while it ran, with the command that repairs them",
      given: before("patch secret a/acr-myregistry", async (world) => {
        await makeByHand(world, "password1");
        world.cluster.put(copyOf(world, "b", { at: "c" }), "kubectl-acr-secret");
        await secondPassword("c")(world);
      }),
      command: retire,
      ...failed,
      stderr:
        /a: error: secret\/acr-myregistry in namespace a .*hint: kubectl acr-secret create -n a acr-myregistry --registry myregistry.azurecr.io.*b: error: secret\/acr-myregistry in namespace b /s,
      check: logins({ a: "dead", b: "dead", c: "password2" }),
    },
    { does: "waits for the claim on a Secret that is about to get its password before it deletes the old one", ...paused() },
    {
      does: "ends and keeps the old password when a Secret gets it back after each write",
      world: ab,
      given: resets,
      command: "rotate -A --grace 0",
      options: { started },
      ...failed,
      stderr: /^b: error: .*secret\/acr-myregistry in namespace b /m,
      check: logins({ a: "password2", b: "password1" }),
    },
    {
      does: "rotates Secrets once when they get the same password while it asks the registry",
      world: () => worldOf(["a", "b"]),
      given: all(
        typed(named),
        renamed("ci-pull"),
        (world) => {
          const entry = { ...noteIn(world, "a"), ...dead };
          world.cluster.put(notedSecret("b", "acr-myregistry", [entry], { username: "ci-pull", password: "dead" }), "kubectl-acr-secret");
        },
        comesBefore(is("admits"), named),
      ),
      command: "rotate -A",
      stdout: /^(?!.*unchanged)/s,
      stderr: ["2 Secrets configured"],
      check: (world) => {
        otherEnds();
        logins(both)(world);
      },
    },
  ],
  async () => {
    const world = await ab();
    addNamespaces(world.cluster, "c");
    return world;
  },
);
