import { expect, test } from "vitest";
import { demo, line, once } from "../../support/demo.ts";
import { type } from "../../support/in-process.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const theirs = `{ "auths": {"ghcr.io": {"auth":"${base64("jane:p")}"}} }\n`;

/** Creates another user's pull secret for another registry. */
const put = ({ cluster }: ReturnType<typeof demo>, text = theirs, manager = "kubectl-create") =>
  cluster.put(
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "acr-myregistry", namespace: "demo", labels: { "app.kubernetes.io/managed-by": "Helm" } },
      type: "kubernetes.io/dockerconfigjson",
      data: { ".dockerconfigjson": base64(text) },
    },
    manager,
  );

const secretIn = ({ cluster }: ReturnType<typeof demo>) => cluster.get("secret", "demo", "acr-myregistry");
const textIn = (world: ReturnType<typeof demo>) => Buffer.from(secretIn(world)?.data?.[".dockerconfigjson"] ?? "", "base64").toString();

test("a login is added to a Secret that holds others; what others wrote stays byte for byte, and so does their label", async () => {
  const world = demo();
  put(world);

  expect(await type(`${line} --merge`, world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry configured\nserviceaccount/default patched\n"),
    stderr: "",
    code: 0,
  });
  expect(textIn(world)).toMatch(/^{ "auths": {"ghcr\.io": {"auth":"amFuZTpw"},"myregistry\.azurecr\.io":{"username":"[^"]+",[^{}]+}} }\n$/);
  expect(secretIn(world)?.metadata).toMatchObject({ uid: expect.any(String), labels: { "app.kubernetes.io/managed-by": "Helm" } });
  expect(world.loginIn("demo")).toBeDefined();

  const before = textIn(world);
  expect(await type(`${line} --merge`, world.ports)).toMatchObject({
    stdout: expect.stringContaining("secret/acr-myregistry unchanged\n"),
    stderr: "",
    code: 0,
  });
  expect(textIn(world)).toBe(before);
});

test("without --merge it is not touched, before and after a login was added, and the hint tells the way", async () => {
  const world = demo();
  put(world);
  const hint = "hint: name another Secret, or add --merge to keep what it holds, or --force to lose it\n";

  expect(await type(line, world.ports)).toEqual({
    stdout: "",
    stderr: `error: secret "acr-myregistry" in namespace "demo" (type kubernetes.io/dockerconfigjson) was not made by kubectl acr-secret\n${hint}`,
    code: 1,
  });
  expect(world.asking.writes).toEqual([]);
  await type(`${line} --merge`, world.ports);
  expect(await type(line, world.ports)).toMatchObject({
    stderr: `error: secret "acr-myregistry" in namespace "demo" holds a credential for ghcr.io\n${hint}`,
    code: 1,
  });
  expect(textIn(world)).toContain("ghcr.io");
});

test("what somebody writes between the look and the write stays too", async () => {
  const world = demo();
  put(world);
  once(world, "get secret demo/acr-myregistry", () => undefined);
  once(world, "patch secret demo/acr-myregistry", () => {
    const held = secretIn(world);
    const text = textIn(world).replace('"auths": {', '"auths": {"quay.io":{},');
    if (held) world.cluster.put({ ...held, data: { ".dockerconfigjson": base64(text) } }, "kubectl-edit");
  });

  expect(await type(`${line} --merge`, world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(textIn(world)).toMatch(/^{ "auths": {"quay\.io":{},"ghcr\.io": .*"myregistry\.azurecr\.io":/);
});

test("a writer who may take the login out again is told", async () => {
  const world = demo();
  put(world, theirs, "helm");

  expect(await type(`${line} --merge`, world.ports)).toMatchObject({
    stderr:
      'Warning: secret/acr-myregistry has another writer, who may take this login out again: "helm" using v1: .data..dockerconfigjson; ' +
      '"helm" using v1: .metadata.labels.app.kubernetes.io/managed-by\n',
    code: 0,
  });
});

test("a login for this registry that somebody else put there is only replaced by force, and the others stay", async () => {
  const world = demo();
  put(world, `{"auths":{"myregistry.azurecr.io":{"auth":"${base64("a:b")}"},"ghcr.io":{}}}`);

  expect(await type(`${line} --merge`, world.ports)).toMatchObject({
    stderr:
      'error: secret "acr-myregistry" in namespace "demo" holds somebody else\'s login for myregistry.azurecr.io\n' +
      "hint: name another Secret, or add --force to replace that login\n",
    code: 1,
  });
  expect(world.asking.writes).toEqual([]);
  expect(await type(`${line} --merge --force`, world.ports)).toMatchObject({ stderr: "", code: 0 });
  expect(textIn(world)).toMatch(/^{"auths":{"myregistry\.azurecr\.io":{"username":.*},"ghcr\.io":{}}}$/);
});

test("--dry-run=client shows the Secret with what it holds already", async () => {
  const world = demo();
  put(world);

  const given = "create --registry myregistry.azurecr.io --username ci --password-stdin --verify=false --merge -n demo";
  const { stdout } = await type(`${given} --dry-run=client -o json`, world.ports, { stdin: "p" });
  const shown = JSON.parse(stdout) as { metadata: object; data: Record<string, string> };

  expect(shown.metadata).toMatchObject({
    labels: { "app.kubernetes.io/managed-by": "Helm" },
    annotations: { "acr-secret/logins": expect.any(String) },
  });
  expect(Buffer.from(shown.data[".dockerconfigjson"] ?? "", "base64").toString()).toMatch(
    /^{ "auths": {"ghcr\.io": .*,"myregistry\.azurecr\.io":/,
  );
  expect(world.asking.writes).toEqual([]);
});
