import { afterAll, expect, test, vi } from "vitest";
import type { Secret } from "../../../src/objects.ts";
import { getJson, kubectl } from "../../support/kubectl.ts";
import { ended, newNamespace, openShell } from "../../support/plugin.ts";
import { sampled } from "../../support/sampled.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const [registry] = shell.azure.world.registries;
if (!registry) throw new Error("the shell's Azure has a registry");

/** Returns the objects in Azure for a namespace. */
const madeFor = (namespace: string) =>
  [...registry.tokens, ...registry.scopeMaps].filter(({ name }) => name.startsWith(`${namespace}-`)).length;

/** The signal is sent as soon as Azure or the registry has received this request. */
const generates = /POST .*generateCredentials/;
const moments = [/resourcegraph/i, /PUT .*scopeMaps/, /PUT .*tokens/, generates, /v2\/app\/web\/manifests/];
const rows = ([129, 130, 143] as const).flatMap((code) =>
  moments.map((moment) => ({ signal: ({ 129: "SIGHUP", 130: "SIGINT", 143: "SIGTERM" } as const)[code], moment, code })),
);

test.for(sampled(rows, ({ moment }) => moment === generates))(
  "create rolls back and succeeds when run again after $signal at $moment",
  { timeout: 60_000 },
  async ({ signal, moment, code }) => {
    const { azure } = shell;
    const namespace = await newNamespace();
    const args = ["create", "--registry", "myregistry", "--repository", "app/web", "--serviceaccount", "app", "-n", namespace];
    azure.calls.reset();
    // The delay ensures that the signal arrives before the response.
    const hasten = azure.faults.add({ kind: "slow", path: /./, milliseconds: 80 });

    const child = shell.start("kubectl", ["acr-secret", ...args]);
    const interrupted = ended(child);
    const asked = () => azure.calls.list().some(({ method, path }) => moment.test(`${method} ${path}`));
    await vi.waitUntil(asked, { interval: 2, timeout: 20_000 });
    child.kill(signal);
    const run = await interrupted;
    hasten();

    expect(run).toMatchObject({ code, stdout: "" });
    expect(run.stderr).not.toContain("could not be rolled back");
    expect(madeFor(namespace)).toBe(0);
    expect(await kubectl(["get", "secrets", "-n", namespace, "-o", "name"])).toBe("");

    expect(await shell.type(`kubectl acr-secret ${args.join(" ")}`)).toMatchObject({ code: 0, stderr: "" });
    const secret = await getJson<Secret>("secret", "acr-myregistry", "-n", namespace);
    expect(secret.metadata.annotations).not.toHaveProperty("acr-secret/claim");
    expect(madeFor(namespace)).toBe(2);
  },
);
