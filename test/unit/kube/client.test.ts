import { expect, test } from "vitest";
import { apiClient, listPath, objectPath } from "../../../src/kube/client.ts";
import type { Answer, Request } from "../../../src/kube/exchange.ts";

const json = (body: unknown, status = 200): Answer => ({
  status,
  phrase: "",
  type: "application/json",
  retryAfter: undefined,
  warnings: [],
  text: JSON.stringify(body),
});

const secret = { kind: "secret", namespace: "demo", name: "acr" } as const;
const how = { dryRun: false, fieldManager: "me" };

/** Returns a client of a server with these responses in order, and the server's requests. */
function scripted(...answers: Answer[]) {
  const asked: Request[] = [];
  const client = apiClient(async (request) => {
    asked.push(request);
    return answers.shift() ?? json({}, 500);
  }, "agent/v1");
  return { client, asked };
}

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

/** Returns the names in the pages of a list. */
async function whole(pages: AsyncIterable<readonly { readonly metadata: { readonly name: string } }[]>): Promise<string[]> {
  const names: string[] = [];
  for await (const page of pages) names.push(...page.map(({ metadata }) => metadata.name));
  return names;
}

const named = (...names: readonly string[]) => names.map((name) => ({ metadata: { name } }));

test("reads all pages of a list", async () => {
  const { client, asked } = scripted(
    json({ kind: "AnyList", items: named("1", "2"), metadata: { continue: "a b" } }),
    json({ kind: "AnyList", items: named("3"), metadata: { continue: "" } }),
  );

  expect(await whole(client.pages("pod"))).toEqual(["1", "2", "3"]);
  expect(asked.map(({ path }) => path)).toEqual(["/api/v1/pods?limit=50", "/api/v1/pods?limit=2000&continue=a%20b"]);
});

test("reads at most 16 MB of the metrics of a node", async () => {
  const { client, asked } = scripted({ ...json({}), text: "", isTooLarge: true });

  await expect(client.nodeMetrics("worker-1")).rejects.toMatchObject({ kind: "unreachable", message: expect.stringContaining("worker-1") });
  expect(asked).toMatchObject([{ most: 16_000_000 }]);
});

test("marks the request of a question", async () => {
  const { client, asked } = scripted(json({}));

  await client.write(secret, { create: {} }, { ...how, isQuestion: true });

  expect(asked).toMatchObject([{ isQuestion: true }]);
});

test("requests a page only when the caller needs it", async () => {
  const { client, asked } = scripted(
    json({ kind: "AnyList", items: named("1"), metadata: { continue: "x" } }),
    json({ kind: "AnyList", items: named("2") }),
  );

  for await (const page of client.pages("pod")) {
    expect(asked).toHaveLength(Number(page[0]?.metadata.name));
  }
  expect(asked).toHaveLength(2);
});

test.each([
  { objects: 50, characters: 50 * 150, next: 2000, why: "more of small objects" },
  { objects: 50, characters: 50 * 2500, next: 160, why: "as many as fit into 400,000 characters" },
  { objects: 50, characters: 50 * 60_000, next: 50, why: "no fewer of objects that fit" },
  { objects: 50, characters: 50 * 100_000, next: 30, why: "as many large objects as fit into 3 MB" },
  { objects: 1, characters: 5_000_000, next: 1, why: "one object, however large" },
])("requests $next objects after $objects objects with $characters characters: $why", async ({ objects, characters, next }) => {
  const metadata = { continue: "x" };
  const sized = (name: string) => named(name, ...Array(objects - 1).fill(""));
  const items = sized("x".repeat(characters - JSON.stringify({ kind: "AnyList", items: sized(""), metadata }).length));
  const { client, asked } = scripted(json({ kind: "AnyList", items, metadata }), json({ kind: "AnyList", items: [] }));

  await whole(client.pages("pod"));

  expect(asked.at(-1)?.path).toBe(`/api/v1/pods?limit=${next}&continue=x`);
});

