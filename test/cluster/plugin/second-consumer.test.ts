import { afterAll, beforeAll, expect, test } from "vitest";
import { consume } from "../../support/consumer.ts";
import { kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";
import { sampled } from "../../support/sampled.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const [registry] = shell.azure.world.registries;
beforeAll(() => {
  if (registry) registry.adminUserEnabled = true;
});

const create = "kubectl acr-secret create --registry myregistry";
const web = `${create} --repository app/web`;

async function loginIn(namespace: string, secret: string): Promise<{ username: string; password: string }> {
  const config = await kubectl(["get", "secret", secret, "-n", namespace, "-o", "jsonpath={.data.\\.dockerconfigjson}"]);
  const { auths } = JSON.parse(Buffer.from(String(config), "base64").toString()) as {
    auths: Record<string, { username: string; password: string }>;
  };
  return auths["myregistry.azurecr.io"] ?? expect.unreachable("there is no login");
}

/**
 * The commands that run while a consumer pulls, by the consumer's credential. `@` is another namespace than that of the
 * consumer's Secret, which is `#`.
 */
const rows: readonly { has: string; made: string; typed: readonly string[] }[] = [
  {
    has: "the password of a token that another namespace holds too",
    made: `${web} --namespaces @,# --credential-per scope`,
    typed: [
      web,
      `${web} -n @`,
      `${web} --repository app/api`,
      `${web} --expires-in 1h -n @`,
      `${web} --expires-in 10y --verify=false -n @`,
      `${web} --namespaces @,# --credential-per scope`,
      `${web} --namespaces @,# --credential-per scope --force`,
      `${create} --repository nobody/has-it -n @`,
      `${create} --repository '../x' -n @`,
      `${create} --repository app/web --all-serviceaccounts --dry-run=server -n @`,
      `${web} --credential-per namespace`,
      `${web} --serviceaccount nobody -n @`,
      `kubectl delete secret -n @ acr-myregistry && ${web} -n @`,
      `kubectl acr-secret delete acr-myregistry --revoke --yes -n @`,
      "kubectl acr-secret attach acr-myregistry --all-serviceaccounts",
      "kubectl acr-secret detach acr-myregistry --all-serviceaccounts",
    ],
  },
  {
    has: "the admin user's first password",
    made: `${create} --admin --repository app/web`,
    typed: [
      `${web} --admin`,
      `${web} --admin -n @`,
      `${web} --admin --force -n @`,
      `${web} --admin --expires-in 1h`,
      `${web} --force`,
      `${web} second --admin --verify=false -n @`,
      "kubectl acr-secret doctor --registry myregistry",
    ],
  },
  {
    has: "a password of a service principal that others use too",
    made: `${create} --service-principal=shared-pull`,
    typed: [
      `${create} --service-principal=shared-pull`,
      `${create} --service-principal=shared-pull -n @`,
      `${create} second --service-principal=shared-pull --expires-in 1h -n @`,
      `${create} third --service-principal=shared-pull --force -n @`,
      `${web} --service-principal=shared-pull -n @`,
      `${create} --service-principal=shared-pull --expires-in 100y -n @`,
      `${create} --service-principal=shared-pull --verify=false -n @`,
      `${create} --service-principal=shared-pull --wait 0s fourth -n @`,
      `${create} --service-principal=shared-pull --credential-per namespace -n @`,
      `${create} --service-principal=shared-pull --dry-run=server fifth -n @`,
      `kubectl delete secret -n @ acr-myregistry && ${create} --service-principal=shared-pull -n @`,
      `${create} --entra`,
      `${create}.azurecr.io own --entra -n @`,
    ],
  },
];

test.for(sampled(rows, 1))("keeps a user pulling with $has during any command", { timeout: 120_000 }, async ({ made, typed }) => {
  const [namespace, other] = [await newNamespace(), await newNamespace()];
  const at = (line: string) => (/[@#]/.test(line) ? line.replaceAll("@", other).replaceAll("#", namespace) : `${line} -n ${namespace}`);
  expect(await shell.type(at(made))).toMatchObject({ stderr: expect.not.stringContaining("error"), code: 0 });
  const consumer = await consume(shell.azure, await loginIn(namespace, "acr-myregistry"));

  for (const line of typed) {
    // A second time, like a user who is not sure.
    await shell.type(at(line));
    await shell.type(at(line));
  }

  const { pulls, refused } = await consumer.stop();
  expect(refused).toEqual([]);
  expect(pulls).toBeGreaterThan(typed.length);
});
