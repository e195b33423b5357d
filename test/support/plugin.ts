import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { inject, onTestFinished } from "vitest";
import { type AzureEmulator, startAzure } from "../../sandbox/azure/emulator.ts";
import { quickDelays } from "../../sandbox/azure/faults.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { createAuthority } from "../../sandbox/pki.ts";
import { create, kubectl } from "./kubectl.ts";
import { requireSchema } from "./schema.ts";

/** The result of a command line. `code` is null if a signal ended it. */
export type Ended = { readonly stdout: string; readonly stderr: string; readonly code: number | null };

export type Options = { readonly env?: Readonly<Record<string, string>>; readonly stdin?: string; readonly cwd?: string };

/** A shell with the tests' cluster, its own emulated Azure, and the packaged plugin with the real kubectl. */
export type Shell = {
  readonly azure: AzureEmulator;
  readonly env: Readonly<Record<string, string>>;
  /** For files of a test. It is also HOME. */
  readonly folder: string;
  /** Runs a line in `sh` and waits for its end. Without `stdin` the standard input is empty. */
  type(command: string, options?: Options): Promise<Ended>;
  /** Starts a program without a shell, so that its pid is the child's. */
  start(program: string, args: readonly string[], options?: Options): ChildProcess;
  stop(): Promise<void>;
};

/** Opens a shell. Its Azure has one image, `myregistry.azurecr.io/app/web:1`, and the shell is signed in as an Owner. */
export async function openShell(): Promise<Shell> {
  const home = await guardedFolder("acr-secret-shell-");
  const authority = await createAuthority("azure of a test");
  const azure = await startAzure({
    folder: join(home.path, "azure"),
    authority,
    registryBinary: join(inject("binaries"), "registry"),
    delays: quickDelays,
  });
  await azure.push("myregistry.azurecr.io/app/web:1");
  await mkdir(join(home.path, "tmp"));
  const env = {
    ...azure.env,
    KUBECONFIG: inject("kubeconfig"),
    KUBECACHEDIR: join(home.path, "kubectl-cache"),
    HOME: home.path,
    TMPDIR: join(home.path, "tmp"),
    PATH: [inject("plugin"), inject("binaries"), process.env.PATH].join(":"),
  };
  const start: Shell["start"] = (program, args, options = {}) => {
    const stdin = options.stdin === undefined ? "ignore" : "pipe";
    const child = spawn(program, args, { cwd: options.cwd, env: { ...env, ...options.env }, stdio: [stdin, "pipe", "pipe"] });
    // A program may exit without reading all of its stdin.
    child.stdin?.on("error", () => {}).end(options.stdin);
    return child;
  };
  return {
    azure,
    env,
    folder: home.path,
    start,
    type: async (command, options) => {
      const run = await ended(start("sh", ["-c", command], options));
      const [, words] = /^kubectl acr-secret ([^|&;<>\n]+)$/.exec(command) ?? [];
      if (words !== undefined && run.code !== null) requireSchema(words.split(" "), run.stdout);
      return run;
    },
    stop: async () => {
      await azure.stop();
      await home.remove();
    },
  };
}

export async function ended(child: ChildProcess): Promise<Ended> {
  const exit = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("exit", resolve));
  const read = async (stream: NodeJS.ReadableStream | null) => (stream ? text(stream) : "");
  const [stdout, stderr, code] = await Promise.all([read(child.stdout), read(child.stderr), exit]);
  return { stdout, stderr, code };
}

/**
 * Creates a namespace with a ServiceAccount `app`, which may already have pull secrets. It is deleted when the test, or all tests of a
 * file, have ended.
 */
export async function newNamespace(
  imagePullSecrets: readonly string[] = [],
  atEnd: (work: () => Promise<void>) => void = onTestFinished,
): Promise<string> {
  const namespace = `p-${randomBytes(4).toString("hex")}`;
  const references = imagePullSecrets.map((name) => ({ name }));
  await create([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "app", namespace }, imagePullSecrets: references },
  ]);
  atEnd(async () => void (await kubectl(["delete", "namespace", namespace, "--wait=false", "--ignore-not-found"])));
  return namespace;
}
