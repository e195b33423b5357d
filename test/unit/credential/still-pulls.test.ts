import { expect, test } from "vitest";
import { stillPulls } from "../../../src/credential/prove.ts";
import type { RepositoryScope } from "../../../src/credential/repository-scope.ts";
import { image, login, reach, registry } from "./prove-setting.ts";

test.for<{
  why: string;
  reach: RepositoryScope;
  answers: Parameters<typeof registry>[0];
  tags?: Record<string, string>;
  pulls: string;
  unasked?: string;
  asked: string[];
}>([
  { why: "an image that pods name", reach: reach(["a"], [image("a", "7")]), answers: { "a:7": "pulls" }, pulls: "yes", asked: ["a:7"] },
  {
    why: "one of the first repository",
    reach: reach(["team/*", "a", "b"]),
    answers: { "a:3": "pulls" },
    tags: { a: "3" },
    pulls: "yes",
    asked: ["tags of a", "a:3"],
  },
  {
    why: "one that may not be there",
    reach: reach(["a"]),
    answers: { "a:latest": "refused" },
    pulls: "no",
    asked: ["tags of a", "a:latest"],
  },
  {
    why: "what is not there says nothing of the login",
    reach: reach(["a"]),
    answers: {},
    pulls: "unknown",
    asked: ["tags of a", "a:latest"],
  },
  {
    why: "a wall says nothing of the login",
    reach: reach(["a"], [image("a", "7")]),
    answers: { "a:7": "blocked" },
    pulls: "unknown",
    unasked: "it is blocked",
    asked: ["a:7"],
  },
  {
    why: "too little scope says nothing of the password",
    reach: reach(["a"], [image("a", "7")]),
    answers: { "a:7": "out-of-scope" },
    pulls: "unknown",
    asked: ["a:7"],
  },
  { why: "a login that is taken says nothing of images", reach: reach(["team/*"]), answers: {}, pulls: "unknown", asked: ["login"] },
  { why: "one that is not says all", reach: reach(["team/*"]), answers: { login: "refused" }, pulls: "no", asked: ["login"] },
  {
    why: "nobody can be asked",
    reach: reach(["team/*"]),
    answers: { login: "throttled" },
    pulls: "unknown",
    unasked: "it is throttled",
    asked: ["login"],
  },
])("whether a login still pulls is $pulls: $why", async ({ reach: of, answers, tags, asked, ...still }) => {
  const { tools, asked: calls } = registry(answers, tags);

  const { pulls, unasked } = still;
  expect(await stillPulls(of, login, tools.registry)).toEqual({ pulls, ...(unasked && { unasked }) });
  expect(calls).toEqual(asked);
});
