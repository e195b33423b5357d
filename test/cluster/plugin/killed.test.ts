import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test, vi } from "vitest";
import type { Secret, ServiceAccount } from "../../../src/objects.ts";
import { readEntries } from "../../../src/secret/entry.ts";
import { getJson, kubectl } from "../../support/kubectl.ts";
import { ended, newNamespace, openShell } from "../../support/plugin.ts";

const shell = await openShell();
afterAll(() => shell.stop());

const [registry] = shell.azure.world.registries;
if (!registry) throw new Error("the shell's Azure has a registry");

/** When to kill: so many milliseconds after the start, or as soon as Azure has been asked for this. */
const moments: readonly (number | RegExp)[] = [
  40,
  130,
  270,
  /resourcegraph/i,
  /PUT .*scopeMaps/,
  /PUT .*tokens/,
  /POST .*generateCredentials/,
  /oauth2\/token/,
  /v2\/app\/web\/manifests/,
];

/** Where the claim of the run that was killed is waited out; for the others it has ended long ago. */
const waited = moments.at(-1);

/** Sets the end of a claim on the Secret back. */
async function passTime(namespace: string): Promise<void> {
  const found = await kubectl(["get", "secret", "-n", namespace, "-o", "name", "--field-selector=metadata.name=acr-myregistry"]);
  if (found === "") return;
  const claim = JSON.stringify({ by: "the run that was killed", until: "2026-01-01T00:00:00Z" });
  await kubectl(["annotate", "--overwrite", "-n", namespace, "secret/acr-myregistry", `acr-secret/claim=${claim}`]);
}

/** Processes that have this text in their command line or environment. */
async function processesWith(text: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const read = (file: string) => readFile(file, "utf8").catch(() => "");
  const all = await Promise.all(
    pids.map(async (pid) => ({ line: await read(`/proc/${pid}/cmdline`), env: await read(`/proc/${pid}/environ`) })),
  );
  return all.filter(({ line, env }) => line.includes(text) || env.includes(text)).map(({ line }) => line.replaceAll("\0", " ").trim());
}

test.for(moments)("killed at %s, a second run ends it well and nothing else is left", { timeout: 90_000 }, async (moment) => {
  const { azure } = shell;
  const namespace = await newNamespace(["theirs"]);
  await kubectl(["create", "secret", "docker-registry", "theirs", "--docker-username=u", "--docker-password=p", "-n", namespace]);
  const tmp = await mkdtemp(`${shell.folder}/tmp/`);
  const before = { tokens: registry.tokens.length, scopeMaps: registry.scopeMaps.length };
  const args = ["create", "--registry", "myregistry", "--repository", "app/web", "--serviceaccount", "app", "-n", namespace];
  azure.calls.reset();
  // Long enough between two requests for the signal to come in between
  const hasten = azure.faults.add({ kind: "slow", path: /./, milliseconds: 60 });

  const child = shell.start("kubectl", ["acr-secret", ...args], { env: { TMPDIR: tmp } });
  const killed = ended(child);
  if (typeof moment === "number") await sleep(moment);
  else
    await vi.waitUntil(() => azure.calls.list().some(({ method, path }) => moment.test(`${method} ${path}`)), {
      interval: 2,
      timeout: 10_000,
    });
  child.kill("SIGKILL");
  expect(await killed).toMatchObject({ code: null });
  hasten();
  await vi.waitFor(async () => expect(await processesWith(tmp)).toEqual([]), { timeout: 5000, interval: 50 });
  expect(await readdir(tmp)).toEqual([]);

  if (moment !== waited) await passTime(namespace);

  const { code, stderr } = await shell.type(`kubectl acr-secret ${args.join(" ")}`, { env: { TMPDIR: tmp } });

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect({ tokens: registry.tokens.length, scopeMaps: registry.scopeMaps.length }).toEqual({
    tokens: before.tokens + 1,
    scopeMaps: before.scopeMaps + 1,
  });
  const token = registry.tokens.at(-1);
  const secret = await getJson<Secret>("secret", "acr-myregistry", "-n", namespace);
  const config = JSON.parse(Buffer.from(secret.data?.[".dockerconfigjson"] ?? "", "base64").toString());
  const slot = readEntries(secret)?.[0]?.slot === "password2" ? "password2" : "password1";
  expect(config.auths["myregistry.azurecr.io"]).toMatchObject({ username: token?.name, password: token?.passwords[slot]?.value });
  const account = await getJson<ServiceAccount>("serviceaccount", "app", "-n", namespace);
  expect(account.imagePullSecrets).toEqual([{ name: "theirs" }, { name: "acr-myregistry" }]);
  expect(await processesWith(tmp)).toEqual([]);
  expect(await readdir(tmp)).toEqual([]);
});
