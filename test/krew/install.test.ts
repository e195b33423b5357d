import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { dump, load } from "js-yaml";
import { afterAll, expect, inject, onTestFinished, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { guardedFolder } from "../../sandbox/guard.ts";
import { generate } from "../../scripts/krew/generate.ts";
import type { Manifest } from "../../scripts/krew/manifest.ts";
import { archivePlugin } from "../../scripts/package.ts";
import { platforms } from "../../scripts/platforms.ts";
import { newNamespace, openShell } from "../support/plugin.ts";
import { openKrew } from "./krew.ts";

const folder = await guardedFolder("acr-secret-manifest-");
afterAll(() => folder.remove());

const archive = await archivePlugin({ progress: (line) => process.stdout.write(`${line}\n`) });
const file = await generate(folder.path);
const manifest = load(await readFile(file, "utf8")) as Manifest;
const version = `v${packageJson.version}`;

/** Creates a user. This version is released, and the given ones, too. */
async function openUser(...versions: Manifest[]) {
  const user = await openKrew();
  onTestFinished(() => user.stop());
  for (const { uri } of [manifest, ...versions].flatMap(({ spec }) => spec.platforms))
    user.releases.archives.set(uri, await readFile(join(dirname(archive), basename(uri).replace("v99.0.0", version))));
  return user;
}

const empty = ["bin", "index", "receipts", "store"];
const installed = (as: string) => {
  const files = ["LICENSE", "THIRD_PARTY_LICENSES", "kubectl-acr_secret", "kubectl_complete-acr_secret"];
  const store = ["", ...files.map((name) => `/${name}`)].map((name) => `store/acr-secret/${as}${name}`);
  return [...empty, "bin/kubectl-acr_secret", "receipts/acr-secret.yaml", "store/acr-secret", ...store].sort();
};

test("passes the checks of Krew's index with the manifest", { timeout: 60_000 }, async () => {
  const { type } = await openUser();

  const { stderr, code } = await type(`validate-krew-manifest -manifest ${file}`);

  expect(stderr).toContain(`all ${manifest.spec.platforms.length} spec.platforms installed fine`);
  expect(code).toBe(0);
});

test.for(platforms)("installs the program of $name with Krew", { timeout: 60_000 }, async ({ name, program }) => {
  const { type, env } = await openUser();
  const [os, arch] = name.split("-");

  const { code, stderr } = await type(`kubectl krew install --manifest=${file}`, { KREW_OS: `${os}`, KREW_ARCH: `${arch}` });

  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("Installed plugin: acr-secret\n") });
  const there = await readFile(join(env["KREW_ROOT"] ?? "", "store/acr-secret", version, program));
  expect(there.equals(await readFile(join(dirname(archive), name, program)))).toBe(true);
});

test("runs through kubectl after an installation from the archive, and leaves nothing when uninstalled", { timeout: 60_000 }, async () => {
  const { type, tree, env } = await openUser();
  expect(await tree()).toEqual(empty);

  const { code, stderr } = await type(`kubectl krew install --manifest=${file} --archive=${archive}`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("Installed plugin: acr-secret\n") });
  expect(stderr).toContain(manifest.spec.caveats?.split("\n")[0]);
  expect(await tree()).toEqual(installed(version));

  expect(await type("kubectl acr-secret version --client")).toEqual({ code: 0, stdout: `Client Version: ${version}\n`, stderr: "" });
  const plugins = await type("kubectl plugin list");
  expect(plugins.stdout).toContain(`${env["KREW_ROOT"]}/bin/kubectl-acr_secret\n`);
  expect(plugins.stdout + plugins.stderr).not.toMatch(/warning/i);

  expect(await type("kubectl krew uninstall acr-secret")).toMatchObject({ code: 0, stderr: "Uninstalled plugin: acr-secret\n" });
  expect(await tree()).toEqual(empty);
  expect(await type("kubectl acr-secret version --client")).toMatchObject({ code: 1, stderr: /unknown command "acr-secret"/ });
});

test("creates a pull secret with the installed plugin", { timeout: 60_000 }, async () => {
  const { type, env } = await openUser();
  const shell = await openShell();
  onTestFinished(() => shell.stop());
  const namespace = await newNamespace();
  await type(`kubectl krew install --manifest=${file} --archive=${archive}`);

  const command = `kubectl acr-secret create --registry myregistry --repository app/web --serviceaccount app --expires-in 90d -n ${namespace}`;
  const { code, stdout, stderr } = await shell.type(command, { env: { PATH: env["PATH"] ?? "" } });

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/\nsecret\/acr-myregistry created\nserviceaccount\/app patched\n$/);
});

test("completes the plugin's arguments in kubectl with the commands of docs/completion.md", { timeout: 60_000 }, async () => {
  const { type, env } = await openUser();
  await type(`kubectl krew install --manifest=${file}`);
  const page = await readFile(join(import.meta.dirname, "../../docs/completion.md"), "utf8");
  const [write = "", permit = ""] = [...page.matchAll(/^\$ (.*kubectl_complete-acr_secret)$/gm)].map(([, command]) => command);
  const path = `${env["HOME"]}/.local/bin:${env["PATH"]}`;
  const complete = () => type("kubectl __complete acr-secret cr", { PATH: path, KUBECONFIG: inject("kubeconfig") });

  expect((await complete()).stdout).not.toContain("create");
  expect(await type(`mkdir -p ~/.local/bin && ${write} && ${permit}`)).toEqual({ code: 0, stdout: "", stderr: "" });
  expect((await complete()).stdout).toMatch(/^create\t/);
});

test("replaces the old version when Krew upgrades it from an index", { timeout: 60_000 }, async () => {
  const next: Manifest = JSON.parse(JSON.stringify(manifest).replaceAll(version, "v99.0.0"));
  const { type, tree, publish } = await openUser(next);
  await publish(await readFile(file, "utf8"));

  expect(await type("kubectl krew install acr-secret")).toMatchObject({ code: 0 });
  expect(await tree()).toEqual(installed(version));
  expect(await type("kubectl krew upgrade acr-secret")).toMatchObject({ code: 1, stderr: /newest version is already installed/ });

  await publish(dump(next));
  const upgraded = await type("kubectl krew upgrade");
  expect(upgraded).toMatchObject({ code: 0, stderr: expect.stringContaining("Upgraded plugin: acr-secret\n") });
  expect(await tree()).toEqual(installed("v99.0.0"));
  expect(await type("kubectl acr-secret version --client")).toMatchObject({ code: 0, stdout: `Client Version: ${version}\n` });

  expect(await type("kubectl krew uninstall acr-secret")).toMatchObject({ code: 0 });
  expect(await tree()).toEqual(empty);
});
