import { afterAll, afterEach, expect, test, vi } from "vitest";
import type { Secret, ServiceAccount } from "../../../src/objects.ts";
import { getJson, kubectl } from "../../support/kubectl.ts";
import { ended, newNamespace, openShell } from "../../support/plugin.ts";
import { sampled } from "../../support/sampled.ts";

const shell = await openShell();
afterAll(() => shell.stop());
afterEach(() => {
  shell.azure.world.lifetimes.refresh = 3 * 3600;
});

const create = "acr-secret create --registry myregistry.azurecr.io --repository app/web --serviceaccount app --entra";
test.for(sampled(["SIGINT", "SIGTERM", "SIGHUP"] as const, 1))(
  "renews the token of --keep, and removes everything at %s with exit code 0",
  { timeout: 60_000 },
  async (signal) => {
    const namespace = await newNamespace();
    // The plugin may request the next token after half of this time at the earliest.
    shell.azure.world.lifetimes.refresh = 20;
    shell.azure.calls.reset();

    const child = shell.start("kubectl", [...create.split(" "), "--keep", "-n", namespace]);
    const run = ended(child);
    const exchanges = () => shell.azure.calls.count("POST", /\/oauth2\/exchange$/);
    await vi.waitUntil(() => exchanges() === 1, { interval: 50, timeout: 20_000 });
    const written = () => getJson<Secret>("secret", "acr-myregistry", "-n", namespace).catch(() => undefined);
    const first = (await vi.waitUntil(written, { interval: 50, timeout: 10_000 })).metadata.annotations?.["acr-secret/logins"];
    await vi.waitUntil(() => exchanges() === 2, { interval: 100, timeout: 40_000 });
    const configured = async () => {
      const { metadata } = await getJson<Secret>("secret", "acr-myregistry", "-n", namespace);
      return metadata.annotations?.["acr-secret/logins"] !== first;
    };
    await vi.waitUntil(configured, { interval: 100, timeout: 10_000 });
    child.kill(signal);

    expect(await run).toEqual({
      stdout: expect.stringMatching(
        /^secret\/acr-myregistry created\nserviceaccount\/app patched\n[\s\S]*serviceaccount\/app patched\nsecret\/acr-myregistry deleted\n$/,
      ),
      stderr: expect.stringMatching(/^Renewing until Ctrl-C\. The next token is due at /m),
      code: 0,
    });
    expect(await kubectl(["get", "secrets", "-n", namespace, "-o", "name"])).toBe("");
    expect((await getJson<ServiceAccount>("serviceaccount", "app", "-n", namespace)).imagePullSecrets ?? []).toEqual([]);
  },
);
