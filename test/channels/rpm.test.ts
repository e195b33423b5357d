import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { binaries } from "../../sandbox/binaries.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { manPages } from "../../scripts/man.ts";
import { packagePlugin } from "../../scripts/package.ts";
import { hostPlatform } from "../../scripts/platforms.ts";
import { linuxPackages } from "../../scripts/release/linux.ts";
import { needs } from "../../scripts/release/nfpm.ts";
import { openMachine } from "./machine.ts";
import { makeBoth, version } from "./made.ts";
import { commandsOf } from "./page.ts";

const folder = await guardedFolder("acr-secret-rpm-");
afterAll(() => folder.remove());

const { now, next } = await makeBoth(linuxPackages("rpm"), folder.path);
const [file = "", newer = ""] = [...now, ...next];

const installed = [
  "usr/bin/kubectl-acr_secret",
  "usr/bin/kubectl_complete-acr_secret",
  "usr/share/doc/kubectl-acr-secret/CHANGELOG.md",
  "usr/share/licenses/kubectl-acr-secret/LICENSE",
  "usr/share/licenses/kubectl-acr-secret/THIRD_PARTY_LICENSES",
  ...[...manPages().keys()].map((name) => `usr/share/man/man1/${name}.gz`),
];

const [install = "", upgrade = "", erase = ""] = commandsOf("Fedora, RHEL, openSUSE");

/** Creates a machine with the usual folders, and an rpm database of its own. */
async function openFedora() {
  const machine = await openMachine("usr/bin", "var/lib/rpm");
  for (const name of ["var/lib/rpm", "usr/bin", "usr/share/doc", "usr/share/licenses", "usr/share/man/man1"])
    await mkdir(join(machine.folder, name), { recursive: true });
  const rpm = (args: string) => machine.type(`rpm --force-debian --root=${machine.folder} --dbpath=/var/lib/rpm ${args}`);
  /** Runs a command of the page in the folder of a package. */
  const asShown = (command: string, beside = file) =>
    machine.type(
      `cd ${dirname(beside)} && ${command.replace("sudo rpm", `rpm --force-debian --root=${machine.folder} --dbpath=/var/lib/rpm`)}`,
    );
  return { ...machine, rpm, asShown };
}

/** Creates an empty package that provides the symbols of a distribution's C and C++ libraries. */
async function libraries(): Promise<string> {
  const tools = await binaries({ need: ["nfpm"] });
  const configuration = join(folder.path, "libraries.json");
  const has = [`libc.so.6(GLIBC_${needs.glibc})(64bit)`, "libgcc_s.so.1()(64bit)", `libstdc++.so.6(GLIBCXX_${needs.glibcxx})(64bit)`];
  await writeFile(configuration, JSON.stringify({ name: "libraries", arch: "amd64", version: "1.0.0", maintainer: "test", provides: has }));
  const target = join(folder.path, "libraries.rpm");
  await promisify(execFile)(tools.program("nfpm"), ["package", "--config", configuration, "--packager", "rpm", "--target", target]);
  return target;
}

test("leaves nothing after rpm has installed, upgraded and erased it", { timeout: 120_000 }, async () => {
  const { type, files, rpm, asShown } = await openFedora();
  expect(await rpm(`-i ${await libraries()}`)).toMatchObject({ code: 0, stderr: "" });
  const before = await files();

  expect(await asShown(install)).toMatchObject({ code: 0, stderr: "" });
  const tree = await files();
  expect(tree).toEqual(expect.arrayContaining(installed));
  expect(tree.filter((path) => !installed.some((one) => `${one}/`.startsWith(`${path}/`)))).toEqual([]);
  expect(await type("kubectl acr-secret version --client")).toEqual({ code: 0, stdout: `Client Version: v${version}\n`, stderr: "" });
  expect((await type("kubectl __complete acr-secret cr")).stdout).toMatch(/^create\t/);
  expect(await rpm("-V kubectl-acr-secret")).toMatchObject({ code: 0, stdout: "" });

  expect(await asShown(upgrade, newer)).toMatchObject({ code: 0, stderr: "" });
  expect(await files()).toEqual(tree);
  expect((await rpm("-q kubectl-acr-secret")).stdout).toBe("kubectl-acr-secret-99.0.0-1.x86_64\n");

  expect(await asShown(erase)).toMatchObject({ code: 0, stderr: "" });
  expect(await files()).toEqual(before);
  expect((await rpm("-qa")).stdout).toBe("libraries-1.0.0-1.x86_64\n");
});

test("names the missing library in rpm", { timeout: 60_000 }, async () => {
  const { rpm } = await openFedora();

  const { code, stderr } = await rpm(`-i ${file}`);

  expect(code).not.toBe(0);
  expect(stderr).toContain(`libc.so.6(GLIBC_${needs.glibc})(64bit) is needed by kubectl-acr-secret-${version}-1.x86_64`);
});

test("requires exactly the program's libraries in the packages", async () => {
  const host = hostPlatform();
  const { binary } = await packagePlugin({ progress: () => {}, ...(host && { platform: host }) });
  const text = (await readFile(binary)).toString("latin1");
  const newest = (symbol: string) =>
    [...new Set([...text.matchAll(new RegExp(`\\0${symbol}_([\\d.]+)(?=\\0)`, "g"))].map(([, number = ""]) => number))]
      .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
      .at(-1);

  expect({ glibc: newest("GLIBC"), glibcxx: newest("GLIBCXX") }).toEqual(needs);
});
