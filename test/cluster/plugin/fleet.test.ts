import { once } from "node:events";
import { afterAll, afterEach, expect, inject, onTestFinished, test, vi } from "vitest";
import { type Fleet, newFleet, versionsOf } from "../../support/fleet.ts";
import { create, getJson, kubectl } from "../../support/kubectl.ts";
import { loginOf } from "../../support/logins.ts";
import { type Ended, ended, openShell } from "../../support/plugin.ts";
import { bothContexts, startAnother } from "../../support/two-clusters.ts";

const shell = await openShell();
afterAll(() => shell.stop());
afterEach(() => shell.azure.calls.reset());

const [registry] = shell.azure.world.registries;
if (!registry) throw new Error("the shell's Azure has a registry");

const repository = "--registry myregistry --repository app/web --serviceaccount default";
const shared = (name: string) => `kubectl acr-secret create ${name} ${repository} --credential-per=scope`;
const given = "kubectl acr-secret create acr --registry myregistry.azurecr.io --username ci --password-stdin --verify=false";
const stdin = "hunter2";
const unchecked = 'Warning: the rights of login "ci" at myregistry.azurecr.io are not checked\n';

const mints = () => shell.azure.calls.count("POST", /generateCredentials/);
const lines = ({ stdout }: Ended) => stdout.trimEnd().split("\n");

/** Returns the output for namespaces with all of these results. */
const linesOf = (names: readonly string[], ...what: readonly string[]) =>
  names.flatMap((name) => what.map((each) => `${each} in namespace ${name}`));

test("creates one credential for thirty namespaces, writes nothing in a rerun, and gives it to a new namespace", {
  timeout: 90_000,
}, async () => {
  const fleet = await newFleet(30);

  const first = await shell.type(`${shared("one")} ${fleet.flag}`);

  expect(first).toMatchObject({ code: 0, stderr: "30 Secrets created\n" });
  expect(lines(first).slice(0, 2)).toEqual([
    expect.stringMatching(/^scopemap.* created \(\+app\/web\)$/),
    expect.stringMatching(/^token.* created$/),
  ]);
  expect(lines(first).slice(2)).toEqual(linesOf(fleet.names, "secret/one created", "serviceaccount/default patched"));
  const token = registry.tokens.at(-1);
  const login = { username: token?.name, password: token?.passwords.password1?.value };
  expect((await fleet.secrets("one")).map(loginOf)).toEqual(fleet.names.map(() => login));
  expect((await fleet.accounts()).map(({ imagePullSecrets }) => imagePullSecrets)).toEqual(fleet.names.map(() => [{ name: "one" }]));
  expect(mints()).toBe(1);

  const before = versionsOf([...(await fleet.secrets("one")), ...(await fleet.accounts())]);
  const again = await shell.type(`${shared("one")} ${fleet.flag}`);
  expect(again).toMatchObject({ code: 0, stderr: "30 unchanged\n" });
  expect(lines(again).filter((line) => !line.includes("unchanged"))).toEqual([]);
  expect(versionsOf([...(await fleet.secrets("one")), ...(await fleet.accounts())])).toEqual(before);

  const added = await fleet.enlarge(1);
  // The number of credentials needs no flag, because no credential is created.
  const more = await shell.type(`kubectl acr-secret create one ${repository} ${fleet.flag}`);
  expect(more).toMatchObject({ code: 0, stderr: "1 Secret created, 30 unchanged\n" });
  expect(lines(more).filter((line) => !line.includes("unchanged"))).toEqual(
    linesOf(added, "secret/one created", "serviceaccount/default patched"),
  );
  expect((await fleet.secrets("one")).map(loginOf)).toEqual(fleet.names.map(() => login));
  expect(mints()).toBe(1);
});

test("creates the others when one namespace refuses the Secret, and completes when run again", {
  timeout: 90_000,
}, async () => {
  const fleet = await newFleet(30);
  const [at, name] = [17, "full"];
  const full = fleet.names[at] ?? "";
  const others = fleet.names.filter((one) => one !== full);
  await create([
    { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "none", namespace: full }, spec: { hard: { "count/secrets": "0" } } },
  ]);
  await vi.waitUntil(async () => (await getJson<{ status: { hard?: object } }>("resourcequota", "none", "-n", full)).status.hard, 20_000);

  const first = await shell.type(`${shared(name)} ${fleet.flag}`);

  expect(first).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^\S+: Error from server \(Forbidden\): .*exceeded quota.*\n(hint: .*\n)?29 Secrets created, 1 failed\n$/,
    ),
  });
  expect(first.stderr.startsWith(`${full}: `)).toBe(true);
  expect(lines(first).slice(2)).toEqual(linesOf(others, `secret/${name} created`, "serviceaccount/default patched"));
  const [secrets, accounts] = [await fleet.secrets(name), await fleet.accounts()];
  expect(secrets.map(({ metadata }) => metadata.namespace)).toEqual(others);
  expect(accounts[at]?.imagePullSecrets).toBeUndefined();

  await kubectl(["delete", "resourcequota", "none", "-n", full]);
  const again = await shell.type(`${shared(name)} ${fleet.flag}`);
  expect(again).toMatchObject({ code: 0, stderr: "1 Secret created, 29 unchanged\n" });
  expect(versionsOf(await fleet.secrets(name)).filter((_, index) => index !== at)).toEqual(versionsOf(secrets));
  expect(mints()).toBe(1);
});

