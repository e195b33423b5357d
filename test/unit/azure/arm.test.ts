import { expect, test } from "vitest";
import { openArm } from "../../../src/azure/arm.ts";
import { cloudOf } from "../../../src/azure/cloud.ts";
import type { HttpResponse } from "../../../src/http/message.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";

/** An Azure Resource Manager that answers everything with this, and the URLs that were asked. */
function answering(status: number, body: object, headers: Readonly<Record<string, string>> = {}) {
  const asked: string[] = [];
  const answer: HttpResponse = { status, text: JSON.stringify(body), header: (name) => headers[name] };
  const arm = openArm({
    cloud: cloudOf({}),
    identity: { token: async () => new Sensitive("hunter2"), subscription: async () => undefined },
    http: async ({ url }) => {
      asked.push(new URL(url).host);
      return answer;
    },
    sleep: async () => {},
  });
  return { arm, asked };
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
