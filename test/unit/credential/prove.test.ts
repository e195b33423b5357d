import { expect, test } from "vitest";
import { proveLogin, stillPulls } from "../../../src/credential/prove.ts";
import type { RepositoryScope } from "../../../src/credential/repository-scope.ts";
import type { ImageRef, Proof } from "../../../src/registry/port.ts";
import { Sensitive } from "../../../src/sensitive.ts";

const host = "r.azurecr.io";
const login = { username: "ci", password: new Sensitive("hunter2") };
const image = (repository: string, reference: string): ImageRef => ({ host, repository, reference });
const reach = (repositories: readonly string[], images: readonly ImageRef[] = []): RepositoryScope => ({
  host,
  repositories,
  images,
});

/** Returns a registry with a test's verdicts by image, and `not-found` for other images, and the record of its requests. */
function registry(answers: Readonly<Record<string, Proof["verdict"] | Proof["verdict"][]>>, tags: Readonly<Record<string, string>> = {}) {
  const asked: string[] = [];
  const slept: number[] = [];
  const left = new Map(Object.entries(answers).map(([name, verdicts]) => [name, [verdicts].flat()]));
  const port = {
    prove: async ({ repository, reference }: ImageRef) => {
      asked.push(`${repository}:${reference}`);
      const verdicts = left.get(`${repository}:${reference}`) ?? [];
      const verdict = (verdicts.length > 1 ? verdicts.shift() : verdicts[0]) ?? "not-found";
      return { verdict, message: `it is ${verdict}` };
    },
    admits: async () => {
      asked.push("login");
      const verdicts = left.get("login") ?? [];
      const verdict = (verdicts.length > 1 ? verdicts.shift() : verdicts[0]) ?? "pulls";
      return { verdict, message: `it is ${verdict}` };
    },
    anyTag: async (_: string, repository: string) => {
      asked.push(`tags of ${repository}`);
      return tags[repository];
    },
  };
  const tools = { registry: port, sleep: async (milliseconds: number) => void slept.push(milliseconds), fresh: false };
  return { asked, slept, tools };
}

test.for<{
  why: string;
  reach: RepositoryScope;
  answers: Parameters<typeof registry>[0];
  tags?: Record<string, string>;
  asked: string[];
  proven: string | undefined;
  empty?: string[];
  missing?: string[];
}>([
  {
    why: "with the image of a pod first",
    reach: reach(["a"], [image("b", "1"), image("a", "7")]),
    answers: { "a:7": "pulls" },
    asked: ["a:7"],
    proven: "a:7",
  },
  {
    why: "with latest next, and reports the missing image of the pod",
    reach: reach(["a"], [image("a", "7")]),
    missing: ["a:7"],
    answers: { "a:latest": "pulls" },
    asked: ["a:7", "a:latest"],
    proven: "a:latest",
  },
  {
    why: "with latest after twenty missing images of pods",
    reach: reach(
      ["a"],
      Array.from({ length: 1000 }, (_, index) => image("a", `${index}`)),
    ),
    missing: Array.from({ length: 20 }, (_, index) => `a:${index}`),
    answers: { "a:latest": "pulls" },
    asked: [...Array.from({ length: 20 }, (_, index) => `a:${index}`), "a:latest"],
    proven: "a:latest",
  },
  {
    why: "with any tag last",
    reach: reach(["a"]),
    answers: { "a:3": "pulls" },
    tags: { a: "3" },
    asked: ["a:latest", "tags of a", "a:3"],
    proven: "a:3",
  },
  {
    why: "with one image of each repository, and reports those without an image",
    reach: reach(["a", "b", "c"]),
    answers: { "a:latest": "pulls", "c:latest": "pulls" },
    asked: ["a:latest", "b:latest", "c:latest", "tags of b", "b:latest"],
    proven: "a:latest",
    empty: ["b"],
  },
  {
    why: "with an image of a pod below a path",
    reach: reach(["team/*", "a"], [image("team/x", "1"), image("teams", "1")]),
    answers: { "team/x:1": "pulls", "a:latest": "pulls" },
    asked: ["team/x:1", "a:latest"],
    proven: "team/x:1",
  },
  {
    why: "and reports a path without a known image",
    reach: reach(["team/*", "a"]),
    answers: { "a:latest": "pulls" },
    asked: ["a:latest"],
    proven: "a:latest",
    empty: ["team/*"],
  },
  {
    why: "without an image, and reports all repositories",
    reach: reach(["a", "team/*"]),
    answers: {},
    asked: ["a:latest", "tags of a", "a:latest", "login"],
    proven: undefined,
    empty: ["a", "team/*"],
  },
  { why: "without a repository", reach: reach([]), answers: {}, asked: ["login"], proven: undefined, empty: ["*"] },
])("proves a login $why", async ({ reach: of, answers, tags, asked, proven, empty = [], missing = [] }) => {
  const { tools, asked: calls } = registry(answers, tags);

  const found = await proveLogin(of, login, tools);

  expect(found.image && `${found.image.repository}:${found.image.reference}`).toBe(proven);
  expect(found.empty).toEqual(empty);
  expect(found.missing.map(({ repository, reference }) => `${repository}:${reference}`)).toEqual(missing);
  expect(calls).toEqual(asked);
});

