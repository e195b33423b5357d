import { afterAll, expect, test } from "vitest";
import { attachTo, having, ours, type Place, placeOf, r, registrySecret, web, workload } from "../../support/check-shell.ts";
import { openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());

/** Creates a working Secret for the pods of the namespace, and a Deployment with this image. */
const attached = (image: string) => async (at: Place) => {
  await at.typed(ours("mine", "--serviceaccount=default"));
  await having(at, workload("Deployment", image));
};

/** Commands, and the expected output: the image cannot be pulled or checked, and why no command fixes it. */
const table: readonly { what: string; prepare?: (at: Place) => Promise<void>; typed?: string; message: RegExp; code?: 2 }[] = [
  {
    what: "the tag does not exist",
    prepare: attached(`${r}/app/web:9`),
    message: /tag 9 not found in repository app\/web of [^\n]*\n {2}az acr repository show-tags/,
  },
  {
    what: "the repository is mistyped",
    prepare: async (at) => {
      await at.typed(`${ours("mine", "--serviceaccount=default")} --repository app/wbe`);
      await having(at, workload("Deployment", `${r}/app/wbe:1`));
    },
    message: /repository "app\/wbe" not found in myregistry\.azurecr\.io[^\n]*\n {2}az acr repository list/,
  },
  {
    what: "the registry is mistyped",
    prepare: async (at) => {
      await at.typed(registrySecret("near", "myregistri.azurecr.io"), attachTo("near"));
      await having(at, workload("Deployment", "myregistri.azurecr.io/app/web:1"));
    },
    message: /myregistri\.azurecr\.io/,
  },
  {
    what: "the registry blocks this machine",
    prepare: async (at) => {
      await attached(web)(at);
      const message = "client with IP '127.0.0.1' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.";
      const body = { errors: [{ code: "DENIED", message }] };
      shell.azure.faults.add({ kind: "status", status: 403, path: /^\/(v2|oauth2)\//, times: 20, body });
    },
    message: /blocks this machine \(403 Forbidden\)(?:\n\* [^\n]*)*\n {2}az acr network-rule list/,
  },
  {
    what: "one of several images cannot be pulled",
    typed: `check --image ${web} --image nginx --image quay.io/a/b:1 --image mcr.microsoft.com/x:1 -n N`,
    prepare: (at) => at.typed(ours("mine", "--serviceaccount=default")),
    message: /^myregistry\S+ +mine +0 +pulls\ndocker\.io\/\S+ +<none> +0 .*\nquay\.io\/\S+ +<none> +0 .*\nmcr\.\S+ +<none> +0 /m,
  },
  {
    what: "a CronJob has not run",
    prepare: (at) => at.typed(`kubectl create cronjob web --image ${web} --schedule '0 0 1 1 *' -n N`),
    message: /^No images to check in /m,
  },
  {
    what: "the ServiceAccount is mistyped",
    code: 2,
    typed: `check --image ${web} --serviceaccount nosuch -n N`,
    message: /serviceaccounts "nosuch" not found/,
  },
  {
    what: "the context does not exist",
    code: 2,
    typed: "check --context nosuch -n N",
    message: /context was not found for specified context: nosuch/,
  },
];

test.for(table)(
  "fails with the reason when $what",
  { timeout: 60_000 },
  async ({ prepare, typed = "check -n N", message, code: wanted = 1 }) => {
    const at = await placeOf(shell);
    await prepare?.(at);

    const { stdout, stderr, code } = await at.type(`kubectl acr-secret ${typed}`);
    shell.azure.faults.reset();

    expect(`${stdout}${stderr}`).toMatch(message);
    expect(code).toBe(wanted);
  },
);

test("prints a command that fails with the reason when another user has disabled the token", { timeout: 60_000 }, async () => {
  const at = await placeOf(shell);
  await attached(web)(at);
  for (const { tokens } of shell.azure.world.registries) for (const token of tokens) token.status = "disabled";
  const { code, items } = await at.check();
  expect({ code, causes: items.map(({ cause }) => cause) }).toEqual({ code: 1, causes: ["refused"] });

  expect(await shell.type(items[0]?.fix ?? "")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/is disabled\nhint: az acr token update --registry myregistry --name \S+ --status enabled/),
  });
});
