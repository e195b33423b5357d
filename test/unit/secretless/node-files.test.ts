import { expect, test } from "vitest";
import * as yaml from "yaml";
import { distributions, nodeFiles } from "../../../src/secretless/node-files.ts";
import { nodeFileErrors } from "../../../src/secretless/verify-node-files.ts";

/** The documents of a distribution, as one file. */
const textOf = (of: (typeof distributions)[number], cloud: Parameters<typeof nodeFiles>[1] = "AzureCloud") =>
  nodeFiles(of, cloud)
    .files.map(({ content }) => yaml.stringify(content))
    .join("---\n");

const errorsIn = (text: string) => nodeFileErrors(yaml, { name: "config.yaml", text }).map(({ message }) => message);

const valid = `apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
- name: acr-credential-provider
  apiVersion: credentialprovider.kubelet.k8s.io/v1
  matchImages: ["*.azurecr.io"]
  defaultCacheDuration: 10m
  args: [/etc/kubernetes/azure.json]
  tokenAttributes:
    serviceAccountTokenAudience: api://AzureADTokenExchange
    requireServiceAccount: true
    cacheType: ServiceAccount
    requiredServiceAccountAnnotationKeys: [kubernetes.azure.com/acr-client-id, kubernetes.azure.com/acr-tenant-id]
`;

test.for(distributions)("prints files for %s that it accepts itself", (distribution) => {
  expect(errorsIn(textOf(distribution))).toEqual([]);
});

