import { expect, test } from "vitest";
import { cloudOf } from "../../../src/azure/cloud.ts";

test.for([
  { env: {}, manages: "https://management.azure.com", signsIn: "https://login.microsoftonline.com" },
  {
    env: { AZURE_AUTHORITY_HOST: "https://login.microsoftonline.us/" },
    manages: "https://management.usgovcloudapi.net",
    signsIn: "https://login.microsoftonline.us",
  },
  {
    env: { AZURE_AUTHORITY_HOST: "https://login.partner.microsoftonline.cn" },
    manages: "https://management.chinacloudapi.cn",
    signsIn: "https://login.partner.microsoftonline.cn",
  },
  {
    env: { AZURE_CLOUD_NAME: "azureusgovernment" },
    manages: "https://management.usgovcloudapi.net",
    signsIn: "https://login.microsoftonline.us",
  },
  { env: { AZURE_AUTHORITY_HOST: "https://entra.corp" }, manages: "https://management.azure.com", signsIn: "https://entra.corp" },
])("$env: signs in at $signsIn, manages at $manages", ({ env, manages, signsIn }) => {
  expect(cloudOf(env)).toMatchObject({ resourceManager: manages, authority: signsIn });
});
