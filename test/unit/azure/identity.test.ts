import { expect, test } from "vitest";
import { tokenSourceOf } from "../../../src/azure/identity.ts";

const application = { AZURE_TENANT_ID: "t", AZURE_CLIENT_ID: "c" };
const file = { AZURE_FEDERATED_TOKEN_FILE: "/token" };

test.for([
  { env: {}, source: "az" },
  { env: application, source: "az" },
  { env: { ...application, AZURE_CLIENT_SECRET: "s" }, source: "env" },
  { env: { ...application, AZURE_CLIENT_CERTIFICATE_PATH: "/c.pem" }, source: "env" },
  { env: { ...application, ...file }, source: "workload" },
  { env: { ...application, ...file, AZURE_CLIENT_SECRET: "s" }, source: "env" },
  { env: file, source: "az" },
  { env: { IDENTITY_ENDPOINT: "http://127.0.0.1/msi" }, source: "managed" },
  { env: { MSI_ENDPOINT: "http://127.0.0.1/msi" }, source: "managed" },
  { env: { ...application, ...file, IDENTITY_ENDPOINT: "http://127.0.0.1/msi" }, source: "workload" },
])("selects $source for auto when the environment is $env", ({ env, source }) => {
  expect(tokenSourceOf("auto", env)).toBe(source);
});

test.for(["az", "env", "workload", "managed"] as const)("selects %s for itself in any environment", (source) => {
  expect(tokenSourceOf(source, { ...application, AZURE_CLIENT_SECRET: "s" })).toBe(source);
});
