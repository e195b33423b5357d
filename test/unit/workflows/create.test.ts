import { expect, test } from "vitest";
import type { Issue } from "../../../src/credential/kind.ts";
import { CliError, Conflict } from "../../../src/errors.ts";
import type { Change } from "../../../src/plan/change.ts";
import { issueEach } from "../../../src/workflows/create.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { each, entry, host, issued, mint, name, put, setting } from "./create-setting.ts";

test("issues each namespace's credential for its own Secret, images and login", async () => {
  const at = setting(["a", "b"], async () => issued(), { repositories: ["x"] });
  put(at.world, "b");
  at.world.cluster.put(stuckPod("a", "web", `${host}/app/web:1`));

  await each(at);

  expect(
    at.needs.map(({ owner, repositories, images, current }) => [
      owner.words,
      repositories,
      images.length,
      current?.login?.username,
      current?.entry,
    ]),
  ).toEqual([
    [`secret ${name} in namespace a`, ["x"], 1, undefined, undefined],
    [`secret ${name} in namespace b`, ["x"], 0, "ci", entry],
  ]);
});

test("issues four credentials at once", async () => {
  let now = 0;
  let peak = 0;
  const issue = async () => {
    peak = Math.max(peak, ++now);
    await new Promise(setImmediate);
    now--;
    return issued();
  };
  const names = Array.from({ length: 12 }, (_, index) => `ns-${index}`);

  await each(setting(names, issue));

  expect(peak).toBe(4);
});

test("refuses another tool's Secret before a credential is issued, except with force", async () => {
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
  expect(refused?.error).toMatchObject({ kind: "conflict", message: expect.stringContaining("was not created by kubectl acr-secret") });
  expect(at.needs).toEqual([]);

  const forced = setting(["a"], async () => issued(), { force: true });
  foreign(forced);
  await each(forced);
  expect(forced.world.loginIn("a")?.password).toBe("ours");
});

test("refuses a Secret that may not be overwritten before a right is granted", async () => {
  const applied: Change[] = [];
  const right: Change = { act: "update", to: { kind: "scopemap.azurecr.io", name: "m" }, before: [], after: ["a"], because: "" };
  const at = setting(["a"], async () => issued({ steps: [right], isLazy: false, entry: { ...entry, identity: "new" }, pulls: "yes" }));
  put(at.world, "a");
  const apply = async (change: Change) => {
    applied.push(change);
    return {};
  };
  const order = { ...at.order, tools: () => ({ ...at.env.tools, apply }) };

  const [outcome] = await Array.fromAsync(issueEach(at.places(), order, at.env.tools));

  expect(outcome?.error).toMatchObject({ kind: "conflict" });
  expect(applied).toEqual([]);
});

test("overwrites another identity's login only when it does not pull", async () => {
  const over = async (pulls: Issue["pulls"]) => {
    const at = setting(["a"], async () => issued({ pulls }));
    put(at.world, "a", { ...entry, identity: "old" }, "old");
    await each(at);
    return at.world.loginIn("a")?.username;
  };

  expect([await over("yes"), await over("unknown"), await over("no")]).toEqual(["old", "old", "ci"]);
});

test("issues again when another has written to the namespace, ten times at most", async () => {
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
  expect(outcome).toMatchObject({ to: { kind: "namespace" }, error: { message: "another was first" } });
  expect(more).toEqual([]);
});

test("issues again when the Secret has changed before its claim", async () => {
  const at = setting(["a"], async () => issued({ steps: [mint], login: undefined }));
  let conflicts = 2;
  at.world.asking.around(async (asked, next) => {
    if (is("create secret a/acr-myregistry")(asked) && conflicts-- > 0) throw new Conflict("modified");
    return next();
  });

  await each(at);

  expect(at.needs).toHaveLength(3);
  expect(at.world.loginIn("a")?.password).toBe("ours");
});

test("reports a Secret that others keep writing to, without another credential", async () => {
  const at = setting(["a"], async () => issued({ steps: [mint], login: undefined }));
  at.world.asking.around(refusing(is("patch secret a/acr-myregistry"), () => new Conflict("modified"), 10));

  expect(await each(at)).toMatchObject([{ change: { act: "store" }, error: { message: "modified" } }, { left: "failed" }]);
  expect(at.needs).toHaveLength(1);
});

test("reports an error with its namespace and throws a defect", async () => {
  const at = setting(["a", "b"], async ({ owner }) => {
    if (owner.words.endsWith("a")) throw new CliError("forbidden", "no");
    return issued();
  });
  const [outcome] = await each(at);
  expect(outcome).toMatchObject({ to: { kind: "namespace", namespace: "a" }, error: { message: "no" } });
  expect(at.needs).toHaveLength(2);
  expect(at.world.loginIn("b")).toBeDefined();

  await expect(each(setting(["a"], () => Promise.reject(new TypeError("a defect"))))).rejects.toThrow(TypeError);
});

test("reports the cluster's error before that of Azure", async () => {
  const opening = Promise.reject(new CliError("unauthenticated", "sign in first"));
  opening.catch(() => undefined);
  const there = setting(["a"], async () => issued(), { opening, needsName: true });
  const gone = setting(["nope"], async () => issued(), { opening, needsName: true });
  gone.world.cluster.remove("namespace", "", "nope");
  gone.world.cluster.remove("serviceaccount", "nope", "default");

  expect((await each(there))[0]?.error?.message).toBe("sign in first");
  expect((await each(gone))[0]?.error?.message).toBe('Error from server (NotFound): namespaces "nope" not found');
});
