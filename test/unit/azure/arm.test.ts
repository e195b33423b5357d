import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { limit, openArm } from "../../../src/azure/arm.ts";
import { cloudOf } from "../../../src/azure/cloud.ts";
import type { HttpResponse } from "../../../src/http/message.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";

/** Returns an Azure Resource Manager that always returns this response, and the requested URLs. */
function answering(status: number, body: object | ((url: URL) => [number, object]), headers: Readonly<Record<string, string>> = {}) {
  const asked: string[] = [];
  const urls: string[] = [];
  const answer = (url: URL): HttpResponse => {
    const [code, content] = typeof body === "function" ? body(url) : [status, body];
    return { status: code, text: JSON.stringify(content), header: (name) => headers[name] };
  };
  const arm = openArm({
    cloud: cloudOf({}),
    identity: { source: "az", token: async () => new Sensitive("hunter2"), subscription: async () => undefined },
    http: async ({ url }) => {
      asked.push(new URL(url).host);
      urls.push(url.replace("https://management.azure.com", ""));
      return answer(new URL(url));
    },
    sleep: async () => {},
  });
  return { arm, asked, urls };
}

const request = { method: "PUT", path: "/x", version: "1", doing: "make it" } as const;
const list = { path: "/x", version: "1", doing: "list them" } as const;

test.for([
  "https://evil.example/next",
  "http://management.azure.com/next",
  "https://management.azure.com.evil.example",
  "https://management.azure.com:8443/",
])("Azure's token goes to Azure Resource Manager alone, though its answer points to %s", async (url) => {
  const pages = answering(200, { value: [], nextLink: url });
  const status = answering(201, {}, { "Azure-AsyncOperation": url });
  const result = answering(202, {}, { Location: url });

  await expect(pages.arm.list(list)).rejects.toMatchObject({ message: expect.stringContaining("is not followed") });
  await expect(status.arm.send(request)).rejects.toMatchObject({ message: expect.stringContaining("is not followed") });
  await expect(result.arm.send(request)).rejects.toMatchObject({ message: expect.stringContaining("is not followed") });
  expect([pages.asked, status.asked, result.asked]).toEqual(Array(3).fill(["management.azure.com"]));
});

/** Returns a cloud that supports only older versions, with Azure Resource Manager's error message. */
function lagging(versions: readonly string[], code = "NoRegisteredProviderFound") {
  const list = versions.join(", ");
  const message =
    code === "InvalidApiVersionParameter"
      ? `The api-version 'x' is invalid. The supported versions are '${list}'.`
      : `No registered resource provider found for location 'usgovvirginia' and API version 'x' for type 'registries'. The supported api-versions are '${list}'. The supported locations are 'usgovvirginia'.`;
  return answering(200, ({ searchParams }) =>
    versions.includes(searchParams.get("api-version") ?? "")
      ? [200, { id: "/x", name: "x", value: [] }]
      : [400, { error: { code, message } }],
  );
}

const registries = "/subscriptions/s/providers/Microsoft.ContainerRegistry/registries";

test.for([
  { why: "the newest that it lists", listed: ["2021-09-01", "2023-07-01", "2022-12-01"], used: "2023-07-01" },
  { why: "a newer preview", listed: ["2023-07-01", "2025-05-01-preview", "2026-01-01-preview"], used: "2025-05-01-preview" },
  { why: "the stable one of a day", listed: ["2023-07-01-preview", "2023-07-01"], used: "2023-07-01" },
  { why: "as ARM lists its own", listed: ["2023-07-01", "2019-05-01"], code: "InvalidApiVersionParameter", used: "2023-07-01" },
])("uses an older API version when the cloud lacks ours: $why", async ({ listed, code, used }) => {
  const { arm, urls } = lagging(listed, code);
  const of = { path: `${registries}/r`, version: "2025-11-01", doing: "read it" };

  await arm.send({ method: "GET", ...of });
  await arm.list({ ...of, path: registries, filter: "a" });

  expect(urls).toEqual([
    `${of.path}?api-version=2025-11-01`,
    `${of.path}?api-version=${used}`,
    `${registries}?api-version=${used}&$filter=a`,
  ]);
});

test.for([
  { listed: ["2025-11-01", "2026-09-01-preview"], used: "2026-09-01-preview" },
  { listed: ["2026-06-01", "2026-03-01-preview"], used: "2026-06-01" },
])("uses $used for regional endpoints when the cloud has no preview of ours", async ({ listed, used }) => {
  const { arm, urls } = lagging(listed);
  await arm.send({ method: "GET", path: `${registries}/r`, version: "2026-01-01-preview", doing: "read it" });

  expect(urls.map((url) => url.split("=")[1])).toEqual(["2026-01-01-preview", used]);
});

test.for([
  { why: "the versions do not show regional endpoints", version: "2026-01-01-preview", listed: ["2025-11-01", "2023-07-01"] },
  { why: "the versions lack tokens", version: "2025-11-01", listed: ["2021-09-01", "2022-12-01"] },
  { why: "the version has no older one that will do", version: "2022-04-01", listed: ["2015-07-01", "2018-01-01-preview"] },
  { why: "the answer lists none", version: "2025-11-01", listed: [] },
])("reports the refusal of an API version when $why", async ({ version, listed }) => {
  const { arm, urls } = lagging(listed);

  await expect(arm.send({ method: "GET", path: registries, version, doing: "read it" })).rejects.toMatchObject({ kind: "invalid" });
  expect(urls).toHaveLength(1);
});

test.for([
  { header: 'Bearer realm="", error="insufficient_claims", claims="eyJhIjp7fX0="', hint: 'az login --claims-challenge "eyJhIjp7fX0="' },
  { header: 'Bearer error="insufficient_claims", claims="$(reboot)"', hint: "az login" },
  { header: 'Bearer error="invalid_token"', hint: "az login" },
])("hints at $hint when a 401 has the challenge $header", async ({ header, hint }) => {
  const { arm } = answering(401, { error: { code: "RequestDisallowedByPolicy", message: "No." } }, { "WWW-Authenticate": header });

  await expect(arm.send(request)).rejects.toMatchObject({ kind: "unauthenticated", hint });
});

test("no more than so many run at once, in their order, and all of them do", async () => {
  const gate = limit(3);
  const begun: number[] = [];
  let [running, most] = [0, 0];
  const work = (index: number) =>
    gate(async () => {
      begun.push(index);
      most = Math.max(most, ++running);
      await sleep(index % 4);
      running--;
      return index;
    });

  const all = Array.from({ length: 20 }, (_, index) => index);
  expect(await Promise.all(all.map(work))).toEqual(all);
  expect(begun).toEqual(all);
  expect(most).toBe(3);
});

test("work that fails makes room for the next", async () => {
  const gate = limit(1);
  const failing = gate(async () => Promise.reject(new Error("no")));
  const next = gate(async () => "yes");

  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("yes");
  expect(await gate(async () => "again")).toBe("again");
});
