import { once } from "node:events";
import { Agent, createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Request } from "../../../src/kube/exchange.ts";
import { clusterRetryDelay, sender } from "../../../src/kube/send.ts";
import { connectionError } from "../../../src/kube/status.ts";

type Reply = { status?: number; headers?: Record<string, string | string[]>; body?: string };

/** Returns a sender to a server with these replies in order. The last one is repeated. Records its waits, warnings and traces. */
async function against(
  replies: (Reply | RequestListener)[],
  {
    opens = async () => {},
    requestTimeout = 0,
    level = 0,
    signal = () => new AbortController().signal,
    sleep = async () => {},
    firstAlone = true,
  } = {},
) {
  const seen = { requests: 0, asked: [] as string[], slept: [] as number[], warnings: [] as string[], lines: [] as string[] };
  const server = createServer((request, response) => {
    seen.asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    const reply = replies[Math.min(seen.requests++, replies.length - 1)] ?? {};
    if (typeof reply === "function") return reply(request, response);
    response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers }).end(reply.body ?? "{}");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close().closeAllConnections());
  const agent = new Agent({ keepAlive: true });
  const { port } = server.address() as AddressInfo;
  const send = sender({
    transport: {
      open: async () =>
        opens().then(() => ({
          connect: { host: "127.0.0.1", port, agent },
          secure: false,
          prefix: "/p",
          headers: async () => ({ authorization: "Bearer hunter2" }),
        })),
      close: async () => {},
    },
    requestTimeout,
    signal,
    trace: (at, line) => void (at <= level && seen.lines.push(line())),
    now: () => new Date(0),
    sleep: (milliseconds) => {
      seen.slept.push(milliseconds);
      return sleep();
    },
    onWarning: (text) => void seen.warnings.push(text),
    firstAlone: () => firstAlone,
    onDate: () => {},
    explain: async (sentence) => connectionError(sentence),
  });
  return { send, seen };
}

const get: Request = { method: "GET", path: "/api/v1/secrets/acr", headers: {} };
const patch: Request = { ...get, method: "PATCH", body: '{"data":{"x":"aHVudGVyMg=="}}' };
const hangUp: RequestListener = (request) => void request.socket.destroy();

test("reads no more of a response than was asked for", async () => {
  const { send } = await against([{ body: "x".repeat(5000) }]);
  const sized = async (most?: number) => {
    const { text, isTooLarge = false } = await send({ method: "GET", path: "/", headers: {}, most });
    return [text.length, isTooLarge];
  };

  expect(await sized()).toEqual([5000, false]);
  expect(await sized(5000)).toEqual([5000, false]);
  expect(await sized(4999)).toEqual([0, true]);
});

test("repeats a request after the Retry-After of a busy server", async () => {
  const busy = { status: 429, headers: { "retry-after": "2" } };
  const { send, seen } = await against([busy, busy, { body: '{"a":1}' }]);

  expect(await send(get)).toMatchObject({ status: 200, text: '{"a":1}' });
  expect(seen.slept).toEqual([2000, 2000]);
});

test("sends each request below the endpoint's prefix, with its headers", async () => {
  const { send, seen } = await against([{}]);

  await send(get);

  expect(seen.asked).toEqual(["GET /p/api/v1/secrets/acr Bearer hunter2"]);
});

test("returns an error response unchanged", async () => {
  const { send, seen } = await against([{ status: 403 }]);

  expect(await send(get)).toMatchObject({ status: 403 });
  expect(seen.requests).toBe(1);
});

test("retries a 401 once", async () => {
  const { send, seen } = await against([{ status: 401 }]);

  expect(await send(patch)).toMatchObject({ status: 401 });
  expect(seen.requests).toBe(2);
});

test("retries a read when the connection drops", async () => {
  const { send, seen } = await against([hangUp, {}]);

  expect(await send(get)).toMatchObject({ status: 200 });
  expect(seen.requests).toBe(2);
});

test("fails a write when the connection drops", async () => {
  const { send, seen } = await against([hangUp, {}]);

  await expect(send(patch)).rejects.toMatchObject({ kind: "unreachable", message: "Unable to connect to the server: socket hang up" });
  expect(seen.requests).toBe(1);
});

test("reports a failure of the proxy in kubectl's words", async () => {
  const failure = { status: 500, headers: { "content-type": "text/plain; charset=utf-8" } };
  const { send } = await against([{ ...failure, body: "dial tcp 10.0.0.1:6443: connect: connection refused\n" }]);

  await expect(send(get)).rejects.toMatchObject({
    kind: "unreachable",
    message: "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?",
  });
});