test("requests fewer objects until a page is not too large", async () => {
  const tooLarge = { ...json({}), text: "", isTooLarge: true } as const;
  const page = json({ kind: "AnyList", items: named("1"), metadata: { continue: "x" } });
  const { client, asked } = scripted(
    tooLarge,
    tooLarge,
    tooLarge,
    page,
    json({ kind: "AnyList", items: named("2") }),
    json({ kind: "AnyList", items: [] }),
  );

  expect(await whole(client.pages("pod"))).toEqual(["1", "2"]);

  expect(asked.map(({ path, most }) => [path, most])).toEqual([
    ["/api/v1/pods?limit=50", 4_000_000],
    ["/api/v1/pods?limit=13", 4_000_000],
    ["/api/v1/pods?limit=4", 4_000_000],
    ["/api/v1/pods?limit=1", undefined],
    ["/api/v1/pods?limit=2000&continue=x", 4_000_000],
  ]);
  await whole(client.pages("pod"));
  expect(asked.at(-1)?.path).toBe("/api/v1/pods?limit=1");
});

test("begins the next list with 50 objects when a later page was too large", async () => {
  const tooLarge = { ...json({}), text: "", isTooLarge: true } as const;
  const first = json({ kind: "AnyList", items: named("1"), metadata: { continue: "x" } });
  const { client, asked } = scripted(first, tooLarge, json({ kind: "AnyList", items: [] }), json({ kind: "AnyList", items: [] }));

  for (const _ of [1, 2]) await whole(client.pages("pod"));

  expect(asked.map(({ path }) => /limit=(\d+)/.exec(path)?.[1])).toEqual(["50", "2000", "500", "50"]);
});

test("continues a list with the server's new token when the old one has expired", async () => {
  const { client, asked } = scripted(
    json({ kind: "AnyList", items: named("1"), metadata: { continue: "x" } }),
    gone("y"),
    json({ kind: "AnyList", items: named("2", "3") }),
  );

  expect(await whole(client.pages("pod"))).toEqual(["1", "2", "3"]);
  expect(asked.map(({ path }) => path)).toEqual([
    "/api/v1/pods?limit=50",
    "/api/v1/pods?limit=2000&continue=x",
    "/api/v1/pods?limit=2000&continue=y",
  ]);
});

test("fails a list when its token has expired and the server returns no new one", async () => {
  const { client } = scripted(json({ kind: "AnyList", items: named("1"), metadata: { continue: "x" } }), gone());

  await expect(whole(client.pages("pod"))).rejects.toMatchObject({ message: expect.stringContaining("too old") });
});

test("fails a list when its first page is 410", async () => {
  await expect(whole(scripted(gone("y")).client.pages("pod"))).rejects.toMatchObject({ message: expect.stringContaining("too old") });
});

test.for([{}, { items: [] }, { kind: "Pod", items: [] }, { kind: "PodList" }])("fails a list whose response is %j", async (body) => {
  await expect(whole(scripted(json(body)).client.pages("pod"))).rejects.toMatchObject({ kind: "unreachable" });
});

test("reads null items as an empty list", async () => {
  expect(await whole(scripted(json({ kind: "AnyList", items: null })).client.pages("pod"))).toEqual([]);
});

test("requests small pages of metadata when an object has a megabyte of labels", async () => {
  const [item] = named("a".repeat(1_000_000));
  const { client, asked } = scripted(
    json({ kind: "AnyList", items: [item], metadata: { continue: "x" } }),
    json({ kind: "AnyList", items: [] }),
  );

  await whole(client.pages("secret", { metadataOnly: true }));

  expect(asked.map(({ path }) => path)).toEqual(["/api/v1/secrets?limit=50", "/api/v1/secrets?limit=2&continue=x"]);
});

test("requests only metadata, in larger pages, when that is enough", async () => {
  const { client, asked } = scripted(
    json({ kind: "AnyList", items: named("1"), metadata: { continue: "x" } }),
    json({ kind: "AnyList", items: named("2") }),
    json({}),
  );

  await whole(client.pages("pod", { metadataOnly: true }));
  await client.get(secret);

  expect(asked.map(({ headers }) => headers["accept"])).toEqual([
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
    "application/json",
  ]);
  expect(asked.map(({ path }) => path)).toEqual([
    "/api/v1/pods?limit=50",
    "/api/v1/pods?limit=2000&continue=x",
    "/api/v1/namespaces/demo/secrets/acr",
  ]);
});

const absent = json({ kind: "Status", reason: "NotFound", message: 'secrets "acr" not found', details: { name: "acr" } }, 404);