test.for<{ verdict: Proof["verdict"]; kind: string; hint: boolean }>([
  { verdict: "refused", kind: "unauthenticated", hint: false },
  { verdict: "out-of-scope", kind: "forbidden", hint: false },
  { verdict: "blocked", kind: "forbidden", hint: true },
  { verdict: "denied", kind: "forbidden", hint: true },
  { verdict: "throttled", kind: "timeout", hint: false },
  { verdict: "unreachable", kind: "unreachable", hint: true },
  { verdict: "untrusted", kind: "config", hint: true },
])("fails with $kind when the verdict is $verdict (with a hint: $hint)", async ({ verdict, kind, hint }) => {
  const { tools } = registry({ "a:latest": "pulls", "b:latest": verdict });

  await expect(proveLogin(reach(["a", "b"]), login, tools)).rejects.toMatchObject({
    kind,
    message: `the credential cannot pull ${host}/b: it is ${verdict}`,
    hint: hint ? "add --verify=false if only the cluster can reach the registry" : undefined,
  });
});

test.for<{ why: string; of: RepositoryScope; answers: Parameters<typeof registry>[0] }>([
  { why: "it loses the repository before its tags are listed", of: reach(["a"]), answers: { "a:latest": ["not-found", "out-of-scope"] } },
  {
    why: "it may not pull below the path",
    of: { ...reach(["team/*"]), host: "myregistry.azurecr.io" },
    answers: { "team/acr-secret-probe:latest": "out-of-scope" },
  },
  {
    why: "it cannot pull from the whole registry",
    of: { ...reach(["*"]), host: "myregistry.azurecr.io" },
    answers: { "acr-secret-probe:latest": "out-of-scope" },
  },
])("rejects a login without a known image when $why", async ({ of, answers }) => {
  const { tools } = registry(answers);

  await expect(proveLogin(of, login, tools)).rejects.toMatchObject({ kind: "forbidden" });
});

test("waits for a regenerated password that the registry knows after 65 seconds", async () => {
  const { tools, slept } = registry({});
  const waited = () => slept.reduce((sum, one) => sum + one, 0);
  const prove = async () => ({ verdict: waited() < 65_000 ? "refused" : "pulls", message: "" }) as const;

  await proveLogin(reach(["a"]), login, { ...tools, registry: { ...tools.registry, prove }, fresh: true });

  expect(waited()).toBeGreaterThanOrEqual(65_000);
});

test("retries for two minutes when the registry rejects a new login", async () => {
  const { tools, slept, asked } = registry({ "a:latest": ["refused", "refused", "pulls"] });

  await proveLogin(reach(["a"]), login, { ...tools, fresh: true });
  expect(slept).toEqual([500, 1000]);
  expect(asked).toHaveLength(3);

  const never = registry({ "a:latest": "refused" });
  await expect(proveLogin(reach(["a"]), login, { ...never.tools, fresh: true })).rejects.toMatchObject({ kind: "unauthenticated" });
  const waited = never.slept.reduce((sum, one) => sum + one, 0);
  expect(waited).toBeGreaterThanOrEqual(120_000);
  expect(waited).toBeLessThan(125_000);
});