test("times out when the server never responds", async () => {
  const { send } = await against([() => {}], { requestTimeout: 50 });

  await expect(send(get)).rejects.toMatchObject({ kind: "timeout", message: "Unable to connect to the server: no response within 0.05s" });
});

test("times out when the server stops within a response", async () => {
  const { send } = await against([(_, response) => void response.writeHead(200).write("{")], { requestTimeout: 50 });

  await expect(send(get)).rejects.toMatchObject({ kind: "timeout" });
});

test("cancels a request at once", async () => {
  const cancel = new AbortController();
  const { send } = await against([() => cancel.abort()], { signal: () => cancel.signal });

  await expect(send(get)).rejects.toMatchObject({ kind: "cancelled" });
  await expect(send(get)).rejects.toMatchObject({ kind: "cancelled" });
});

test("sends a request with another signal after a cancellation", async () => {
  let cancel = new AbortController();
  const { send } = await against([() => cancel.abort(), {}], { signal: () => cancel.signal });
  await expect(send(get)).rejects.toMatchObject({ kind: "cancelled" });

  cancel = new AbortController();

  expect(await send(get)).toMatchObject({ status: 200 });
});

test("cancels the wait for a busy server", async () => {
  const cancel = new AbortController();
  const busy: RequestListener = (_, response) => void response.writeHead(429, { "retry-after": "1" }).end(() => cancel.abort());
  const { send } = await against([busy], { signal: () => cancel.signal, sleep: () => Promise.reject(new Error("aborted")) });

  await expect(send(get)).rejects.toMatchObject({ kind: "cancelled" });
});

const never = () => new Promise<never>(() => {});

test("times out when the transport does not open", async () => {
  const { send } = await against([{}], { opens: never, requestTimeout: 50 });

  await expect(send(get)).rejects.toMatchObject({ kind: "timeout", message: "Unable to connect to the server: no response within 0.05s" });
});

test("cancels the wait for the transport and sends nothing when it opens later", async () => {
  const cancel = new AbortController();
  let open = () => {};
  const opens = () => new Promise<void>((resolve) => (open = resolve));
  const { send, seen } = await against([{}], { opens, signal: () => cancel.signal });
  const sent = send(patch);

  cancel.abort();
  await expect(sent).rejects.toMatchObject({ kind: "cancelled" });
  open();
  await new Promise((resolve) => setTimeout(resolve, 50));

  expect(seen.requests).toBe(0);
});

test("accepts a timeout below one millisecond", async () => {
  const { send } = await against([() => {}], { requestTimeout: 0.1 });

  await expect(send(get)).rejects.toMatchObject({
    kind: "timeout",
    message: "Unable to connect to the server: no response within 0.0001s",
  });
});

test("accepts a timeout above the longest timer", async () => {
  const { send } = await against([{}], { requestTimeout: 1200 * 3_600_000 });

  expect(await send(get)).toMatchObject({ status: 200 });
});

test("passes on each warning once", async () => {
  const warning = { headers: { warning: ['299 - "old"', '299 - "older, still"', '299 - "old"'] } };
  const { send, seen } = await against([warning]);

  await send(get);
  await send(get);

  expect(seen.warnings).toEqual(["old", "older, still"]);
});

test("drops the warnings of a question", async () => {
  const { send, seen } = await against([{ headers: { warning: '299 - "would violate PodSecurity"' } }]);

  await send({ ...patch, isQuestion: true });

  expect(seen.warnings).toEqual([]);
});

test("prints a line for each request at -v=6", async () => {
  const { send, seen } = await against([{ status: 503 }, {}], { level: 6 });

  await send(get);

  expect(seen.lines).toEqual([
    "GET /api/v1/secrets/acr 503 Service Unavailable in 0 milliseconds",
    "GET /api/v1/secrets/acr 200 OK in 0 milliseconds",
  ]);
});

test("prints headers and bodies without secrets at -v=8", async () => {
  const { send, seen } = await against([{ body: '{"kind":"Secret","data":{"x":"aHVudGVyMg=="}}' }], { level: 8 });

  await send({ ...patch, headers: { Authorization: "Bearer hunter2", accept: "application/json" } });

  expect(seen.lines).toEqual([
    "PATCH /api/v1/secrets/acr 200 OK in 0 milliseconds",
    "Request headers:",
    "    Authorization: ***",
    "    accept: application/json",
    'Request body: {"data":{"x":"***"}}',
    'Response body: {"kind":"Secret","data":{"x":"***"}}',
  ]);
});

