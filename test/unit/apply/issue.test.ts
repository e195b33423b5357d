import { expect, test } from "vitest";
import { issueEach, issueShared, type Order } from "../../../src/apply/issue.ts";
import type { Tools } from "../../../src/apply/tools.ts";
import type { Credential, Issue, Need } from "../../../src/credential/kind.ts";
import { CliError, Conflict } from "../../../src/errors.ts";
import type { Ground } from "../../../src/fleet/places.ts";
import type { PlaceWish } from "../../../src/observe/place.ts";
import { outlooks } from "../../../src/observe/sights.ts";
import type { Change } from "../../../src/plan/change.ts";
import { encodeDockerConfig } from "../../../src/secret/docker-config.ts";
import type { Entry } from "../../../src/secret/entry.ts";
import { pullSecret } from "../../../src/secret/pull-secret.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { collect } from "../../support/collect.ts";
import { is } from "../../support/fakes/asked.ts";
import { benchOf } from "../../support/fakes/bench.ts";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";

const host = "myregistry.azurecr.io";
const name = "acr-myregistry";
const entry: Entry = { hosts: [host], kind: "given", identity: "ci" };
const login = { username: "ci", password: new Sensitive("ours") };
const mint: Change = { act: "mint", to: { kind: "token.azurecr.io", name: "t" }, slot: "password1", inNew: true, because: "" };
const issued = (more: Partial<Issue> = {}): Issue => ({
  before: [],
  demand: [],
  entry,
  login,
  pulls: "unknown",
  mayPull: undefined,
  images: [],
  ...more,
});

/** An order in a world of namespaces: a credential that issues what a test says, and what it was asked. */
function setting(
  names: readonly string[],
  issue: (need: Need) => Promise<Issue>,
  more: Partial<Order> & { force?: boolean; width?: number } = {},
) {
  const world = fakeWorld();
  addNamespaces(world.cluster, "kube-system", ...names);
  const needs: Need[] = [];
  const { force = false, width = 8, ...of } = more;
  const bench = benchOf(world, { force, width: () => width, carry: async () => ({ login }) });
  const credential: Credential = {
    kind: "given",
    host,
    issue: (need) => {
      needs.push(need);
      return issue(need);
    },
    carry: bench.tools.carry,
    removal: () => "",
  };
  const order: Order = {
    name,
    repositories: [],
    opening: Promise.resolve(credential),
    needsName: false,
    tools: () => bench.tools,
    dryRun: "none",
    ...of,
  };
  const ground: Ground = { context: undefined, cluster: bench.cluster, namespaces: names, open: false };
  const places = (pods: PlaceWish["pods"] = "all") =>
    outlooks([ground], { secret: name, targets: { names: ["default"], all: false, selector: undefined }, pods });
  return { world, bench, order, needs, places, grounds: [ground] };
}

const put = (world: FakeWorld, namespace: string, of: Entry = entry, password = "ours") =>
  world.cluster.put(
    pullSecret(
      { kind: "secret", namespace, name },
      of,
      encodeDockerConfig(host, { username: of.identity, password: new Sensitive(password) }),
    ),
    "kubectl-acr-secret",
  );
const each = ({ places, order, bench }: ReturnType<typeof setting>) => collect(issueEach(places(), order, bench.tools as Tools));
const sharedBy = ({ places, order, grounds }: ReturnType<typeof setting>) => collect(issueShared(places, grounds, order));

test("each place's credential is issued for its own Secret, images and login", async () => {
  const at = setting(["a", "b"], async () => issued(), { repositories: ["x"] });
  put(at.world, "b");
  at.world.cluster.put(stuckPod("a", "web", `${host}/app/web:1`));

  await each(at);

  expect(
    at.needs.map(({ owner, repositories, images, held }) => [owner.words, repositories, images.length, held?.login?.username, held?.entry]),
  ).toEqual([
    [`secret ${name} in namespace a`, ["x"], 1, undefined, undefined],
    [`secret ${name} in namespace b`, ["x"], 0, "ci", entry],
  ]);
});

