import { createHttpHeaders } from "@azure/core-rest-pipeline";
import { expect, test } from "vitest";
import { openHttp } from "../../../src/http/client.ts";
import { NetworkError } from "../../../src/http/network-error.ts";

/** Returns a client with scripted results: a status, or a failure. */
function scripted(script: (number | NetworkError)[]) {
  const slept: number[] = [];
  const sent: string[] = [];
  const http = openHttp({
    sleep: async (milliseconds) => void slept.push(milliseconds),
    transport: async () => ({
      async sendRequest(request) {
        sent.push(`${request.method} ${request.headers.get("User-Agent")}`);
        const next = script.shift() ?? 200;
        if (next instanceof NetworkError) throw next;
        return { status: next, headers: createHttpHeaders({ "X-Seen": "yes" }), request, bodyAsText: "text" };
      },
    }),
  });
  return { http, slept, sent };
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
