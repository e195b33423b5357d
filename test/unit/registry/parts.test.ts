import { expect, test } from "vitest";
import type { Http, HttpRequest } from "../../../src/http/message.ts";
import { NetworkError } from "../../../src/http/network-error.ts";
import type { Platform } from "../../../src/registry/port.ts";
import { registryOver } from "../../../src/registry/registry.ts";
import { Sensitive } from "../../../src/sensitive.ts";

const host = "r.azurecr.io";
const login = { username: "ci", password: new Sensitive("hunter2") };
const amd64: Platform = { os: "linux", architecture: "amd64" };
const arm64: Platform = { os: "linux", architecture: "arm64" };
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const data = "https://r.eastus.data.azurecr.io/d?sig=s";

type Reply = { readonly status: number; readonly text?: string; readonly to?: string } | NetworkError;

const single = (config: string, layer: string) =>
  JSON.stringify({ config: { digest: digest(config) }, layers: [{ digest: digest("f"), urls: ["https://x"] }, { digest: digest(layer) }] });
const index = JSON.stringify({
  manifests: [
    { digest: digest("1"), platform: amd64 },
    { digest: digest("2"), platform: arm64 },
    { digest: "../../../secrets", platform: { os: "linux", architecture: "s390x" } },
  ],
});

/** Returns a registry with these responses, by the end of their URL, and its requests. */
function world(replies: Readonly<Record<string, Reply>>) {
  const sent: HttpRequest[] = [];
  const http: Http = async (request) => {
    sent.push(request);
    const of = (status: number, text = "", headers: Readonly<Record<string, string | undefined>> = {}) => ({
      status,
      text,
      header: (name: string) => headers[name],
    });
    const { url, headers = {} } = request;
    if (url.includes("/token")) return of(200, '{"token":"t"}');
    if (new URL(url).host === host && headers["Authorization"] === undefined)
      return of(401, "", { "WWW-Authenticate": `Bearer realm="https://${host}/token"` });
    const reply = Object.entries(replies).find(([end]) => url.endsWith(end))?.[1] ?? { status: 200 };
    if (reply instanceof NetworkError) throw reply;
    return of(reply.status, reply.text, { Location: reply.to });
  };
  const prove = (platforms?: readonly Platform[]) =>
    registryOver(http).prove({ host, repository: "app", reference: "1" }, login, platforms);
  return { prove, sent, blobs: () => sent.filter(({ headers = {} }) => "Range" in headers) };
}

const redirected = { "/manifests/1": { status: 200, text: single("a", "b") }, [digest("a")]: { status: 307, to: data } };

test("fetches the first bytes of the config and of a layer, and names the hosts", async () => {
  const { prove, blobs } = world({ ...redirected, [digest("b")]: { status: 307, to: data }, [data]: { status: 206 } });

  expect(await prove([amd64])).toEqual({
    verdict: "pulls",
    message: 'user "ci" can pull r.azurecr.io/app:1',
    hosts: [
      { host, purpose: "token, manifests" },
      { host: "r.eastus.data.azurecr.io", purpose: "layers" },
    ],
  });
  expect(blobs().map(({ url, headers = {} }) => [new URL(url).host, headers["Range"], headers["Authorization"]])).toEqual([
    [host, "bytes=0-1023", "Bearer t"],
    ["r.eastus.data.azurecr.io", "bytes=0-1023", undefined],
    [host, "bytes=0-1023", "Bearer t"],
    ["r.eastus.data.azurecr.io", "bytes=0-1023", undefined],
  ]);
});

test("fetches no blob without platforms", async () => {
  const { prove, blobs } = world(redirected);

  expect(await prove()).toEqual({ verdict: "pulls", message: 'user "ci" can pull r.azurecr.io/app:1' });
  expect(blobs()).toEqual([]);
});

const manifests = {
  "/manifests/1": { status: 200, text: index },
  [digest("1")]: { status: 200, text: single("a", "b") },
  [digest("2")]: { status: 200, text: single("c", "d") },
};

test.for([
  { platforms: [amd64], blobs: ["a", "b"] },
  { platforms: [amd64, arm64], blobs: ["a", "b", "c", "d"] },
])("fetches the parts for $platforms.length of two platforms", async ({ platforms, blobs: expected }) => {
  const { prove, blobs } = world(manifests);

  expect(await prove(platforms)).toMatchObject({ verdict: "pulls" });
  expect(blobs().map(({ url }) => url.at(-1))).toEqual(expected);
});

test("names the platforms without a manifest", async () => {
  const s390x = { os: "linux", architecture: "s390x" };

  expect(await world(manifests).prove([s390x, amd64])).toMatchObject({
    verdict: "pulls",
    message: 'user "ci" can pull r.azurecr.io/app:1\n* r.azurecr.io/app:1 has no manifest for nodes with linux/s390x',
  });
  expect(await world(manifests).prove([s390x])).toMatchObject({
    verdict: "other-platform",
    message: "r.azurecr.io/app:1 has no manifest for linux/s390x",
  });
});