test("hides Secret contents that an error or a warning repeats", async () => {
  const contents = { x: "aHVudGVyMg==" };
  const repeats = {
    status: 400,
    headers: { warning: `299 - "bad: ${contents.x}"` },
    body: `{"message":"cannot decode hunter2 of ${contents.x}"}`,
  };
  const { send, seen } = await against([repeats], { level: 8 });

  expect(await send({ ...patch, contents })).toMatchObject({ text: '{"message":"cannot decode *** of ***"}' });
  expect(seen.lines.at(-1)).toBe('Response body: {"message":"cannot decode *** of ***"}');
  expect(seen.warnings).toEqual(["bad: ***"]);
});

test.for([
  { firstAlone: true, asked: 1, says: "alone when a credential plugin may prompt" },
  { firstAlone: false, asked: 3, says: "with the others when no credential plugin may prompt" },
])("sends the first request $says", async ({ firstAlone, asked }) => {
  const held = Promise.withResolvers<void>();
  const slow: RequestListener = (_, response) => void held.promise.then(() => response.end("{}"));
  const { send, seen } = await against([slow], { firstAlone });

  const answers = Promise.all([send(get), send(get), send(get)]);
  await vi.waitUntil(() => seen.requests >= asked);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(seen.requests).toBe(asked);
  held.resolve();
  await answers;
  expect(seen.requests).toBe(3);
});

test("fails the requests that wait for the first one with its error, and sends the next", async () => {
  const { send, seen } = await against([hangUp, hangUp, {}], {});

  const ends = await Promise.allSettled([send(patch), send(patch), send(patch)]);
  expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(seen.requests).toBe(1);
});

const asked = { status: 429, retryAfter: "1" };
type Attempt = Parameters<typeof clusterRetryDelay>[1][number];

const times = (count: number, outcome: Attempt) => Array<Attempt>(count).fill(outcome);

test.for<{ method?: "GET" | "PATCH"; attempts: Attempt[]; delay: number | undefined; why: string }>([
  { attempts: [{ status: 200 }], delay: undefined, why: "done" },
  { attempts: [{ status: 409 }], delay: undefined, why: "a conflict needs another read" },
  { attempts: [asked], delay: 1000, why: "Retry-After" },
  { attempts: [{ status: 429, retryAfter: "0" }], delay: 250, why: "Retry-After without a pause" },
  { attempts: [{ status: 500, retryAfter: "2" }], delay: 2000, why: "Retry-After of any 5xx" },
  { attempts: [{ status: 429, retryAfter: "3600" }], delay: 30_000, why: "at most 30 seconds" },
  { attempts: [{ status: 503, retryAfter: "Wed, 21 Oct 2026 07:28:00 GMT" }], delay: 250, why: "a date counts as absent" },
  { attempts: times(9, asked), delay: 1000, why: "the tenth attempt" },
  { attempts: times(10, asked), delay: undefined, why: "at most ten attempts" },
  { attempts: [{ status: 503 }], delay: 250, why: "503 without Retry-After" },
  { attempts: times(3, { status: 503 }), delay: 1000, why: "a longer delay each time" },
  { attempts: times(4, { status: 503 }), delay: undefined, why: "at most four attempts without Retry-After" },
  { attempts: [{ status: 500 }], delay: undefined, why: "500 without Retry-After is final" },
  { attempts: [{ status: 401 }], delay: 0, why: "a 401 makes the credential plugin run again" },
  { attempts: times(2, { status: 401 }), delay: undefined, why: "a second 401 is final" },
  { attempts: [asked, { status: 401 }], delay: 0, why: "the first 401 after another error" },
  { attempts: [{ code: "ECONNRESET" }], delay: 250, why: "a read can be repeated" },
  { method: "PATCH", attempts: [{ code: "ECONNRESET" }], delay: undefined, why: "a write may have been applied" },
  { method: "PATCH", attempts: [{ code: "ECONNREFUSED" }], delay: 250, why: "a write that was not sent" },
  { attempts: [{ status: 500, broken: true }], delay: 250, why: "the proxy's connection broke during a read" },
  { method: "PATCH", attempts: [{ status: 500, broken: true }], delay: undefined, why: "the proxy's connection broke during a write" },
])("waits $delay ms after $attempts.length attempts of $method: $why", ({ method = "GET", attempts, delay }) => {
  expect(clusterRetryDelay(method, attempts)).toBe(delay);
});
