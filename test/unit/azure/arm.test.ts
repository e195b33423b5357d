import { expect, test } from "vitest";
import { openArm } from "../../../src/azure/arm.ts";
import { Busy, CliError } from "../../../src/errors.ts";
import { type Answer, answering } from "./answering.ts";

/** Returns an Azure Resource Manager that always returns this response, and the requested URLs. */
function always(status: number, body: object, headers: Readonly<Record<string, string>> = {}) {
  const options = answering(() => ({ status, body, headers }));
  return { arm: openArm(options), hosts: () => options.asked.map(({ url }) => new URL(url).host) };
}

const any = (body: object) => body;
const request = { method: "PUT", path: "/x", version: "1", doing: "make it" } as const;
const list = { path: "/x", version: "1", doing: "list them" } as const;

test.for([
  "https://evil.example/next",
  "http://management.azure.com/next",
  "https://management.azure.com.evil.example",
  "https://management.azure.com:8443/",
])("sends Azure's token to no other host when its answer points to %s", async (url) => {
  const pages = always(200, { value: [], nextLink: url });
  const status = always(201, {}, { "Azure-AsyncOperation": url });
  const result = always(202, {}, { Location: url });

  await expect(pages.arm.list(list, any)).rejects.toMatchObject({ message: expect.stringContaining("returned a URL of another host") });
  await expect(status.arm.run(request)).rejects.toMatchObject({ message: expect.stringContaining("returned a URL of another host") });
  await expect(result.arm.run(request)).rejects.toMatchObject({ message: expect.stringContaining("returned a URL of another host") });
  expect([pages.hosts(), status.hosts(), result.hosts()]).toEqual(Array(3).fill(["management.azure.com"]));
});

/** Returns a cloud that supports only older versions, with Azure Resource Manager's error message. */
function lagging(versions: readonly string[], code = "NoRegisteredProviderFound") {
  const list = versions.join(", ");
  const message =
    code === "InvalidApiVersionParameter"
      ? `The api-version 'x' is invalid. The supported versions are '${list}'.`
      : `No registered resource provider found for location 'usgovvirginia' and API version 'x' for type 'registries'. The supported api-versions are '${list}'. The supported locations are 'usgovvirginia'.`;
  const options = answering(({ url }) =>
    versions.includes(new URL(url).searchParams.get("api-version") ?? "")
      ? { body: { id: "/x", name: "x", value: [] } }
      : { status: 400, body: { error: { code, message } } },
  );
  return { arm: openArm(options), urls: () => options.asked.map(({ url }) => url.replace("https://management.azure.com", "")) };
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

  await arm.find(of, any);
  await arm.list({ ...of, path: registries, filter: "a" }, any);

  expect(urls()).toEqual([
    `${of.path}?api-version=2025-11-01`,
    `${of.path}?api-version=${used}`,
    `${registries}?api-version=${used}&$filter=a`,
  ]);
});

test.for([
  { why: "the versions lack tokens", version: "2025-11-01", listed: ["2021-09-01", "2022-12-01"] },
  { why: "the version has no older one that will do", version: "2022-04-01", listed: ["2015-07-01", "2018-01-01-preview"] },
  { why: "the answer lists none", version: "2025-11-01", listed: [] },
])("reports the refusal of an API version when $why", async ({ version, listed }) => {
  const { arm, urls } = lagging(listed);

  await expect(arm.find({ path: registries, version, doing: "read it" }, any)).rejects.toMatchObject({ kind: "invalid" });
  expect(urls()).toHaveLength(1);
});

test.for([
  { header: 'Bearer realm="", error="insufficient_claims", claims="eyJhIjp7fX0="', hint: 'az login --claims-challenge "eyJhIjp7fX0="' },
  { header: 'Bearer error="insufficient_claims", claims="$(reboot)"', hint: "az login" },
  { header: 'Bearer error="invalid_token"', hint: "az login" },
])("hints at $hint when a 401 has the challenge $header", async ({ header, hint }) => {
  const { arm } = always(401, { error: { code: "RequestDisallowedByPolicy", message: "No." } }, { "WWW-Authenticate": header });

  await expect(arm.run(request)).rejects.toMatchObject({ kind: "unauthenticated", hint });
});

test("polls on when Azure throttles the poll of an operation that it has accepted", async () => {
  const status = "https://management.azure.com/status?api-version=1";
  const answers: Answer[] = [
    { status: 202, headers: { "Azure-AsyncOperation": status, "Retry-After": "1" } },
    { status: 429, headers: { "Retry-After": "600" } },
    { status: 200, body: { status: "Succeeded" } },
  ];
  const options = answering(() => answers.shift() ?? { status: 500 });

  await openArm(options).run({ ...request, method: "DELETE" });

  expect(answers).toEqual([]);
});

test("does not report as unchanged what Azure has accepted and then throttled", async () => {
  const headers = { "Azure-AsyncOperation": "https://management.azure.com/status?api-version=1" };
  const answers = [
    { status: 201, headers },
    { status: 200, body: { status: "Succeeded" } },
  ];
  const options = answering(() => answers.shift() ?? { status: 429, headers: { "Retry-After": "600" } });

  const error = await openArm(options)
    .run(request)
    .catch((caught: unknown) => caught);

  expect(error).toBeInstanceOf(CliError);
  expect(error).not.toBeInstanceOf(Busy);
});