test("no more than four are issued at once, and fewer where less is to be done at once", async () => {
  const most = async (width: number) => {
    let now = 0;
    let peak = 0;
    const issue = async () => {
      peak = Math.max(peak, ++now);
      await new Promise(setImmediate);
      now--;
      return issued();
    };
    await each(
      setting(
        Array.from({ length: 12 }, (_, index) => `ns-${index}`),
        issue,
        { width },
      ),
    );
    return peak;
  };

  expect([await most(64), await most(2)]).toEqual([4, 2]);
});

test("a Secret that is somebody else's is refused before anything is issued for it, unless by force", async () => {
  const foreign = (at: ReturnType<typeof setting>) =>
    at.world.cluster.put({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace: "a" },
      type: "kubernetes.io/dockerconfigjson",
      data: { ".dockerconfigjson": "e30=" },
    });
  const at = setting(["a"], async () => issued());
  foreign(at);
  const [refused] = await each(at);
  expect(refused?.error).toMatchObject({ kind: "conflict", message: expect.stringContaining("was not made by kubectl acr-secret") });
  expect(at.needs).toEqual([]);

  const forced = setting(["a"], async () => issued(), { force: true });
  foreign(forced);
  await each(forced);
  expect(forced.world.loginIn("a")?.password).toBe("ours");
});

test("a Secret that may not be written is refused before any right is given", async () => {
  const carried: Change[] = [];
  const right: Change = { act: "update", to: { kind: "scopemap.azurecr.io", name: "m" }, before: [], after: ["a"], because: "" };
  const at = setting(["a"], async () => issued({ before: [right], entry: { ...entry, identity: "new" }, pulls: "yes" }));
  put(at.world, "a");
  const carry = async (change: Change) => {
    carried.push(change);
    return {};
  };
  const order = { ...at.order, tools: () => ({ ...at.bench.tools, carry }) };

  const [outcome] = await collect(issueEach(at.places(), order, at.bench.tools));

  expect(outcome?.error).toMatchObject({ kind: "conflict" });
  expect(carried).toEqual([]);
});

test("whether the old login pulls decides whether another's may be written over it", async () => {
  const over = async (pulls: Issue["pulls"]) => {
    const at = setting(["a"], async () => issued({ pulls }));
    put(at.world, "a", { ...entry, identity: "old" }, "old");
    await each(at);
    return at.world.loginIn("a")?.username;
  };

  expect([await over("yes"), await over("unknown"), await over("no")]).toEqual(["old", "old", "ci"]);
});

test("a place that another has written to is issued anew, ten times at most", async () => {
  let times = 0;
  const at = setting(["a"], async () => {
    if (++times < 10) throw new Conflict("another was first");
    return issued();
  });
  await each(at);
  expect(at.world.loginIn("a")?.password).toBe("ours");

  const never = setting(["a"], () => Promise.reject(new Conflict("another was first")));
  const [outcome, ...more] = await each(never);
  expect(never.needs).toHaveLength(10);
  expect(outcome).toMatchObject({ ofPlace: true, error: { message: "another was first" } });
  expect(more).toEqual([]);
});

test("a Secret that has changed by the time it is claimed is issued anew; one that changes while it is written is not", async () => {
  const at = setting(["a"], async () => issued({ demand: [mint], login: undefined }));
  let conflicts = 2;
  at.world.asking.around(async (asked, next) => {
    if (is("create secret a/acr-myregistry")(asked) && conflicts-- > 0) throw new Conflict("modified");
    return next();
  });

  await each(at);

  expect(at.needs).toHaveLength(3);
  expect(at.world.loginIn("a")?.password).toBe("ours");
});

test("another error is the place's; a defect is nobody's", async () => {
  const at = setting(["a", "b"], async ({ owner }) => {
    if (owner.words.endsWith("a")) throw new CliError("forbidden", "no");
    return issued();
  });
  const [outcome] = await each(at);
  expect(outcome).toMatchObject({ ofPlace: true, error: { message: "no" }, change: { to: { namespace: "a" } } });
  expect(at.needs).toHaveLength(2);
  expect(at.world.loginIn("b")).toBeDefined();

  await expect(each(setting(["a"], () => Promise.reject(new TypeError("a defect"))))).rejects.toThrow(TypeError);
});

