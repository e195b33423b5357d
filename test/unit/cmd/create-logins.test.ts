import { expect, test } from "vitest";
import { main } from "../../../cmd/main.ts";
import type { SignInOptions } from "../../../src/azure/port.ts";
import { attachedAll, demo, line, next, token, unchecked } from "../../support/demo.ts";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { open } from "../../support/in-process.ts";
import { all, answer, any, testRows, typed, unchanged } from "../../support/rows.ts";

const adminOn = ({ azure }: FakeWorld) => void azure.admin.set("password", "one").set("password2", "two");
const admin = `${line} --admin`;

testRows([
  {
    does: "uses the admin user's login as it is, warns about its rights, and keeps it in a second run",
    given: adminOn,
    command: admin,
    stdout: attachedAll,
    stderr: /^Warning: .* secret\/acr-myregistry .* push .*\n$/,
    leaves: { username: "myregistry", password: "one" },
    check: ({ asking }) => expect(asking.writes.filter((text) => !text.includes("demo/"))).toEqual([]),
    after: [unchanged(admin)],
  },
  {
    does: "writes nothing when the admin user is off",
    command: admin,
    code: 1,
    stderr: /admin user of registry "myregistry" is disabled\n$/,
  },
  {
    does: "keeps the admin password in the Secret while it is valid, and uses the other one when it is not",
    given: all(adminOn, typed(admin), ({ azure }) => azure.admin.set("password", "new")),
    command: admin,
    stdout: /secret\/acr-myregistry configured\n/,
    stderr: any,
    leaves: { password: "new" },
    after: [
      {
        given: ({ azure }) => azure.admin.set("password2", "new").set("password", "newer"),
        command: admin,
        stderr: any,
        leaves: { password: "new", entry: { slot: "password2" } },
      },
    ],
  },
  {
    does: "refuses to replace a token that pulls by the admin user without --force",
    given: all(adminOn, typed(line)),
    command: admin,
    code: 1,
    stderr: /holds the credential of "\S+" \(acr-token\)\n/,
    after: [{ command: `${admin} --force`, stderr: any, leaves: { username: "myregistry" } }],
  },
  ...["--username ci", "--expires-in 1h"].map((other) => ({
    does: `refuses --admin with ${other}`,
    command: `${admin} ${other}`,
    code: 1,
    stderr: new RegExp(`${["--admin", other.split(" ")[0]].sort().join(" and ")} cannot be used together`),
    check: ({ asking }: FakeWorld) => expect(asking.all).toEqual([]),
  })),
]);

const given = "create --registry myregistry.azurecr.io --username ci --password-stdin";
const supplied = `${given} --serviceaccount default -n demo`;
const user = ({ azure }: FakeWorld) => azure.users.set("ci", "hunter2");
const hunter2 = { stdin: "hunter2\n" };
const ci = { username: "ci", password: "hunter2" };

testRows([
  {
    does: "writes a login that the user supplies, requests nothing from Azure, and keeps it in a second run",
    given: user,
    command: supplied,
    options: hunter2,
    stdout: attachedAll,
    stderr: [unchecked],
    leaves: ci,
    check: ({ asking }) => expect(asking.all.filter((text) => /^(findRegistry|token|scopeMap)/.test(text))).toEqual([]),
    after: [unchanged(supplied, { options: hunter2, stderr: any })],
  },
  ...["https://myregistry.azurecr.io/", "HTTPS://myregistry.azurecr.io", "myregistry.azurecr.io/"].map((registry) => ({
    does: `accepts the login server ${registry}`,
    given: user,
    command: `create --registry ${registry} --username ci --password-stdin -n demo`,
    options: hunter2,
    stdout: ["secret/acr-myregistry created"],
    stderr: [unchecked, next],
    leaves: ci,
  })),
  {
    does: "rejects a supplied login that cannot pull",
    command: `${given} -n demo`,
    options: { stdin: "wrong" },
    code: 1,
    stderr: /refuses the login\n$/,
  },
]);

const id =
  "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/demo/providers/Microsoft.ContainerRegistry/registries/myregistry";
const byId = `create --registry ${id} --username ci --password-stdin --repository app/web -n demo`;
const signIn = "--auth az --subscription Demo";
const pull = "create --registry myregistry --repository app/web -n demo";

