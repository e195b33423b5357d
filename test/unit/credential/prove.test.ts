import { expect, test } from "vitest";
import { proveLogin, proveOnce, stillPulls } from "../../../src/credential/prove.ts";
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
  return { asked, port };
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
  const { port, asked: calls } = registry(answers, tags);

  const found = await proveLogin(of, login, port);

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
  const { port } = registry({ "a:latest": "pulls", "b:latest": verdict });

  await expect(proveLogin(reach(["a", "b"]), login, port)).rejects.toMatchObject({
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
  const { port } = registry(answers);

  await expect(proveLogin(of, login, port)).rejects.toMatchObject({ kind: "forbidden" });
});

/** Tests a login once. @returns how long a rejection may be temporary, in milliseconds */
async function patienceFor(verdict: Proof["verdict"], isNewPassword: boolean, of = reach(["a"])) {
  const { port, asked } = registry({ "a:latest": verdict, login: verdict });
  const tools = { registry: () => port, during: <T>(_: string, work: () => Promise<T>) => work() };
  const { rejected } = await proveOnce({ tools: tools as never, isNewPassword }, login, of);
  return { asked, pauses: rejected?.patience?.pauses, wait: rejected?.patience?.wait };
}

test.for([
  { what: "an image", of: reach(["a"]) },
  { what: "the login", of: reach(["team/*"]) },
])("waits for two minutes, and asks once at a time, when the registry rejects $what of a new login", async ({ of }) => {
  const { asked, pauses = [], wait } = await patienceFor("refused", true, of);

  expect([asked.length, wait, pauses.slice(0, 2)]).toEqual([1, 120_000, [500, 1000]]);
  const waited = pauses.reduce((sum, one) => sum + one, 0);
  expect(waited).toBeGreaterThanOrEqual(120_000);
  expect(waited).toBeLessThan(125_000);
});

test("does not wait for another verdict or a rejected login that is not new", async () => {
  expect(await patienceFor("blocked", true)).toMatchObject({ wait: undefined });
  expect(await patienceFor("refused", false)).toMatchObject({ wait: undefined });
});

test("proves eight repositories at once after the first", async () => {
  const names = Array.from({ length: 40 }, (_, index) => `app-${index}`);
  let under = 0;
  const seen: number[] = [];
  const { port } = registry({});
  const prove = async ({ repository }: ImageRef) => {
    seen.push(++under);
    await new Promise(setImmediate);
    under--;
    return { verdict: repository === "app-30" ? "out-of-scope" : "pulls", message: "" } as const;
  };

  const proven = proveLogin(reach(names), login, { ...port, prove });

  await expect(proven).rejects.toMatchObject({ message: expect.stringContaining(`${host}/app-30: `) });
  expect([seen[0], seen[1], Math.max(...seen)]).toEqual([1, 1, 8]);
  // The group with the rejected image is the last one.
  expect(seen).toHaveLength(33);
});

test.for<{ verdict: Proof["verdict"]; kind: string }>([
  { verdict: "refused", kind: "unauthenticated" },
  { verdict: "blocked", kind: "forbidden" },
  { verdict: "unreachable", kind: "unreachable" },
])("fails with $kind when there is no image and the login is $verdict", async ({ verdict, kind }) => {
  const { port } = registry({ login: verdict });

  await expect(proveLogin(reach(["a"]), login, port)).rejects.toMatchObject({
    kind,
    message: `the credential was not accepted: it is ${verdict}`,
  });
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
  const { port, asked: calls } = registry(answers, tags);

  const { pulls, untestedBecause } = still;
  expect(await stillPulls(of, login, port)).toEqual({ pulls, ...(untestedBecause && { untestedBecause }) });
  expect(calls).toEqual(asked);
});