const storageError =
  '<?xml version="1.0"?><Error><Code>AuthorizationFailure</Code><Message>This request is not\nauthorized.</Message></Error>';

test.for<{ what: string; replies: Readonly<Record<string, Reply>>; verdict: string; message: string | RegExp }>([
  {
    what: "a firewall of the storage",
    replies: { [data]: { status: 403, text: storageError } },
    verdict: "data-blocked",
    message:
      "r.azurecr.io redirects the config to r.eastus.data.azurecr.io, which denied it (403 Forbidden)\n* AuthorizationFailure: This request is not authorized.",
  },
  {
    what: "an unreachable data endpoint",
    replies: { [data]: new NetworkError("dns", "lookup of r.eastus.data.azurecr.io failed: no such host") },
    verdict: "data-blocked",
    message: "r.azurecr.io redirects the config to r.eastus.data.azurecr.io: lookup of r.eastus.data.azurecr.io failed: no such host",
  },
  {
    what: "a proxy that inspects TLS",
    replies: { [data]: new NetworkError("untrusted", "the certificate is signed by an unknown authority") },
    verdict: "untrusted",
    message: /signed by an unknown authority$/,
  },
  { what: "a throttling storage", replies: { [data]: { status: 503 } }, verdict: "throttled", message: /throttles requests \(503\)$/ },
  { what: "a lost blob", replies: { [data]: { status: 404 } }, verdict: "unreachable", message: /returned HTTP 404$/ },
  {
    what: "a blob that the registry lacks",
    replies: { [digest("a")]: { status: 404 } },
    verdict: "not-found",
    message: `config ${digest("a")} not found in repository app of r.azurecr.io`,
  },
  {
    what: "an unreachable registry",
    replies: { [digest("a")]: new NetworkError("timeout", "r.azurecr.io did not respond") },
    verdict: "unreachable",
    message: "r.azurecr.io did not respond",
  },
  {
    what: "a missing layer",
    replies: { [data]: { status: 206 }, [digest("b")]: { status: 403 } },
    verdict: "denied",
    message: /denied user "ci"/,
  },
  ...["http://x.test/d", "https://u:p@x.test/d", "ftp://x.test", "http://", undefined].map((to) => ({
    what: `a redirect to ${to}`,
    replies: { [digest("a")]: to === undefined ? { status: 307 } : { status: 307, to } },
    verdict: to === undefined ? "unreachable" : "not-checked",
    message: to === undefined ? /returned HTTP 307 for the manifest request$/ : /so it was not requested$/,
  })),
  {
    what: "a loop of redirects",
    replies: { [data]: { status: 302, to: data } },
    verdict: "unreachable",
    message: "r.eastus.data.azurecr.io redirects the config too often",
  },
])("returns $verdict for $what", async ({ replies, verdict, message }) => {
  const { prove, sent } = world({ ...redirected, ...replies });

  expect(await prove([amd64])).toMatchObject({ verdict, message: typeof message === "string" ? message : expect.stringMatching(message) });
  expect(sent.filter(({ url, headers = {} }) => new URL(url).host !== host && "Authorization" in headers)).toEqual([]);
  expect(sent.length).toBeLessThan(12);
});

test("accepts a blob with fewer bytes than the range", async () => {
  expect(
    await world({ "/manifests/1": { status: 200, text: single("a", "b") }, [digest("b")]: { status: 416 } }).prove([amd64]),
  ).toMatchObject({
    verdict: "pulls",
  });
});

test("fetches a manifest without a platform for every node", async () => {
  const text = JSON.stringify({ manifests: [{ digest: digest("1") }, { digest: digest("2"), platform: arm64 }] });
  const { prove, blobs } = world({ ...manifests, "/manifests/1": { status: 200, text } });

  expect(await prove([amd64, arm64])).toMatchObject({ verdict: "pulls" });
  expect(blobs().map(({ url }) => url.at(-1))).toEqual(["a", "b", "c", "d"]);
});

test("sends the login to another path of the registry's host, but not after another host", async () => {
  const [there, back] = ["https://cdn.test/d", `https://${host}/back`];
  const { prove, sent } = world({
    ...manifests,
    "/manifests/1": { status: 200, text: single("a", "b") },
    [digest("a")]: { status: 307, to: "/own" },
    [digest("b")]: { status: 307, to: there },
    [there]: { status: 307, to: back },
  });

  // The fake registry returns 401 without a login
  expect(await prove([amd64])).toMatchObject({ verdict: "unreachable", message: expect.stringMatching(/returned HTTP 401$/) });
  expect(sent.slice(-5).map(({ url, headers = {} }) => [new URL(url).pathname.slice(-4), headers["Authorization"]])).toEqual([
    ["aaaa", "Bearer t"],
    ["/own", "Bearer t"],
    ["bbbb", "Bearer t"],
    ["/d", undefined],
    ["back", undefined],
  ]);
});