test("returns undefined for a missing object and fails a write to it", async () => {
  expect(await scripted(absent).client.get(secret)).toBeUndefined();
  await expect(scripted(absent).client.write(secret, { delete: { uid: "u" } }, how)).rejects.toMatchObject({
    kind: "notFound",
    message: 'Error from server (NotFound): secrets "acr" not found',
  });
});

test("fails when the response is not JSON", async () => {
  const page = { ...json({}), type: "text/html", text: "<html>Sign in" };

  await expect(scripted(page).client.get(secret)).rejects.toMatchObject({
    kind: "unreachable",
    message: expect.stringContaining("text/html"),
  });
});

test("sends the media type, the field manager and the User-Agent of a write", async () => {
  const { client, asked } = scripted(json({ kind: "Secret" }));

  await client.write(secret, { patch: { a: 1 } }, how);

  expect(asked).toEqual([
    {
      method: "PATCH",
      path: "/api/v1/namespaces/demo/secrets/acr?fieldManager=me",
      headers: { accept: "application/json", "user-agent": "agent/v1", "content-type": "application/merge-patch+json" },
      body: '{"a":1}',
    },
  ]);
});

const pod = { kind: "pod", namespace: "a/../b", name: "x?y" } as const;

test.for([
  { path: objectPath(secret), is: "/api/v1/namespaces/demo/secrets/acr" },
  {
    path: objectPath(secret, { fieldManager: "me", dryRun: "All" }),
    is: "/api/v1/namespaces/demo/secrets/acr?fieldManager=me&dryRun=All",
  },
  { path: objectPath(secret, { dryRun: undefined, fieldManager: "" }), is: "/api/v1/namespaces/demo/secrets/acr" },
  { path: objectPath(pod), is: "/api/v1/namespaces/a%2F..%2Fb/pods/x%3Fy" },
  { path: objectPath({ ...pod, namespace: "demo" }, {}, "eviction"), is: "/api/v1/namespaces/demo/pods/x%3Fy/eviction" },
  { path: objectPath({ kind: "namespace", name: "demo" }), is: "/api/v1/namespaces/demo" },
  { path: objectPath({ kind: "namespace", name: "demo", namespace: "demo" }), is: "/api/v1/namespaces/demo" },
  { path: listPath("namespace", undefined), is: "/api/v1/namespaces" },
  { path: listPath("serviceaccount", undefined, { limit: 500 }), is: "/api/v1/serviceaccounts?limit=500" },
  {
    path: listPath("pod", "demo", { labelSelector: "a=b,c", limit: 1 }),
    is: "/api/v1/namespaces/demo/pods?labelSelector=a%3Db%2Cc&limit=1",
  },
])("builds the path $is", ({ path, is }) => {
  expect(path).toBe(is);
});

test.for(["", ".", ".."])("sends no request for %j, which is not a valid object name", (name) => {
  const refused = expect.objectContaining({ kind: "invalid", message: `${JSON.stringify(name)} is not a valid object name` });

  expect(() => objectPath({ ...secret, name })).toThrow(refused);
  expect(() => objectPath({ ...secret, namespace: name })).toThrow(refused);
  expect(() => objectPath({ kind: "namespace", name })).toThrow(refused);
  expect(() => listPath("pod", name)).toThrow(refused);
});

test("asks for a right and for the user, and sends nothing that is stored", async () => {
  const { client, asked } = scripted(
    json({ status: { allowed: true } }, 201),
    json({ status: {} }, 201),
    json({ status: { userInfo: { username: "jane" } } }, 201),
  );

  expect(await client.may({ group: "", resource: "pods/eviction", verb: "create", namespace: "demo" })).toBe(true);
  expect(await client.may({ group: "apps", resource: "deployments", verb: "list" })).toBe(false);
  expect(await client.user()).toBe("jane");

  const access = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    `POST ${access}`,
    `POST ${access}`,
    "POST /apis/authentication.k8s.io/v1/selfsubjectreviews",
  ]);
  expect(JSON.parse(asked[0]?.body ?? "").spec.resourceAttributes).toEqual({
    group: "",
    resource: "pods",
    subresource: "eviction",
    verb: "create",
    namespace: "demo",
  });
});

test("reports a denied review in the server's words", async () => {
  const { client } = scripted(
    json({ kind: "Status", reason: "NotFound", message: "the server could not find the requested resource" }, 404),
  );

  await expect(client.user()).rejects.toMatchObject({ kind: "notFound" });
});
