import { expect, test } from "vitest";
import type { Issue, Need } from "../../../src/credential/kind.ts";
import { CliError, Conflict } from "../../../src/errors.ts";
import { issueShared } from "../../../src/workflows/create.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { entry, host, issued, mint, name, put, setting, sharedBy } from "./create-setting.ts";

test("reuses a held credential that is not known to be refused, and issues a new one when all are", async () => {
  const issue = (dead: readonly string[]) => async (need: Need) => {
    const identity = need.current?.entry?.identity;
    return issued({ pulls: identity !== undefined && dead.includes(identity) ? "no" : "unknown" });
  };
  const asked = async (dead: readonly string[], held: readonly string[]) => {
    const names = held.map((_, index) => `ns-${index}`);
    const at = setting(names, issue(dead));
    for (const [index, identity] of held.entries()) put(at.world, names[index] ?? "", { ...entry, identity }, identity);
    await sharedBy(at);
    return at.needs.map((need) => need.current?.entry?.identity);
  };

  expect(await asked([], ["x", "x", "y"])).toEqual(["x"]);
  expect(await asked(["x"], ["x", "x", "y"])).toEqual(["x", "y"]);
  expect(await asked(["x", "y"], ["x", "x", "y"])).toEqual(["x", "y"]);
  expect(await asked([], [])).toEqual([]);
});

