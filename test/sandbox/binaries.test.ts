import { execFile } from "node:child_process";
import { appendFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { binaries } from "../../sandbox/binaries.ts";
import { fingerprint } from "../../sandbox/go.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { showProgress } from "../../sandbox/progress.ts";
import { controlPlanePrograms, krewPrograms, nodePrograms, registryPrograms } from "../../sandbox/tools.ts";

const minutes = 60_000;
const run = async (file: string, ...args: string[]) => (await promisify(execFile)(file, args)).stdout;

async function newFolder(): Promise<string> {
  const folder = await guardedFolder("binaries-test-");
  onTestFinished(folder.remove);
  return folder.path;
}

test("provides every program, and each prints its version", { timeout: 30 * minutes }, async () => {
  const need = [...controlPlanePrograms, ...registryPrograms, ...nodePrograms, ...krewPrograms];
  const { program } = await binaries({
    need,
    env: { ...process.env, KUBEBUILDER_ASSETS: "" },
    progress: showProgress(process.stdout).line,
  });

  expect(await run(program("kubectl"), "version", "--client")).toContain("Client Version: v1.37.2\n");
  for (const name of ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet"] as const) {
    expect(await run(program(name), "--version")).toBe("Kubernetes v1.37.2\n");
  }
  expect(await run(program("etcd"), "--version")).toContain("etcd Version: 3.7.0\n");
  expect(await run(program("registry"), "--version")).toContain(" v3.1.2");
  expect(await run(program("crane"), "version")).toMatch(/^v?0\.22\.1\n$/); // its release prints no v
  expect(await run(program("krew"), "version")).toMatch(/GitTag +v0\.4\.3\n/);
});

test("builds once when two processes need a program", { timeout: 2 * minutes }, async () => {
  const env = { ...process.env, XDG_CACHE_HOME: await newFolder() };
  const lines: string[] = [];
  const progress = (line: string) => lines.push(line);

  const [one, other] = await Promise.all([1, 2].map(() => binaries({ need: ["pause"], progress, env })));

  expect(one?.program("pause")).toBe(other?.program("pause"));
  expect(lines).toContain("building pause: waiting for another process that builds it");
  expect(await readdir(one?.folder ?? "")).toEqual(["pause"]);
});

test.for(["go.mod", "go.sum", "program/main.go"])("builds a program in a new folder when %s changes", async (file) => {
  const tools = await newFolder();
  const packages = { program: "acr-secret/sandbox/tools/module/program" };
  const fingerprinted = () => fingerprint([{ name: "module", of: "", packages, stamps: () => ({}) }], tools, process.env);
  await mkdir(join(tools, "module/program"), { recursive: true });
  await writeFile(join(tools, "module/go.mod"), "module acr-secret/sandbox/tools/module\n\ngo 1.24\n");
  const before = await fingerprinted();

  await appendFile(join(tools, "module", file), "// changed\n");

  expect(await fingerprinted()).not.toBe(before);
});

test("puts the programs of KUBEBUILDER_ASSETS first on PATH", async () => {
  const assets = await newFolder();
  await writeFile(join(assets, "kubectl"), "#!/bin/sh\n", { mode: 0o755 });
  await writeFile(join(assets, "pause"), "not a program", { mode: 0o644 });

  const found = await binaries({ need: ["kubectl", "pause"], env: { ...process.env, KUBEBUILDER_ASSETS: assets } });

  expect(found.program("kubectl")).toBe(join(assets, "kubectl"));
  expect(found.program("pause")).toBe(join(found.folder, "pause"));
  expect(found.path).toEqual([assets, found.folder]);
});

test.for([
  { go: undefined, why: "Go is not installed" },
  { go: "echo go1.24.1; echo linux; echo amd64", why: "go1.24.1 is older than Go 1.26" },
  { go: "echo 'go: cannot find GOROOT' >&2; exit 2", why: "Go does not work (go: cannot find GOROOT)" },
])("explains in one sentence what to do when $why", async ({ go, why }) => {
  const folder = await newFolder();
  if (go) await writeFile(join(folder, "go"), `#!/bin/sh\n${go}\n`, { mode: 0o755 });

  const found = binaries({ need: ["etcd", "kubectl"], env: { PATH: folder, XDG_CACHE_HOME: folder } });

  await expect(found).rejects.toThrow(
    `etcd, kubectl must be built once, but ${why}: ` +
      "install Go 1.26 or newer (https://go.dev/dl), or set KUBEBUILDER_ASSETS to a folder that holds them",
  );
});

test("prints Go's error and leaves nothing when a build fails", async () => {
  const folder = await newFolder();
  const go = `case $1 in env) echo go1.26.8 ;; *) echo "package $1 is broken" >&2; exit 1 ;; esac`;
  await writeFile(join(folder, "go"), `#!/bin/sh\n${go}\n`, { mode: 0o755 });

  const found = binaries({ need: ["pause"], env: { PATH: `${folder}:/bin:/usr/bin`, XDG_CACHE_HOME: join(folder, "cache") } });

  await expect(found).rejects.toThrow("cannot build pause: go list failed:\npackage list is broken");
  expect(await readdir(join(folder, "cache"), { recursive: true })).toHaveLength(3); // the folders down to that of the programs
});
