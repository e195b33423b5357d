import { Readable } from "node:stream";
import { createHttpHeaders } from "@azure/core-rest-pipeline";
import { expect, test } from "vitest";
import { openHttp } from "../../../src/http/client.ts";
import { NetworkError } from "../../../src/http/network-error.ts";

/** Returns a client with scripted results: a status, or a failure. */
function scripted(script: (number | NetworkError)[]) {
  const slept: number[] = [];
  const reasons: string[] = [];
  const sent: string[] = [];
  const http = openHttp({
    sleep: async (milliseconds, what = "") => {
      slept.push(milliseconds);
      reasons.push(what);
    },
    transport: async () => ({
      async sendRequest(request) {
        sent.push(`${request.method} ${request.headers.get("User-Agent")}`);
        const next = script.shift() ?? 200;
        if (next instanceof NetworkError) throw next;
        return { status: next, headers: createHttpHeaders({ "X-Seen": "yes" }), request, bodyAsText: "text" };
      },
    }),
  });
  return { http, slept, sent, reasons };
}

const get = { method: "GET", url: "https://r.azurecr.io/v2/" } as const;

test("returns a response unchanged", async () => {
  const { http, sent } = scripted([404]);
  const answer = await http(get);

  expect([answer.status, answer.text, answer.header("x-seen")]).toEqual([404, "text", "yes"]);
  expect(sent).toEqual(["GET kubectl-acr-secret"]);
});

test("tries four times with growing pauses when a server is busy", async () => {
  const { http, slept } = scripted([500, 502, 503, 504]);

  expect((await http(get)).status).toBe(504);
  expect(slept).toEqual([500, 1000, 2000]);
});

test("says for which server it waits, and why", async () => {
  const { http, reasons } = scripted([503, new NetworkError("interrupted", "it broke")]);

  await http(get);

  expect(reasons).toEqual([expect.stringMatching(/r\.azurecr\.io: HTTP 503$/), expect.stringMatching(/r\.azurecr\.io: it broke$/)]);
});

test("retries a broken connection", async () => {
  const { http, slept } = scripted([new NetworkError("interrupted", "it broke")]);

  expect((await http(get)).status).toBe(200);
  expect(slept).toEqual([500]);
});

test("sends one request when a host does not exist", async () => {
  const { http, sent } = scripted([new NetworkError("dns", "no such host")]);

  await expect(http(get)).rejects.toThrow(new NetworkError("dns", "no such host"));
  expect(sent.length).toBe(1);
});

/** Returns the response to a request for at most 1,000 bytes of an endless body. `fails`: the connection breaks after one part. */
function endless(fails = false) {
  let parts = 0;
  const stream = Readable.from(
    (function* () {
      for (; !fails || parts < 1; parts++) yield Buffer.from("x".repeat(300));
      throw new Error("reset, with Authorization: Basic eA==");
    })(),
  );
  const http = openHttp({
    sleep: () => Promise.reject(new Error("retried")),
    transport: async () => ({
      async sendRequest(request) {
        expect(request.streamResponseStatusCodes?.has(Number.POSITIVE_INFINITY)).toBe(true);
        return { status: 200, headers: createHttpHeaders(), request, readableStreamBody: stream };
      },
    }),
  });
  return { answer: http({ ...get, maxBytes: 1000 }), stream };
}

test("reads no more of a body than maxBytes, and closes the connection", async () => {
  const { answer, stream } = endless();

  expect((await answer).text).toBe("x".repeat(1000));
  expect(stream.destroyed).toBe(true);
});

test("retries a body that breaks off", async () => {
  await expect(endless(true).answer).rejects.toThrow("retried");
});
