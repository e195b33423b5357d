import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { guardedFolder } from "../../sandbox/guard.ts";
import { manPages } from "../../scripts/man.ts";
import { packagePlugin } from "../../scripts/package.ts";
import { hostPlatform, type Platform } from "../../scripts/platforms.ts";
import { debianPackages } from "../../scripts/release/deb.ts";
import { needs } from "../../scripts/release/nfpm.ts";
import { root } from "../../scripts/run.ts";
import { openMachine } from "./machine.ts";

const folder = await guardedFolder("acr-secret-deb-");
afterAll(() => folder.remove());

const { version } = packageJson;
/** A version later than all others, of the same program. */
const nextVersion = "99.0.0";
const host = hostPlatform();
if (!host) throw new Error("the plugin is not packaged for this machine");

/** Creates the package of a version for this machine, in a folder of its own. @returns its path */
async function make(of: string): Promise<string> {
  const into = join(folder.path, of);
  await mkdir(into);
  const [path = ""] = await debianPackages({ platforms: [host as Platform], version: of, into, progress: () => {} });
  return path;
}

const file = await make(version);
const newer = await make(nextVersion);

const installed = [
  "usr/bin/kubectl-acr_secret",
  "usr/bin/kubectl_complete-acr_secret",
  "usr/share/doc/kubectl-acr-secret/THIRD_PARTY_LICENSES.gz",
  "usr/share/doc/kubectl-acr-secret/changelog.Debian.gz",
  "usr/share/doc/kubectl-acr-secret/changelog.gz",
  "usr/share/doc/kubectl-acr-secret/copyright",
  "usr/share/lintian/overrides/kubectl-acr-secret",
  ...[...manPages().keys()].map((name) => `usr/share/man/man1/${name}.gz`),
];

/** Creates a machine whose dpkg knows only these packages. */
async function openDebian({ has }: { has: readonly string[] }) {
  const machine = await openMachine("usr/bin", "var/lib/dpkg");
  const notes = join(machine.folder, "var/lib/dpkg");
  for (const name of ["info", "updates"]) await mkdir(join(notes, name), { recursive: true });
  const ours = (await readFile("/var/lib/dpkg/status", "utf8")).split("\n\n");
  const known = ours.filter((text) => has.some((name) => text.startsWith(`Package: ${name}\n`)));
  await writeFile(join(notes, "status"), known.map((text) => `${text}\n\n`).join(""));
  for (const name of has) await writeFile(join(notes, "info", `${name}:${architecture}.list`), "");
  const dpkg = (args: string) => machine.type(`dpkg --root=${machine.folder} --log=/dev/null ${args}`);
  /** Runs a command of the page in the folder of a package. */
  const asShown = (command: string, beside = file) =>
    machine.type(`cd ${dirname(beside)} && ${command.replace("sudo dpkg", `dpkg --root=${machine.folder} --log=/dev/null`)}`);
  return { ...machine, dpkg, asShown };
}

const architecture = host.name.replace("linux-", "");
const page = await readFile(join(root, "docs/install.md"), "utf8");
const [, commands = ""] = /\n## Debian and Ubuntu\n[^#]*?^```sh\n([\s\S]*?)^```$/m.exec(page) ?? [];
const [install = "", purge = ""] = commands.split("\n");
const libraries = ["libc6", "libgcc-s1", "libstdc++6", "gcc-12-base", "libcrypt1"];

test("leaves nothing after dpkg has installed, upgraded and removed it", { timeout: 120_000 }, async () => {
  const { type, files, dpkg, asShown, folder } = await openDebian({ has: libraries });
  const before = await files();

  expect(await asShown(install)).toMatchObject({ code: 0, stderr: "" });
  const tree = await files();
  expect(tree).toEqual(expect.arrayContaining(installed));
  expect(tree.filter((path) => !installed.some((one) => `${one}/`.startsWith(`${path}/`)))).toEqual([]);
  expect(await type("kubectl acr-secret version --client")).toEqual({ code: 0, stdout: `Client Version: v${version}\n`, stderr: "" });
  expect((await type("kubectl __complete acr-secret cr")).stdout).toMatch(/^create\t/);
  expect((await dpkg("--verify kubectl-acr-secret")).stdout).toBe("");

  expect(await asShown(install, newer)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`(${nextVersion}-1) over (${version}-1)`),
  });
  expect(await files()).toEqual(tree);
  expect(await type("kubectl acr-secret version --client")).toMatchObject({ code: 0 });

  expect(await asShown(purge)).toMatchObject({ code: 0, stderr: "" });
  expect(await files()).toEqual(before);
  expect((await dpkg("-s kubectl-acr-secret")).stderr).toContain("is not installed");
  expect((await type(`ls ${folder}/var/lib/dpkg/info`)).stdout).not.toContain("acr");
});

test("names the missing library in dpkg", { timeout: 60_000 }, async () => {
  const { dpkg } = await openDebian({ has: ["libc6", "libgcc-s1"] });

  const { code, stderr } = await dpkg(`-i ${file}`);

  expect(code).toBe(1);
  expect(stderr).toMatch(/kubectl-acr-secret depends on libstdc\+\+6 \(>= [\d.]+\)/);
});

test("requires exactly the program's libraries", async () => {
  const { binary } = await packagePlugin({ progress: () => {} });
  const text = (await readFile(binary)).toString("latin1");
  const newest = (symbol: string) =>
    [...new Set([...text.matchAll(new RegExp(`\\0${symbol}_([\\d.]+)(?=\\0)`, "g"))].map(([, number = ""]) => number))]
      .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
      .at(-1);

  expect({ glibc: newest("GLIBC"), glibcxx: newest("GLIBCXX") }).toEqual(needs);
});

test("passes lintian, and needs every exception", { timeout: 240_000 }, async () => {
  const { type } = await openMachine("usr/bin", "var/lib/dpkg");

  const { code, stdout } = await type(`lintian --allow-root --fail-on error --display-info --tag-display-limit 0 ${file}`);

  const found = stdout.split("\n").filter((line) => line.startsWith("E:") || line.includes("unused-override"));
  expect({ code, found }).toEqual({ code: 0, found: [] });
});
