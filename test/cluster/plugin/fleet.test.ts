import { afterAll, afterEach, expect, test, vi } from "vitest";
import { newFleet, versionsOf } from "../../support/fleet.ts";
import { create, getJson, kubectl } from "../../support/kubectl.ts";
import { loginOf } from "../../support/logins.ts";
import { type Ended, ended, newNamespace, openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());
afterEach(() => shell.azure.calls.reset());

const [registry] = shell.azure.world.registries;
if (!registry) throw new Error("the shell's Azure has a registry");

const repository = "--registry myregistry --repository app/web --serviceaccount default";
const shared = (name: string, source: string) => `kubectl acr-secret create ${name} ${repository} -n ${source}`;

const mints = () => shell.azure.calls.count("POST", /generateCredentials/);
const lines = ({ stdout }: Ended) => stdout.trimEnd().split("\n");

const linesOf = (names: readonly string[], ...what: readonly string[]) =>
  names.flatMap((name) => what.map((each) => `${each} in namespace ${name}`));

test("creates the others when one namespace refuses the Secret, and completes when run again", {
  timeout: 90_000,
}, async () => {
  const fleet = await newFleet(30);
  const [at, name, source] = [17, "full", await newNamespace()];
  const full = fleet.names[at] ?? "";
  const others = fleet.names.filter((one) => one !== full);
  await create([
    { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "none", namespace: full }, spec: { hard: { "count/secrets": "0" } } },
  ]);
  await vi.waitUntil(async () => (await getJson<{ status: { hard?: object } }>("resourcequota", "none", "-n", full)).status.hard, 20_000);

  const first = await shell.type(`${shared(name, source)} ${fleet.flag}`);

  expect(first).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^\S+: Error from server \(Forbidden\): .*exceeded quota.*\n(hint: .*\n)?30 Secrets created, 1 namespace failed\n$/,
    ),
  });
  expect(first.stderr.startsWith(`${full}: `)).toBe(true);
  expect(lines(first).slice(3)).toEqual(linesOf(others, `secret/${name} created`, "serviceaccount/default patched"));
  const [secrets, accounts] = [await fleet.secrets(name), await fleet.accounts()];
  expect(secrets.map(({ metadata }) => metadata.namespace)).toEqual(others);
  const token = registry.tokens.at(-1);
  const login = { username: token?.name, password: token?.passwords.password1?.value };
  expect(secrets.map(loginOf)).toEqual(others.map(() => login));
  expect(accounts[at]?.imagePullSecrets).toBeUndefined();

  await kubectl(["delete", "resourcequota", "none", "-n", full]);
  const again = await shell.type(`${shared(name, source)} ${fleet.flag}`);
  expect(again).toMatchObject({ code: 0, stderr: "1 Secret created, 30 namespaces unchanged\n" });
  const all = await fleet.secrets(name);
  expect(versionsOf(all).filter((_, index) => index !== at)).toEqual(versionsOf(secrets));
  expect(all.map(loginOf)).toEqual(fleet.names.map(() => login));
  expect(mints()).toBe(1);
});

test("ends at Ctrl-C after the requests in progress, and completes when run again", { timeout: 90_000 }, async () => {
  const fleet = await newFleet(60);
  const source = await newNamespace();
  const command = `${shared("stopped", source)} ${fleet.flag}`.replaceAll("'", "");
  const [program = "", ...args] = command.split(" ");
  const child = shell.start(program, args);
  const end = ended(child);
  let printed = "";
  child.stdout?.on("data", (text) => {
    printed += text;
  });
  await vi.waitUntil(() => printed.includes("in namespace fleet-"), { timeout: 30_000, interval: 5 });

  child.kill("SIGINT");
  const stopped = await end;

  const done = await fleet.secrets("stopped");
  expect(stopped.code).toBe(130);
  expect(done.length).toBeGreaterThan(0);
  expect(done.length).toBeLessThan(60);
  expect(lines(stopped).filter((line) => /^secret\/.* in namespace fleet-/.test(line))).toEqual(
    done.map(({ metadata }) => `secret/stopped created in namespace ${metadata.namespace}`),
  );
  const attached = (await fleet.accounts()).filter(({ imagePullSecrets }) => imagePullSecrets);
  expect(lines(stopped).filter((line) => line.startsWith("serviceaccount/"))).toEqual(
    attached.map(({ metadata }) => `serviceaccount/default patched in namespace ${metadata.namespace}`),
  );
  expect(stopped.stderr).toMatch(/^interrupted: \d+ Secrets? created.*; \d+ namespaces left\. Run the same command again to continue\.\n$/);

  expect(await shell.type(`${shared("stopped", source)} ${fleet.flag}`)).toMatchObject({ code: 0 });
  expect(new Set((await fleet.secrets("stopped")).map((secret) => loginOf(secret)?.password)).size).toBe(1);
  expect((await fleet.accounts()).map(({ imagePullSecrets }) => imagePullSecrets)).toEqual(fleet.names.map(() => [{ name: "stopped" }]));
  expect(mints()).toBe(1);
});