test.for(distributions)("names the same paths in the files and in the flags for %s", (distribution) => {
  const text = textOf(distribution);
  const azure = /args:\s+- (\S+)/.exec(text)?.[1] ?? "";
  const { files } = nodeFiles(distribution, "AzureCloud");
  const config = /image-credential-provider-config"?(?:\n\s+value)?: (\S+)/.exec(text)?.[1];
  const places = [...files.map(({ where }) => where), text].join("\n");

  expect(places).toContain(azure.replace(/^.*\/credential-provider\//, "credential-provider/"));
  if (config !== undefined) {
    expect(places).toContain(config.replace(/^.*\/credential-provider\//, "credential-provider/"));
    expect(text).toMatch(/image-credential-provider-bin-dir/);
  }
});

test.for([
  ["AzureCloud", "AzurePublicCloud"],
  ["AzureUSGovernment", "AzureUSGovernmentCloud"],
  ["AzureChinaCloud", "AzureChinaCloud"],
] as const)("names %s as the provider knows it", ([cloud, name]) => {
  expect(textOf("k3s", cloud)).toContain(`cloud: ${name}`);
});

const edit = (from: string | RegExp, to: string) => valid.replace(from, to);
const audience = "providers[0].tokenAttributes";

test.for<{ rejects: string; text: string; errors: readonly string[] }>([
  { rejects: "a missing cacheType", text: edit(/ +cacheType.*\n/, ""), errors: [`config.yaml:10:5: ${audience}.cacheType is required`] },
  {
    rejects: "a misspelled key",
    text: edit("cacheType", "cachetype"),
    errors: [`config.yaml:12:16: unknown field "${audience}.cachetype"`, `config.yaml:10:5: ${audience}.cacheType is required`],
  },
  {
    rejects: "another provider API",
    text: edit("kubelet.k8s.io/v1\n  match", "kubelet.k8s.io/v1beta1\n  match"),
    errors: ["config.yaml:5:15: providers[0].apiVersion must be credentialprovider.kubelet.k8s.io/v1"],
  },
  {
    rejects: "another API of the file",
    text: edit("config.k8s.io/v1", "config.k8s.io/v1beta1"),
    errors: ["config.yaml:1:13: apiVersion must be kubelet.config.k8s.io/v1"],
  },
  {
    rejects: "another audience",
    text: edit("api://AzureADTokenExchange", "api://azureadtokenexchange"),
    errors: [`config.yaml:10:34: ${audience}.serviceAccountTokenAudience must be api://AzureADTokenExchange`],
  },
  {
    rejects: "a boolean in quotation marks",
    text: edit("requireServiceAccount: true", 'requireServiceAccount: "true"'),
    errors: [`config.yaml:11:28: ${audience}.requireServiceAccount must be true or false, without quotation marks`],
  },
  {
    rejects: "optional ServiceAccounts",
    text: edit("requireServiceAccount: true", "requireServiceAccount: false"),
    errors: [`config.yaml:11:28: ${audience}.requireServiceAccount must be true`],
  },
  {
    rejects: "a missing annotation key",
    text: edit(", kubernetes.azure.com/acr-tenant-id", ""),
    errors: [`config.yaml:13:43: ${audience}.requiredServiceAccountAnnotationKeys must contain kubernetes.azure.com/acr-tenant-id`],
  },
  {
    rejects: "a duration without a unit",
    text: edit("10m", '"10"'),
    errors: ["config.yaml:7:25: providers[0].defaultCacheDuration must be a duration such as 10m"],
  },
  { rejects: "no images", text: edit('["*.azurecr.io"]', "[]"), errors: ["config.yaml:6:16: providers[0].matchImages is required"] },
  { rejects: "no path of azure.json", text: edit(/ +args.*\n/, ""), errors: ["config.yaml:4:3: providers[0].args is required"] },
  {
    rejects: "another provider only",
    text: edit("name: acr", "name: gcr"),
    errors: ["config.yaml:4:1: providers must contain acr-credential-provider"],
  },
  {
    rejects: "a provider that appears twice",
    text: valid + valid.slice(valid.indexOf("- name")),
    errors: ["config.yaml:14:9: providers[1].name is a duplicate"],
  },
  {
    rejects: "an alias of a provider",
    text: `${edit("- name", "- &acr\n  name")}- *acr\n`,
    errors: ["config.yaml:15:3: providers[1].name is a duplicate"],
  },
  {
    rejects: "a provider that is text",
    text: edit(/providers:.*/s, "providers: [acr]\n"),
    errors: ["config.yaml:3:13: providers[0] must be an object"],
  },
  {
    rejects: "azure.json without managed identities",
    text: '{"cloud":"AzurePublicCloud"}',
    errors: ["config.yaml:1:1: useManagedIdentityExtension is required"],
  },
  {
    rejects: "azure.json with an unknown cloud",
    text: '{"cloud":"AzureCloud","useManagedIdentityExtension":true}',
    errors: ["config.yaml:1:10: cloud must be AzurePublicCloud or AzureUSGovernmentCloud or AzureChinaCloud"],
  },
  {
    rejects: "a mistake in a patch for Talos",
    text: textOf("talos").replace("cacheType: ServiceAccount", "cacheType: account"),
    errors: [`config.yaml:20:24: machine.kubelet.credentialProviderConfig.${audience}.cacheType must be ServiceAccount or Token`],
  },
])("rejects $rejects", ({ text, errors }) => {
  expect(errorsIn(text)).toEqual(errors);
});

test.for([
  { accepts: "a valid file", text: valid },
  { accepts: "the environment of a proxy", text: edit("  args", "  env: [{name: HTTPS_PROXY, value: http://proxy:8080}]\n  args") },
  {
    accepts: "another provider with an older API",
    text: `${valid}- {name: ecr, apiVersion: credentialprovider.kubelet.k8s.io/v1beta1, matchImages: [a], defaultCacheDuration: 0s}\n`,
  },
  { accepts: "an azure.json of another program", text: '{"cloud":"AzurePublicCloud","useManagedIdentityExtension":true,"vmType":"vmss"}' },
])("accepts $accepts", ({ text }) => {
  expect(errorsIn(text)).toEqual([]);
});

test.for([
  { rejects: "a file without any of the documents", text: "kind: Pod\n", error: /neither a CredentialProviderConfig nor an azure.json/ },
  { rejects: "a file that is not YAML", text: "a: [", error: /^config.yaml:1:\d/ },
  { rejects: "a duplicate key", text: "kind: a\nkind: b\n", error: /^config.yaml:2:1: duplicate key/ },
])("fails for $rejects", ({ text, error }) => {
  expect(() => errorsIn(text)).toThrow(error);
});
