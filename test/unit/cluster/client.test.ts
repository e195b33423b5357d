import { expect, test } from "vitest";
import { apiClient } from "../../../src/cluster/client.ts";
import type { Answer, Request } from "../../../src/cluster/exchange.ts";
import { listPath } from "../../../src/cluster/path.ts";

const json = (body: unknown, status = 200): Answer => ({
  status,
  phrase: "",
  type: "application/json",
  retryAfter: undefined,
  warnings: [],
  text: JSON.stringify(body),
});

/** Returns a client of a server with these responses in order, and the server's requests. */
function scripted(...answers: Answer[]) {
  const asked: Request[] = [];
  const client = apiClient(async (request) => {
    asked.push(request);
    return answers.shift() ?? json({}, 500);
  }, "agent/v1");
  return { client, asked };
}

const pods = (page: object) => listPath("pod", undefined, { ...page });
const gone = (next?: string) =>
  json(
    {
      kind: "Status",
      reason: "Expired",
      message: "The provided continue parameter is too old",
      metadata: next === undefined ? {} : { continue: next },
    },
    410,
  );

async function whole(pages: AsyncIterable<readonly unknown[]>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const page of pages) found.push(...page);
  return found;
}

test("a list goes on until the server has no more", async () => {
  const { client, asked } = scripted(
    json({ items: [1, 2], metadata: { continue: "a b" } }),
    json({ items: [3], metadata: { continue: "" } }),
  );

  expect(await whole(client.pages(pods))).toEqual([1, 2, 3]);
  expect(asked.map(({ path }) => path)).toEqual(["/api/v1/pods?limit=50", "/api/v1/pods?limit=100&continue=a%20b"]);
});

test("a page is only asked for once the one before it is used up", async () => {
  const { client, asked } = scripted(json({ items: [1], metadata: { continue: "x" } }), json({ items: [2] }));

  for await (const page of client.pages(pods)) {
    expect(asked).toHaveLength(Number(page[0]));
  }
  expect(asked).toHaveLength(2);
});

test.each([
  { objects: 50, characters: 50 * 1000, next: 100, why: "small objects, more of them" },
  { objects: 50, characters: 50 * 2500, next: 80, why: "as many as make a page of 200,000 characters" },
  { objects: 50, characters: 50 * 100_000, next: 50, why: "large ones, no fewer" },
])("after $objects objects in $characters characters the next page has $next: $why", async ({ objects, characters, next }) => {
  const metadata = { continue: "x" };
  const empty = JSON.stringify({ items: Array(objects).fill(""), metadata });
  const items = ["x".repeat(characters - empty.length), ...Array(objects - 1).fill("")];
  const { client, asked } = scripted(json({ items, metadata }), json({ items: [] }));

  await whole(client.pages(pods));

  expect(asked.at(-1)?.path).toBe(`/api/v1/pods?limit=${next}&continue=x`);
});

test("a list whose token is too old goes on from the same key, with the token that the server gives instead", async () => {
  const { client, asked } = scripted(json({ items: [1], metadata: { continue: "x" } }), gone("y"), json({ items: [2, 3] }));

  expect(await whole(client.pages(pods))).toEqual([1, 2, 3]);
  expect(asked.map(({ path }) => path)).toEqual([
    "/api/v1/pods?limit=50",
    "/api/v1/pods?limit=100&continue=x",
    "/api/v1/pods?limit=100&continue=y",
  ]);
});

test("a list whose token is too old and that cannot go on is an error, and not half a list", async () => {
  const { client } = scripted(json({ items: [1], metadata: { continue: "x" } }), gone());

  await expect(whole(client.pages(pods))).rejects.toMatchObject({ message: expect.stringContaining("too old") });
});

test("a list that is gone at once is an error", async () => {
  await expect(whole(scripted(gone("y")).client.pages(pods))).rejects.toMatchObject({ message: expect.stringContaining("too old") });
});

test("null items are none", async () => {
  expect(await whole(scripted(json({ items: null })).client.pages(pods))).toEqual([]);
});

test("where metadata is enough, nothing else is asked for, and more at once", async () => {
  const { client, asked } = scripted(json({ items: [1], metadata: { continue: "x" } }), json({ items: [2] }), json({}));

  await whole(client.pages(pods, true));
  await client.read("/x");

  expect(asked.map(({ headers }) => headers["accept"])).toEqual([
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
    "application/json",
  ]);
  expect(asked.map(({ path }) => path)).toEqual(["/api/v1/pods?limit=500", "/api/v1/pods?limit=500&continue=x", "/x"]);
});

const absent = json({ kind: "Status", reason: "NotFound", message: 'secrets "acr" not found', details: { name: "acr" } }, 404);

test("an absent object reads as undefined, and cannot be written", async () => {
  expect(await scripted(absent).client.read("/x")).toBeUndefined();
  await expect(scripted(absent).client.write({ method: "DELETE", path: "/x", type: "application/json", body: {} })).rejects.toMatchObject({
    kind: "notFound",
    message: 'Error from server (NotFound): secrets "acr" not found',
  });
});

test("a page that is not the API server's is told as such", async () => {
  const page = { ...json({}), type: "text/html", text: "<html>Sign in" };

  await expect(scripted(page).client.read("/x")).rejects.toMatchObject({
    kind: "unreachable",
    message: expect.stringContaining("text/html"),
  });
});

test("a write says what it is and who sends it", async () => {
  const { client, asked } = scripted(json({ kind: "Secret" }));

  await client.write({ method: "PATCH", path: "/x", type: "application/apply-patch+yaml", body: { a: 1 } });

  expect(asked).toEqual([
    {
      method: "PATCH",
      path: "/x",
      headers: { accept: "application/json", "user-agent": "agent/v1", "content-type": "application/apply-patch+yaml" },
      body: '{"a":1}',
    },
  ]);
});