test("writes a Secret only when its login or its note differs", async () => {
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

test("writes a new password to every Secret", async () => {
  const at = setting(["a", "b"], async () =>
    issued({ steps: [mint], login: undefined, entry: { ...entry, kind: "acr-token", identity: "ci" } }),
  );
  put(at.world, "a", { ...entry, kind: "acr-token" });

  await sharedBy(at);

  // The first Secret is claimed before the others are written, and until the last is written.
  const written = [`patch secret a/${name}`, `patch secret a/${name}`, `create secret b/${name}`, `patch secret a/${name}`];
  expect(at.world.asking.writes.filter((text) => text.includes("secret"))).toEqual(written);
});

test("restarts the pods whose images the credential may pull", async () => {
  const at = setting(["a"], async () => issued({ mayPull: ["base/*", "app/web"] }));
  at.world.cluster.put(stuckPod("a", "web", `${host}/app/web:1`));
  at.world.cluster.put(stuckPod("a", "api", `${host}/app/api:1`));

  await sharedBy(at);

  expect(at.world.cluster.all("pod").map(({ metadata }) => metadata.name)).toEqual(["api"]);
});

test("restarts every pod when it is unknown what the credential may pull", async () => {
  const at = setting(["a"], async () => issued());
  at.world.cluster.put(stuckPod("a", "web", `${host}/app/web:1`));

  await sharedBy(at);

  expect(at.world.cluster.all("pod")).toEqual([]);
});

test("reads the pods of the scope only when no repository is named", async () => {
  const imagesOf = async (repositories: string[]) => {
    const at = setting(["a"], async () => issued(), { repositories });
    at.world.cluster.put(stuckPod("a", "web", `${host}/app/web:1`));
    await Array.fromAsync(issueShared(() => at.places("none"), at.clusterScope, at.order));
    return at.needs[0]?.images.map(({ repository }) => repository);
  };

  expect([await imagesOf([]), await imagesOf(["x"])]).toEqual([["app/web"], []]);
});

test("refuses a new credential for several namespaces without a flag, but not a given one", async () => {
  const refuse = async () => new CliError("usage", "say how many");
  const minting = setting(["a"], async () => issued({ steps: [mint], login: undefined }), { refuse });
  await expect(sharedBy(minting)).rejects.toThrow("say how many");
  expect(minting.world.asking.writes).toEqual([]);

  const given = setting(["a"], async () => issued(), { refuse });
  await sharedBy(given);
  expect(given.world.loginIn("a")?.password).toBe("ours");
});

test.for([
  { conflicts: 9, needs: 10, password: "ours" },
  { conflicts: 10, needs: 10, password: undefined },
])("decides again when another run was first $conflicts times, ten times at most", async ({ conflicts, needs, password }) => {
  let left = conflicts;
  const at = setting(["a"], async () => {
    if (left-- > 0) throw new Conflict("another was first");
    return issued();
  });

  const error = await sharedBy(at).then(
    () => undefined,
    (reason: unknown) => reason,
  );

  expect(at.needs).toHaveLength(needs);
  expect(at.world.loginIn("a")?.password).toBe(password);
  expect(error).toEqual(password ? undefined : new Conflict("another was first"));
});

test("does not decide again after an outcome or another error", async () => {
  const at = setting(["a"], async () => issued());
  let tell = () => {};
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  async function* breaking() {
    yield* at.places();
    await told;
    throw new Conflict("another was first");
  }
  const run = async () => {
    for await (const _ of issueShared(breaking, at.clusterScope, at.order)) tell();
  };
  await expect(run()).rejects.toThrow("another was first");
  expect(at.needs).toHaveLength(1);

  const refused = setting(["a"], () => Promise.reject(new CliError("forbidden", "no")));
  await expect(sharedBy(refused)).rejects.toThrow("no");
  expect(refused.needs).toHaveLength(1);
});

const many = Array.from({ length: 12 }, (_, index) => `b/${String(index).padStart(2, "0")}`);

test.for<{ why: string; issue: Partial<Issue>; uses: string[]; named?: string[]; told: { message: string; repositories: string[] }[] }>([
  {
    why: "those that it cannot pull",
    issue: { mayPull: ["app/*"], more: { servicePrincipal: "t" } },
    uses: ["x", "app/web", "x"],
    told: [{ message: `pods use x, which secret/${name} cannot pull`, repositories: ["x"] }],
  },
  {
    why: "the first ten of many",
    issue: { mayPull: ["app/*"], more: { servicePrincipal: "t" } },
    uses: many,
    told: [
      { message: `pods use ${many.slice(0, 10).join(", ")} and 2 more, which secret/${name} cannot pull`, repositories: many.slice(0, 10) },
    ],
  },
  { why: "none when it can pull all", issue: { mayPull: ["app/*"], more: {} }, uses: ["app/web"], told: [] },
  { why: "none when its repositories are unknown", issue: { mayPull: undefined, more: {} }, uses: ["x"], told: [] },
  { why: "none when no more can be granted", issue: { mayPull: ["app/*"] }, uses: ["x"], told: [] },
  {
    why: "none when the user named repositories",
    issue: { mayPull: ["app/*"], more: {} },
    uses: ["x"],
    named: ["app/web"],
    told: [],
  },
])("warns about the repositories that pods use: $why", async ({ issue, uses, named = [], told }) => {
  const at = setting(["a"], async () => issued(issue), { repositories: named });
  for (const [index, repository] of uses.entries()) at.world.cluster.put(stuckPod("a", `pod-${index}`, `${host}/${repository}:1`));

  const warnings = (await sharedBy(at)).flatMap(({ change }) => (change?.act === "warn" && change.fix ? [change] : []));

  expect(warnings).toEqual(
    told.map(({ message, repositories }) => ({
      act: "warn",
      to: { kind: "secret", namespace: "a", name },
      message,
      fix: { verb: "create", secret: name, registry: "myregistry", servicePrincipal: "t", repositories },
    })),
  );
});

test("requests the name of a shared credential early and throws its error when it is needed", async () => {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const issue = async ({ owner, current }: Need) => {
    if (!current) await owner.ownName();
    return issued();
  };
  const at = setting(["a"], issue, { needsName: true });
  const order = { ...at.order, opening: opened.then(() => at.order.opening) };
  at.world.asking.around(refusing(is("get namespace kube-system"), () => new CliError("forbidden", "no")));
  const outcomes = () => Array.fromAsync(issueShared(at.places, at.clusterScope, order));

  const first = outcomes();
  await new Promise(setImmediate);
  expect(at.world.asking.all).toEqual(["get namespace kube-system", "get namespace a"]);
  open();
  await expect(first).rejects.toMatchObject({ kind: "forbidden", message: "no" });

  put(at.world, "a");
  expect((await outcomes()).flatMap(({ error }) => error ?? [])).toEqual([]);
});
