import { expect, test } from "vitest";
import { cloudOf, cloudOfAz } from "../../../src/azure/cloud.ts";
import { shell } from "../../../src/hint.ts";

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

test("prefers the requested cloud to the environment", () => {
  const env = { AZURE_AUTHORITY_HOST: "https://login.microsoftonline.com", AZURE_CLOUD_NAME: "AzureCloud" };

  expect(cloudOf(env, "AzureChinaCloud")).toMatchObject({ name: "AzureChinaCloud", authority: "https://login.chinacloudapi.cn" });
});

test.for<{ why: string; env?: Record<string, string>; config?: string; wanted?: string; cloud: string }>([
  { why: "no cloud was chosen", cloud: "AzureCloud" },
  {
    why: "az's file names it",
    config: "[core]\nname = x\n[cloud]\nprofile = latest\nname = AzureUSGovernment\n",
    cloud: "AzureUSGovernment",
  },
  {
    why: "az's file has another name in another section",
    config: "[cloud]\nprofile = latest\n[core]\nname = AzureUSGovernment\n",
    cloud: "AzureCloud",
  },
  {
    why: "the environment names it, and the file another",
    env: { AZURE_CLOUD_NAME: "AzureChinaCloud" },
    config: "[cloud]\nname = x",
    cloud: "AzureChinaCloud",
  },
  {
    why: "the flag names it, and the environment another",
    env: { AZURE_CLOUD_NAME: "x" },
    config: "[cloud]\nname = x",
    wanted: "AzureCloud",
    cloud: "AzureCloud",
  },
  {
    why: "only the authority is another cloud's, which az ignores",
    env: { AZURE_AUTHORITY_HOST: "https://login.microsoftonline.us" },
    cloud: "AzureCloud",
  },
])("selects $cloud for az when $why", ({ env = {}, config = "", wanted, cloud }) => {
  const { name, authority } = cloudOfAz(env, config, wanted);

  expect({ name, authority }).toEqual({ name: cloud, authority: cloudOf({}, cloud).authority });
});

test("rejects a custom cloud of az", () => {
  expect(() => cloudOfAz({}, "[cloud]\nname = corp\n")).toThrow(
    expect.objectContaining({
      kind: "config",
      message: 'the Azure CLI uses the cloud "corp", which is not supported',
      hint: {
        ...shell("az cloud set", "--name", "AzureCloud"),
        when: "add --cloud=AzureCloud, or change the cloud of the Azure CLI",
      },
    }),
  );
});
