import { afterAll, expect, test } from "vitest";
import { newNamespace, openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());

test("keeps a token, and renews it after half of its life", { timeout: 60_000 }, async () => {
  const namespace = await newNamespace();
  const create = async () => {
    const { stdout, code } = await shell.type(
      `kubectl acr-secret create --registry myregistry.azurecr.io --repository app/web --serviceaccount app --entra -n ${namespace}`,
    );
    return { code, lines: stdout.trimEnd().split("\n") };
  };
  shell.azure.world.lifetimes.refresh = 20;

  expect(await create()).toEqual({ code: 0, lines: ["secret/acr-myregistry created", "serviceaccount/app patched"] });
  expect(await create()).toEqual({ code: 0, lines: ["secret/acr-myregistry unchanged", "serviceaccount/app unchanged"] });
  await new Promise((resolve) => setTimeout(resolve, 11_000));
  expect(await create()).toEqual({ code: 0, lines: ["secret/acr-myregistry configured", "serviceaccount/app unchanged"] });
});
