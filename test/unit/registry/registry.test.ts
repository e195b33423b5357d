import { expect, test } from "vitest";
import { askOnce } from "../../../src/registry/ask-once.ts";
import type { ImageRef, Login, Proof, Registry } from "../../../src/registry/port.ts";
import { clocked } from "../../../src/registry/registry.ts";
import { Sensitive } from "../../../src/sensitive.ts";

const now = () => new Date("2026-01-01T01:30:00Z");
const answering = (date: string | undefined) => async () => ({ status: 200, text: "", header: () => date });
const request = { method: "GET", url: "https://r.azurecr.io/v2/" } as const;

test.for([
  { date: "Thu, 01 Jan 2026 00:00:00 GMT", ahead: -90 * 60_000 },
  { date: "Thu, 01 Jan 2026 01:30:05 GMT", ahead: 5000 },
  { date: "soon", ahead: undefined },
  { date: undefined, ahead: undefined },
])("compares the clock of a host that answers with the date $date", async ({ date, ahead }) => {
  const { http, aheadBy } = clocked(answering(date), now);
  expect(aheadBy("r.azurecr.io")).toBeUndefined();

  await http(request);

  expect([aheadBy("r.azurecr.io"), aheadBy("other.azurecr.io")]).toEqual([ahead, undefined]);
});

const image: ImageRef = { host: "r.azurecr.io", repository: "app/web", reference: "1" };
const login = (username: string, password: string): Login => ({ username, password: new Sensitive(password) });
const pulls: Proof = { verdict: "pulls", message: "yes" };

/** Returns a registry that responds when the test says so, and records its requests. */
function world() {
  const asked: string[] = [];
  const answers: { resolve(proof: Proof): void; reject(error: Error): void }[] = [];
  const registry: Registry = {
    prove: (of, as) =>
      new Promise((resolve, reject) => {
        asked.push(`${as?.username ?? "nobody"} ${of.host}/${of.repository}:${of.reference}`);
        answers.push({ resolve, reject });
      }),
    admits: async () => ({ verdict: "pulls", message: "" }),
    anyTag: async () => "1",
    contentOf: async () => ["1"],
    repositories: async () => [],
    exchange: () => Promise.reject(new Error("nothing is exchanged")),
  };
  return { registry: askOnce(registry), asked, answers };
}

test("proves a login of several Secrets once, even before the first response", async () => {
  const { registry, asked, answers } = world();

  const both = [registry.prove(image, login("ci", "p")), registry.prove({ ...image }, login("ci", "p"))];
  answers[0]?.resolve(pulls);

  expect(await Promise.all(both)).toEqual([pulls, pulls]);
  expect(await registry.prove(image, login("ci", "p"))).toEqual(pulls);
  expect(asked).toEqual(["ci r.azurecr.io/app/web:1"]);
});

test.for([
  { what: "another user name", of: image, as: login("cd", "p") },
  { what: "another password", of: image, as: login("ci", "q") },
  { what: "no login", of: image, as: undefined },
  { what: "another host", of: { ...image, host: "q.azurecr.io" }, as: login("ci", "p") },
  { what: "another repository", of: { ...image, repository: "app/api" }, as: login("ci", "p") },
  { what: "another tag", of: { ...image, reference: "2" }, as: login("ci", "p") },
  { what: "a colon elsewhere", of: image, as: login("c", "ip") },
])("sends another request for $what", async ({ of, as }) => {
  const { registry, asked, answers } = world();

  const both = Promise.all([registry.prove(image, login("ci", "p")), registry.prove(of, as)]);
  for (const { resolve } of answers) resolve(pulls);
  await both;

  expect(asked.length).toBe(2);
});

test("sends another request for other platforms, and one for the same", async () => {
  const { registry, asked, answers } = world();
  const [amd64, arm64] = ["amd64", "arm64"].map((architecture) => [{ os: "linux", architecture }]);

  const proofs = [undefined, amd64, arm64, amd64].map((platforms) => registry.prove(image, login("ci", "p"), platforms));
  for (const { resolve } of answers) resolve(pulls);
  await Promise.all(proofs);

  expect(asked.length).toBe(3);
});

test("asks again after an exception", async () => {
  const { registry, asked, answers } = world();

  const first = registry.prove(image, undefined);
  answers[0]?.reject(new Error("interrupted"));
  await expect(first).rejects.toThrow("interrupted");
  const second = registry.prove(image, undefined);
  answers[1]?.resolve(pulls);

  expect(await second).toEqual(pulls);
  expect(asked.length).toBe(2);
});

test("sends requests for tags unchanged", async () => {
  expect(await world().registry.anyTag("r.azurecr.io", "app/web", login("ci", "p"))).toBe("1");
});
