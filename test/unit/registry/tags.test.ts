import { expect, test } from "vitest";
import type { Login } from "../../../src/registry/port.ts";
import { registryOver } from "../../../src/registry/registry.ts";
import { Sensitive } from "../../../src/sensitive.ts";

const login: Login = { username: "ci", password: new Sensitive("hunter2") };
type Answer = readonly [status: number, body: object];

/** Returns a registry that needs no login and returns these responses by a part of the path. */
const registry = (answers: Readonly<Record<string, Answer>>) =>
  registryOver(async ({ url }) => {
    const [status, body] = Object.entries(answers).find(([part]) => url.includes(part))?.[1] ?? [404, {}];
    return { status, text: JSON.stringify(body), header: () => undefined };
  });

const nameUnknown: Answer = [404, { errors: [{ code: "NAME_UNKNOWN", message: "repository name not known to registry" }] }];
const denied: Answer = [403, { errors: [{ code: "DENIED", message: "no" }] }];

test.for<{ what: string; answers: Record<string, Answer>; content: string | string[]; tag: string | undefined }>([
  { what: "ACR lists a tag", answers: { _tags: [200, { tags: [{ name: "2" }] }] }, content: ["2"], tag: "2" },
  { what: "only the distribution API lists a tag", answers: { "/v2/": [200, { tags: ["1"] }] }, content: ["1"], tag: "1" },
  { what: "there is no tag", answers: { _tags: [200, { tags: [] }] }, content: [], tag: undefined },
  { what: "ACR does not know the name", answers: { _tags: nameUnknown }, content: "missing", tag: undefined },
  {
    what: "the distribution API does not know the name",
    answers: { _tags: denied, "/v2/": nameUnknown },
    content: "missing",
    tag: undefined,
  },
  { what: "the login may not list", answers: { _tags: denied, "/v2/": denied }, content: "unknown", tag: undefined },
  { what: "a path is not served", answers: {}, content: "unknown", tag: undefined },
])("reports $content when $what", async ({ answers, content, tag }) => {
  expect(await registry(answers).contentOf("r.azurecr.io", "app/web", login)).toEqual(content);
  expect(await registry(answers).anyTag("r.azurecr.io", "app/web", login)).toBe(tag);
});

test.for<{ what: string; answer: Answer; names: string[] }>([
  { what: "the catalog has names", answer: [200, { repositories: ["app/api", 7, "app/web"] }], names: ["app/api", "app/web"] },
  { what: "the catalog is forbidden", answer: denied, names: [] },
  { what: "the answer is something else", answer: [200, { repositories: "app/web" }], names: [] },
])("lists $names when $what", async ({ answer, names }) => {
  expect(await registry({ "/v2/_catalog": answer }).repositories("r.azurecr.io", login)).toEqual(names);
});

test("reads at most the requested number of names", async () => {
  const names = Array.from({ length: 2000 }, (_, at) => `v${at}`);
  const { contentOf, repositories } = registry({ _tags: [200, { tags: names }], "/v2/_catalog": [200, { repositories: names }] });

  expect(await contentOf("r.azurecr.io", "app/web", login)).toEqual(names.slice(0, 100));
  expect(await repositories("r.azurecr.io", login)).toEqual(names.slice(0, 1000));
});
