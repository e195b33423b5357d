import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterAll, expect, inject, onTestFinished, test } from "vitest";
import { everythingAt, everythingIn } from "../../support/everything.ts";
import { create, kubectl } from "../../support/kubectl.ts";
import { newNamespace, openShell } from "../../support/plugin.ts";
import { until } from "../../support/until.ts";

const shell = await openShell();
afterAll(() => shell.stop());

type Item = { readonly kind: string; readonly id: string; readonly status: string; readonly applies: string; readonly message: string };

/** Creates a user with every right in the cluster. */
async function administrator(): Promise<string> {
  const name = `doctor-${randomBytes(4).toString("hex")}`;
  const [apiVersion, apiGroup] = ["rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io"];
  const subjects = [{ kind: "User", name, apiGroup }];
  await create([
    {
      apiVersion,
      kind: "ClusterRoleBinding",
      metadata: { name },
      subjects,
      roleRef: { apiGroup, kind: "ClusterRole", name: "cluster-admin" },
    },
  ]);
  onTestFinished(async () => void (await kubectl(["delete", "clusterrolebinding", name])));
  return name;
}

/** Returns the writes of a user, `VERB RESOURCE`, each once. */
async function writesOf(user: string): Promise<string[]> {
  const lines = (await readFile(inject("auditLog"), "utf8")).split("\n").filter((line) => line.includes(`"username":"${user}"`));
  // A new pod is only a dry run
  const events = lines.map((line) => JSON.parse(line)).filter(({ requestURI }) => !requestURI.includes("dryRun=All"));
  return [...new Set(events.map(({ verb, objectRef }) => `${verb} ${objectRef.resource}`))].sort();
}

test("changes nothing in the cluster and in Azure", { timeout: 60_000 }, async () => {
  const namespace = await newNamespace();
  const user = await administrator();
  const made = await shell.type(
    `kubectl acr-secret create --registry myregistry --repository app/web --serviceaccount app -n ${namespace}`,
  );
  expect(made.code).toBe(0);
  const [objects, azure] = [await everythingIn([namespace]), everythingAt(shell.azure.world)];

  for (const words of [`-n ${namespace}`, `-n ${namespace} -o json`, "-A -o yaml"]) {
    const { stdout, stderr } = await shell.type(`kubectl acr-secret doctor --registry myregistry ${words} --as ${user}`);
    expect(stdout).toContain("leftovers");
    expect(stderr).not.toContain("rror");
  }

  await kubectl(["label", "serviceaccount", "app", "examined=true", "-n", namespace, "--as", user]);
  await until(async () => (await writesOf(user)).includes("patch serviceaccounts"));
  expect(await writesOf(user)).toEqual(["create selfsubjectaccessreviews", "create selfsubjectreviews", "patch serviceaccounts"]);
  await kubectl(["label", "serviceaccount", "app", "examined-", "-n", namespace]);
  expect(await everythingIn([namespace])).toEqual(objects);
  expect(everythingAt(shell.azure.world)).toEqual(azure);
});

test("finds out which rights a user lacks, and the version of the real kubectl and server", { timeout: 60_000 }, async () => {
  const namespace = await newNamespace();

  const { stdout, code } = await shell.type(`kubectl acr-secret doctor --registry myregistry -n ${namespace} --as jane -o json`);

  const items: readonly Item[] = JSON.parse(stdout).items;
  const of = (id: string) => items.filter((item) => item.id === id);
  expect(of("kubectl-version")).toMatchObject([
    { status: "ok", message: expect.stringMatching(/^kubectl v1\.\d+\.\d+ supports .* v1\.\d+\.\d+$/) },
  ]);
  expect(of("cluster-identity")).toMatchObject([{ status: "ok", message: expect.stringContaining('"jane"') }]);
  expect(of("cluster-rights").map(({ status }) => status)).not.toContain("ok");
  for (const id of ["nodes", "secret-expiry", "image-pulls", "schedules", "leftovers"])
    expect(of(id)[0]).toMatchObject({ status: "unknown" });
  expect(of("token-without-expiry")).toMatchObject([{ kind: "Way", applies: "best" }]);
  expect(code).toBe(2);
});