testRows([
  {
    does: "names the Secret after a registry that is given by its id, and accepts a repository with its host",
    command: `create --registry ${id}/ --repository myregistry.azurecr.io/app/web -n demo`,
    stdout: /secret\/acr-myregistry created\n/,
    stderr: [next],
    leaves: { granted: ["app/web"] },
  },
  {
    does: "repeats the sign-in flags in a printed command",
    given: typed(`create --registry myregistry --repository app/other -n demo ${signIn}`),
    command: `create --registry myregistry -n demo ${signIn}`,
    stderr: new RegExp(`kubectl acr-secret create -n demo --registry myregistry ${signIn} --repository app/web`),
  },
  ...[
    { flags: "--tenant a/b", stderr: /^error: invalid --tenant "a\/b"/ },
    { flags: "--auth magic", stderr: /--auth/ },
    { flags: "--cloud AzureGermanCloud", stderr: /--cloud/ },
  ].map(({ flags, stderr }) => ({
    does: `refuses ${flags} before any request`,
    command: `${line} ${flags}`,
    code: 1,
    stderr,
    check: ({ asking }: FakeWorld) => expect(asking.all).toEqual([]),
  })),
  {
    does: "accepts the registry's id with a supplied login, unless Azure is not asked",
    given: user,
    command: byId,
    options: hunter2,
    stdout: ["secret/acr-myregistry created"],
    stderr: any,
    after: [
      {
        command: `${byId} --verify=false`,
        options: hunter2,
        code: 1,
        stderr: new RegExp(`"${id}" is an ID\nhint: .*:\n  az acr show --name myregistry --query`),
      },
    ],
  },
]);

test.for<{ flags: string; options: SignInOptions }>([
  { flags: "", options: { source: "auto" } },
  { flags: "--auth=workload", options: { source: "workload" } },
  {
    flags: "--tenant example.com --subscription Demo --cloud AzureChinaCloud --auth az",
    options: { source: "az", tenant: "example.com", subscription: "Demo", cloud: "AzureChinaCloud" },
  },
])("signs in to Azure as the flags $flags say", async ({ flags, options }) => {
  const world = demo();
  addNamespaces(world.cluster, "kube-system");
  const asked: SignInOptions[] = [];
  for (const verb of [line, "prune --registry myregistry"]) {
    const { context } = open(world.ports);
    const azure: typeof context.azure = (identity, ...more) => {
      asked.push(identity);
      return context.azure(identity, ...more);
    };
    expect(await main(`${verb} ${flags}`.split(" ").filter(Boolean), { ...context, azure })).toBe(0);
  }

  expect(asked).toEqual([options, options]);
});

const withoutPod = ({ cluster }: FakeWorld) => cluster.remove("pod", "demo", "web-1");
const noImage = (image: string) =>
  `Warning: myregistry.azurecr.io/${image} could not be verified: ${image.endsWith("*") ? "found no pod that uses an image below this path" : "no image found"}`;

testRows([
  ...["blocked", "throttled", "unreachable", "untrusted"].map((verdict) => ({
    does: `warns about a password that it keeps untested when the registry is ${verdict}`,
    given: all(withoutPod, typed(pull), answer("prove", { verdict, message: "no answer" })),
    command: pull,
    stdout: ["secret/acr-myregistry unchanged"],
    stderr: /^Warning: secret\/acr-myregistry keeps its password, which was not tested: no answer\n$/,
  })),
  ...["app/next", "app/*"].map((repository) => ({
    does: `creates a Secret for the repository ${repository} without an image, and warns about it once`,
    given: withoutPod,
    command: pull.replace("app/web", repository),
    stdout: [`scopemap.azurecr.io/${token} created (+${repository})`, `token.azurecr.io/${token} created`, "secret/acr-myregistry created"],
    stderr: [noImage(repository), next],
    after: [
      { command: pull.replace("app/web", repository), stdout: ["secret/acr-myregistry unchanged"] },
      {
        given: ({ azure }: FakeWorld) => azure.tokens.get(token)?.passwords.clear(),
        command: pull.replace("app/web", repository),
        stdout: /secret\/acr-myregistry configured\n/,
        stderr: any,
      },
    ],
  })),
  {
    does: "warns once about a repository when a pod names an image of it that does not exist",
    given: ({ cluster }) => cluster.put(stuckPod("demo", "web-1", "myregistry.azurecr.io/app/wbe:1")),
    command: "create --registry myregistry --repository app/wbe --where-used -n demo",
    stderr: /^Warning: image myregistry.azurecr.io\/app\/wbe:1 .*\n$/,
  },
  {
    does: "rejects a supplied login that the registry rejects when no image is known",
    given: all(withoutPod, user),
    command: `${given} -n demo`,
    options: { stdin: "wrong" },
    code: 1,
    stderr: /^error: .*refuses the login\n$/,
    after: [
      {
        command: `${given} -n demo`,
        options: hunter2,
        stdout: ["secret/acr-myregistry created"],
        stderr: [unchecked, next],
      },
    ],
  },
]);

testRows([
  {
    does: "prints no warning when the password of the Secret's own token is invalid",
    given: all(withoutPod, typed(pull), ({ azure }) => azure.tokens.get(token)?.passwords.clear()),
    command: pull,
    leaves: { secret: "alive", entry: { identity: token } },
  },
]);
