import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { guardedFolder } from "../../sandbox/guard.ts";
import { hostPlatform, platforms } from "../../scripts/platforms.ts";
import { destinations } from "../../scripts/release/destinations.ts";
import { releaseIn } from "../../scripts/release/files.ts";
import { npmPackages, platformPackage } from "../../scripts/release/npm.ts";
import { take } from "../../scripts/release/take.ts";
import { openMachine } from "./machine.ts";
import { makeBoth, nextVersion, version } from "./made.ts";
import { commandsOf } from "./page.ts";
import { startRegistry } from "./registry.ts";

const folder = await guardedFolder("acr-secret-npm-");
afterAll(() => folder.remove());

const { now, next } = await makeBoth(npmPackages, folder.path);
const thisPlatform = `${process.platform}-${process.arch}`;

/** Publishes a version as a release does. @returns the number of new packages */
async function publish(of: string, tarballs: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const release = { ...releaseIn("", [], { version: of, imageName: "" }), npm: tarballs };
  const steps = destinations["npm"]?.steps(release) ?? [];
  let taken = 0;
  for (const step of steps) taken += Number(await take(step, { ...process.env, ...env }));
  return taken;
}

/** Creates a user with npm, a separate prefix, and a registry with this version: complete, or without this platform's package. */
async function openUser({ without = "" } = {}) {
  const registry = await startRegistry();
  onTestFinished(() => registry.stop());
  const machine = await openMachine("bin", "lib/node_modules/.package-lock.json");
  for (const name of ["bin", "lib/node_modules"]) await mkdir(join(machine.folder, name), { recursive: true });
  const settings = join(machine.folder, "..", "npmrc");
  await writeFile(settings, `registry=${registry.address}\n//${new URL(registry.address).host}/:_authToken=token\n`);
  const publishing = {
    NPM_CONFIG_USERCONFIG: settings,
    NPM_CONFIG_LOGLEVEL: "error",
    NPM_CONFIG_CACHE: join(machine.folder, "..", "cache"),
  };
  for (const of of [version, nextVersion])
    for (const platform of platforms) if (platform !== hostPlatform()) registry.know(platformPackage(platform, of));
  const release = (of: string, made: readonly string[]) =>
    publish(
      of,
      made.filter((tarball) => without === "" || !tarball.includes(without)),
      publishing,
    );
  await release(version, now);
  const options = `--prefix ${machine.folder} --registry ${registry.address} --no-audit --no-fund --no-update-notifier`;
  const npm = (args: string) => machine.type(`npm ${options} ${args}`);
  /** Runs a command of the page. */
  const asShown = (command: string) => npm(command.replace(/^npm /, ""));
  return { ...machine, npm, asShown, registry, release };
}

const [install = "", update = "", uninstall = ""] = commandsOf("npm");
const client = { code: 0, stdout: `Client Version: v${version}\n`, stderr: "" };

test("leaves nothing after npm has installed, upgraded and uninstalled it", { timeout: 180_000 }, async () => {
  const { type, npm, asShown, files, registry, release, folder } = await openUser();
  const before = await files();

  expect(await asShown(install)).toMatchObject({ code: 0, stderr: "" });
  expect([...registry.fetched].sort()).toEqual([`${thisPlatform}-${version}.tgz`, `kubectl-acr-secret-${version}.tgz`].sort());
  const tree = await files();
  expect(tree).toEqual(expect.arrayContaining(["bin/kubectl-acr_secret", "bin/kubectl_complete-acr_secret"]));
  expect(await type("kubectl acr-secret version --client")).toEqual(client);
  expect((await type("kubectl __complete acr-secret cr")).stdout).toMatch(/^create\t/);
  // From now on no Node starts before the program, because the program itself is in this place.
  expect((await type(`head -c 4 ${folder}/bin/kubectl-acr_secret`)).stdout).toBe("\x7fELF");

  expect([await release(version, now), await release(nextVersion, next)]).toEqual([0, 2]);
  expect(await asShown(update)).toMatchObject({ code: 0, stderr: "" });
  expect((await npm("list --global")).stdout).toContain(`kubectl-acr-secret@${nextVersion}`);
  expect(await files()).toEqual(tree);
  expect(await type("kubectl acr-secret version --client")).toEqual(client);

  expect(await asShown(uninstall)).toMatchObject({ code: 0, stderr: "" });
  expect(await files()).toEqual(before);
});

test("runs for a user who may not write there, with the program's exit codes and signals", { timeout: 120_000 }, async () => {
  const { type, npm, folder } = await openUser();
  expect(await npm("install --global --ignore-scripts kubectl-acr-secret")).toMatchObject({ code: 0 });
  await type(`chmod 755 . && chmod -R a+rX ${folder}`);
  const stranger = (command: string) => type(`setpriv --reuid=65534 --regid=65534 --clear-groups ${command}`);

  expect(await stranger("kubectl-acr_secret version --client")).toEqual(client);
  expect(await stranger("kubectl-acr_secret create --nonsense")).toMatchObject({ code: 1, stderr: /unknown flag: --nonsense/ });
  expect((await type(`head -c 2 ${folder}/bin/kubectl-acr_secret`)).stdout).toBe("#!");
});

test("explains what to do when the platform's package is missing", { timeout: 60_000 }, async () => {
  const { type, asShown } = await openUser({ without: thisPlatform });

  expect(await asShown(install)).toMatchObject({ code: 0 });

  expect(await type("kubectl acr-secret version --client")).toEqual({
    code: 1,
    stdout: "",
    stderr: `error: npm has left out @kubectl-acr-secret/${thisPlatform}: npm install --global kubectl-acr-secret --include=optional\n`,
  });
});
