import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { distributions } from "../../../src/secretless/node-files.ts";
import { type as line, type World } from "../../support/in-process.ts";
import { folderOf } from "../../support/manifests/folder.ts";

const nodeFiles = (words: string, world: World = {}) => line(`secretless node-files ${words}`, world);

test.for(distributions)("prints files for %s that --verify accepts, and says what to check on a node", async (distribution) => {
  const { stdout, code } = await nodeFiles(`--for ${distribution}`);
  expect(code).toBe(0);
  expect(parseAllDocuments(stdout).every(({ errors }) => errors.length === 0)).toBe(true);
  expect(stdout).toContain("# Try one node first");

  const verified = await nodeFiles("--verify -", { stdin: stdout });
  expect(verified).toMatchObject({ code: 0, stdout: "stdin is valid\n" });
  expect(verified.stderr).toContain("KubeletServiceAccountTokenForCredentialProviders");
});

test("prints every problem of an edited file with its position", async () => {
  const { stdout } = await nodeFiles("--for k3s");
  const { type } = await folderOf({ "nodes.yaml": stdout.replace("cacheType", "cachetype") });
  expect(await type("secretless node-files --verify @/nodes.yaml")).toEqual({
    stdout: "",
    stderr: expect.stringMatching(
      /^error: \S+nodes.yaml:\d+:\d+: unknown field "providers\[0\].tokenAttributes.cachetype"\nerror: \S+nodes.yaml:\d+:\d+: providers\[0\].tokenAttributes.cacheType is required\n$/,
    ),
    code: 1,
  });
});

test.for([
  { words: "", error: /specify --for kubeadm\|k3s\|rke2\|kind\|talos, or --verify FILE/ },
  { words: "--for kops", error: /--for/ },
  { words: "--for k3s --verify -", error: /--for and --verify cannot be used together/ },
  { words: "--for k3s web", error: /node-files accepts no arguments/ },
])("rejects node-files $words", async ({ words, error }) => {
  expect(await nodeFiles(words)).toMatchObject({ stdout: "", stderr: expect.stringMatching(error), code: 1 });
});

const issuer = "https://oidc.example.com/cluster";
const documents = { configuration: { issuer, jwks_uri: "https://10.0.0.1:6443/openid/v1/jwks" }, keys: { keys: [{ kid: "a" }] } };
const published: Readonly<Record<string, object>> = {
  [`${issuer}/.well-known/openid-configuration`]: { issuer },
  [`${issuer}/openid/v1/jwks`]: documents.keys,
};
const world = (pages: Readonly<Record<string, object>> = published, of = documents): World => ({
  cluster: { issuerDocuments: async () => of },
  download: async (url) => (url in pages ? { status: 200, text: JSON.stringify(pages[url]) } : { status: 404, text: "" }),
});

const privateIssuer = "Warning: Microsoft Entra ID can't use the issuer: https://kubernetes.default.svc";

test("prints the issuer's documents, and accepts them when they are published", async () => {
  const { stdout, stderr, code } = await line("secretless issuer", world());
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  const [, configuration, keys] = stdout.split(/^# .*\n/m);
  expect(JSON.parse(configuration ?? "")).toEqual({ issuer, jwks_uri: `${issuer}/openid/v1/jwks` });
  expect(JSON.parse(keys ?? "")).toEqual(documents.keys);
});

test.for([
  {
    when: "nothing is published",
    of: world({}),
    warnings: [
      `Warning: Microsoft Entra ID can't use the issuer: ${issuer}/.well-known/openid-configuration can't be read: status 404`,
      `Warning: Microsoft Entra ID can't use the issuer: ${issuer}/openid/v1/jwks can't be read: status 404`,
    ],
  },
  {
    when: "the keys were rotated",
    of: world({ ...published, [`${issuer}/openid/v1/jwks`]: { keys: [{ kid: "old" }] } }),
    warnings: [`Warning: Microsoft Entra ID can't use the issuer: ${issuer}/openid/v1/jwks lacks 1 of the cluster's 1 keys`],
  },
  {
    when: "the issuer is private",
    of: world({}, { ...documents, configuration: { ...documents.configuration, issuer: "https://kubernetes.default.svc" } }),
    warnings: [
      `${privateIssuer}/.well-known/openid-configuration is not a public address`,
      `${privateIssuer}/openid/v1/jwks is not a public address`,
    ],
  },
])("warns about the issuer when $when", async ({ of, warnings }) => {
  const { stdout, stderr, code } = await line("secretless issuer", of);
  expect({ stderr: stderr.trim().split("\n"), code }).toEqual({ stderr: warnings, code: 1 });
  expect(stdout).toContain("openid-configuration");
});

test("prints the documents and their problems as data", async () => {
  const { stdout } = await line("secretless issuer -o json", world({}));
  expect(JSON.parse(stdout)).toMatchObject({
    issuer,
    documents: [{ problem: "can't be read: status 404" }, { address: `${issuer}/openid/v1/jwks`, content: documents.keys }],
  });
});