test("ends at Ctrl-C after the requests in progress, and completes when run again", { timeout: 90_000 }, async () => {
  const fleet = await newFleet(30);
  const args = `create stopped ${repository} --credential-per=scope --concurrency=2`.split(" ");
  const child = shell.start("kubectl", ["acr-secret", ...args, "--namespaces", fleet.flag.split("'")[1] ?? ""]);
  const end = ended(child);
  // The first line appears with the first Secret.
  if (child.stdout) await once(child.stdout, "data");

  child.kill("SIGINT");
  const stopped = await end;

  const done = await fleet.secrets("stopped");
  expect(stopped.code).toBe(130);
  expect(done.length).toBeGreaterThan(0);
  expect(done.length).toBeLessThan(30);
  expect(lines(stopped).filter((line) => line.startsWith("secret/"))).toEqual(
    done.map(({ metadata }) => `secret/stopped created in namespace ${metadata.namespace}`),
  );
  const attached = (await fleet.accounts()).filter(({ imagePullSecrets }) => imagePullSecrets);
  expect(lines(stopped).filter((line) => line.startsWith("serviceaccount/"))).toEqual(
    attached.map(({ metadata }) => `serviceaccount/default patched in namespace ${metadata.namespace}`),
  );
  expect(stopped.stderr).toMatch(/^interrupted: \d+ Secrets? created.*; \d+ namespaces left\. Run the same command again to continue\.\n$/);

  expect(await shell.type(`${shared("stopped")} ${fleet.flag}`)).toMatchObject({ code: 0 });
  expect(new Set((await fleet.secrets("stopped")).map((secret) => loginOf(secret)?.password)).size).toBe(1);
  expect((await fleet.accounts()).map(({ imagePullSecrets }) => imagePullSecrets)).toEqual(fleet.names.map(() => [{ name: "stopped" }]));
  expect(mints()).toBe(1);
});

test("attaches, lists and detaches in several namespaces", { timeout: 60_000 }, async () => {
  const fleet = await newFleet(20);
  await shell.type(`${given} ${fleet.flag}`, { stdin });

  const attached = await shell.type(`kubectl acr-secret attach acr --serviceaccount default ${fleet.flag}`);
  expect(attached).toMatchObject({ code: 0, stderr: "20 ServiceAccounts patched\n" });
  expect(lines(attached)).toEqual(linesOf(fleet.names, "serviceaccount/default patched"));

  const listed = await shell.type(`kubectl acr-secret list ${fleet.flag}`);
  expect(
    lines(listed)
      .slice(1)
      .map((line) => line.split(/ +/).slice(0, 6)),
  ).toEqual(fleet.names.map((name) => [name, "acr", "myregistry", "given", "<unknown>", "default"]));

  const [last = ""] = fleet.names.slice(-1);
  const detached = await shell.type(`kubectl acr-secret detach --exclude-namespaces ${last} acr --all-serviceaccounts ${fleet.flag}`);
  expect(detached).toMatchObject({ code: 0, stderr: "19 ServiceAccounts patched\n" });
  expect((await fleet.accounts()).map(({ imagePullSecrets = [] }) => imagePullSecrets.length)).toEqual([...Array(19).fill(0), 1]);
});

test("completes in one cluster when the other is unreachable", { timeout: 90_000 }, async () => {
  const other = await startAnother(shell.folder);
  onTestFinished(other.stop);
  const here = await newFleet(3);
  const [, glob = "", id = ""] = /'(fleet-(\w+)-\*)'/.exec(here.flag) ?? [];
  const there: Fleet = await newFleet(2, other.kubeconfig, id);
  const KUBECONFIG = await bothContexts(shell.folder, inject("kubeconfig"), other.kubeconfig);
  const type = (command: string) => shell.type(`${command} --contexts here,there --namespaces '${glob}'`, { env: { KUBECONFIG }, stdin });

  const first = await type(given);
  expect(first).toMatchObject({ code: 0, stderr: `${unchecked}5 Secrets created\n` });
  expect(lines(first)).toEqual([
    ...here.names.map((name) => `secret/acr created in namespace ${name} of context here`),
    ...there.names.map((name) => `secret/acr created in namespace ${name} of context there`),
  ]);

  await other.stop();
  const second = await type("kubectl acr-secret attach acr --serviceaccount default");
  expect(lines(second)).toEqual(here.names.map((name) => `serviceaccount/default patched in namespace ${name} of context here`));
  expect(second).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^there: The connection to the server 127\.0\.0\.1:\d+ was refused.*\n(hint: .*\n)?3 ServiceAccounts patched, 1 failed\n$/,
    ),
  });
});
