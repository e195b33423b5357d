import { loadAll } from "js-yaml";
import { expect, test } from "vitest";
import { type } from "../../support/in-process.ts";

test.for([
  ["", "AzurePublicCloud"],
  ["--cloud AzureUSGovernment", "AzureUSGovernmentCloud"],
  ["--cloud AzureChinaCloud", "AzureChinaCloud"],
])("prints the files of a node with `node-files %s`, which name each other's paths", async ([words, cloud]) => {
  const { stdout, code } = await type(`secretless node-files ${words}`, {});

  const [flags = "", config = "", azure = ""] = stdout.split("---\n");
  const [path = expect.unreachable("a path")] = /^# (\S+)$/m.exec(azure)?.slice(1) ?? [];
  expect(flags).toContain(`--image-credential-provider-config=${/^# (\S+)$/m.exec(config)?.[1]}\n`);
  const documents = loadAll(stdout);
  expect(documents.at(-2)).toMatchObject({ kind: "CredentialProviderConfig", providers: [{ args: [path] }] });
  expect(documents.at(-1)).toEqual({ cloud, useManagedIdentityExtension: true });
  expect(code).toBe(0);
});