test("proves eight repositories at once after the first", async () => {
  const names = Array.from({ length: 40 }, (_, index) => `app-${index}`);
  let under = 0;
  const seen: number[] = [];
  const { tools } = registry({});
  const prove = async ({ repository }: ImageRef) => {
    seen.push(++under);
    await new Promise(setImmediate);
    under--;
    return { verdict: repository === "app-30" ? "out-of-scope" : "pulls", message: "" } as const;
  };

  const proven = proveLogin(reach(names), login, { ...tools, registry: { ...tools.registry, prove } });

  await expect(proven).rejects.toMatchObject({ message: expect.stringContaining(`${host}/app-30: `) });
  expect([seen[0], seen[1], Math.max(...seen)]).toEqual([1, 1, 8]);
  // The group with the rejected image is the last one.
  expect(seen).toHaveLength(33);
});

test("does not retry another verdict or a rejected login that is not new", async () => {
  const fresh = registry({ "a:latest": "blocked" });
  await expect(proveLogin(reach(["a"]), login, { ...fresh.tools, fresh: true })).rejects.toThrow();
  const given = registry({ "a:latest": "refused" });
  await expect(proveLogin(reach(["a"]), login, given.tools)).rejects.toThrow();

  expect([fresh.slept, given.slept]).toEqual([[], []]);
});

test.for<{ verdict: Proof["verdict"]; kind: string }>([
  { verdict: "refused", kind: "unauthenticated" },
  { verdict: "blocked", kind: "forbidden" },
  { verdict: "unreachable", kind: "unreachable" },
])("fails with $kind when there is no image and the login is $verdict", async ({ verdict, kind }) => {
  const { tools } = registry({ login: verdict });

  await expect(proveLogin(reach(["a"]), login, tools)).rejects.toMatchObject({
    kind,
    message: `the credential was not accepted: it is ${verdict}`,
  });
});

test("waits for a new login without an image when the registry accepts it later", async () => {
  const { tools, slept } = registry({ login: ["refused", "refused", "pulls"] });

  expect(await proveLogin(reach(["team/*"]), login, { ...tools, fresh: true })).toEqual({
    image: undefined,
    empty: ["team/*"],
    missing: [],
  });
  expect(slept).toEqual([500, 1000]);
});

test.for<{
  why: string;
  reach: RepositoryScope;
  answers: Parameters<typeof registry>[0];
  tags?: Record<string, string>;
  pulls: string;
  untestedBecause?: string;
  asked: string[];
}>([
  { why: "the image of a pod pulls", reach: reach(["a"], [image("a", "7")]), answers: { "a:7": "pulls" }, pulls: "yes", asked: ["a:7"] },
  {
    why: "an image of the first repository pulls",
    reach: reach(["team/*", "a", "b"]),
    answers: { "a:3": "pulls" },
    tags: { a: "3" },
    pulls: "yes",
    asked: ["tags of a", "a:3"],
  },
  {
    why: "an image that may not exist is refused",
    reach: reach(["a"]),
    answers: { "a:latest": "refused" },
    pulls: "no",
    asked: ["tags of a", "a:latest"],
  },
  {
    why: "the image does not exist",
    reach: reach(["a"]),
    answers: {},
    pulls: "unknown",
    asked: ["tags of a", "a:latest"],
  },
  {
    why: "the registry blocks this machine",
    reach: reach(["a"], [image("a", "7")]),
    answers: { "a:7": "blocked" },
    pulls: "unknown",
    untestedBecause: "it is blocked",
    asked: ["a:7"],
  },
  {
    why: "the image is out of scope",
    reach: reach(["a"], [image("a", "7")]),
    answers: { "a:7": "out-of-scope" },
    pulls: "unknown",
    asked: ["a:7"],
  },
  { why: "the login is accepted and no image is known", reach: reach(["team/*"]), answers: {}, pulls: "unknown", asked: ["login"] },
  { why: "the login is rejected", reach: reach(["team/*"]), answers: { login: "refused" }, pulls: "no", asked: ["login"] },
  {
    why: "the registry is throttling",
    reach: reach(["team/*"]),
    answers: { login: "throttled" },
    pulls: "unknown",
    untestedBecause: "it is throttled",
    asked: ["login"],
  },
])("answers $pulls whether a login still pulls when $why", async ({ reach: of, answers, tags, asked, ...still }) => {
  const { tools, asked: calls } = registry(answers, tags);

  const { pulls, untestedBecause } = still;
  expect(await stillPulls(of, login, tools.registry)).toEqual({ pulls, ...(untestedBecause && { untestedBecause }) });
  expect(calls).toEqual(asked);
});