test("the cluster's error comes before that of whom the credential is of", async () => {
  const opening = Promise.reject(new CliError("unauthenticated", "sign in first"));
  opening.catch(() => undefined);
  const there = setting(["a"], async () => issued(), { opening, needsName: true });
  const gone = setting(["nope"], async () => issued(), { opening, needsName: true });
  gone.world.cluster.remove("namespace", "", "nope");
  gone.world.cluster.remove("serviceaccount", "nope", "default");

  expect((await each(there))[0]?.error?.message).toBe("sign in first");
  expect((await each(gone))[0]?.error?.message).toBe('Error from server (NotFound): namespaces "nope" not found');
});

test("of the credentials that they hold, one that is not known to be dead is taken, and a new one is issued where all are", async () => {
  const issue = (dead: readonly string[]) => async (need: Need) => {
    const identity = need.held?.entry?.identity;
    return issued({ pulls: identity !== undefined && dead.includes(identity) ? "no" : "unknown" });
  };
  const asked = async (dead: readonly string[], held: readonly string[]) => {
    const names = held.map((_, index) => `ns-${index}`);
    const at = setting(names, issue(dead));
    for (const [index, identity] of held.entries()) put(at.world, names[index] ?? "", { ...entry, identity }, identity);
    await sharedBy(at);
    return at.needs.map((need) => need.held?.entry?.identity);
  };

  expect(await asked([], ["x", "x", "y"])).toEqual(["x"]);
  expect(await asked(["x"], ["x", "x", "y"])).toEqual(["x", "y"]);
  expect(await asked(["x", "y"], ["x", "x", "y"])).toEqual(["x", "y"]);
  expect(await asked([], [])).toEqual([undefined]);
});

test("the same login that is noted in the same way is not written again; another one is", async () => {
  const at = setting(["same", "other", "noted"], async () => issued());
  put(at.world, "same");
  put(at.world, "other", entry, "another password");
  put(at.world, "noted", { ...entry, expiresAt: "2027-01-01T00:00:00Z" });

  await sharedBy(at);

  expect(at.world.asking.writes.filter((text) => text.includes("secret"))).toEqual([
    `patch secret other/${name}`,
    `patch secret noted/${name}`,
  ]);
  expect(["same", "other", "noted"].map((one) => at.world.loginIn(one)?.password)).toEqual(["ours", "ours", "ours"]);
});

test("a password that is made is written everywhere", async () => {
  const at = setting(["a", "b"], async () =>
    issued({ demand: [mint], login: undefined, entry: { ...entry, kind: "acr-token", identity: "ci" } }),
  );
  put(at.world, "a", { ...entry, kind: "acr-token" });

  await sharedBy(at);

  // The first one is claimed before
  const written = [`patch secret a/${name}`, `patch secret a/${name}`, `create secret b/${name}`];
  expect(at.world.asking.writes.filter((text) => text.includes("secret"))).toEqual(written);
});

test("pods are made anew for what the credential may pull, wherever it may pull several", async () => {
  const at = setting(["a"], async () => issued({ mayPull: ["base/*", "app/web"] }));
  at.world.cluster.put(stuckPod("a", "web", `${host}/app/web:1`));
  at.world.cluster.put(stuckPod("a", "api", `${host}/app/api:1`));

  await sharedBy(at);

  expect(at.world.cluster.all("pod").map(({ metadata }) => metadata.name)).toEqual(["api"]);
});

test("the pods of the scope are only looked at where no repository was named", async () => {
  const imagesOf = async (repositories: string[]) => {
    const at = setting(["a"], async () => issued(), { repositories });
    at.world.cluster.put(stuckPod("a", "web", `${host}/app/web:1`));
    await collect(issueShared(() => at.places("none"), at.grounds, at.order));
    return at.needs[0]?.images.map(({ repository }) => repository);
  };

  expect([await imagesOf([]), await imagesOf(["x"])]).toEqual([["app/web"], []]);
});

test("one credential for many is not made unasked; one that they hold, or that is given, is not refused", async () => {
  const refuse = async () => new CliError("usage", "say how many");
  const minting = setting(["a"], async () => issued({ demand: [mint], login: undefined }), { refuse });
  await expect(sharedBy(minting)).rejects.toThrow("say how many");
  expect(minting.world.asking.writes).toEqual([]);

  const given = setting(["a"], async () => issued(), { refuse });
  await sharedBy(given);
  expect(given.world.loginIn("a")?.password).toBe("ours");
});
