import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Binaries } from "./binaries.ts";
import * as flags from "./control-plane-flags.ts";
import { type Guarded, spawnGuarded } from "./guard.ts";
import { kubeconfig } from "./kubeconfig.ts";
import { type Authority, createSigningKeys, type KeyPair, type Subject } from "./pki.ts";
import { freePort } from "./ports.ts";
import type { Program } from "./tools.ts";

/** A real Kubernetes without nodes: etcd, kube-apiserver and kube-controller-manager on 127.0.0.1. */
export type ControlPlane = {
  readonly folder: string;
  /** `https://127.0.0.1:PORT` */
  readonly server: string;
  /** The CA that signed the server's certificate (PEM file). */
  readonly caFile: string;
  /** An administrator's kubeconfig (file, 0600). */
  readonly kubeconfig: string;
  /** Creates a user with a client certificate and the rights that RBAC grants. @returns its kubeconfig (file, 0600) */
  addUser(name: string, groups?: readonly string[]): Promise<string>;
  /** Issues a certificate that the API server accepts. A node's is `system:node:NAME` in the group `system:nodes`. */
  issue(of: Subject): Promise<KeyPair>;
  /** Stops all programs and waits for them. May be called twice. */
  stop(): Promise<void>;
};

type Options = {
  readonly folder: string;
  readonly binaries: Binaries;
  readonly authority: Authority;
  /** The issuer of ServiceAccount tokens. Default: an address that only pods know. */
  readonly issuer?: string;
  /** Writes `audit.log` in the folder: a line of JSON (audit.k8s.io/v1 Event) for every change. */
  readonly audit?: boolean;
};

/**
 * Starts a control plane and waits for the default ServiceAccount, so that tests can create pods and pull secrets.
 *
 * @param folder is created, for this control plane alone
 * @throws Error with the end of the log of the program that did not start. No program is left running then.
 */
export async function startControlPlane(options: Options): Promise<ControlPlane> {
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    try {
      return await start(options, port);
    } catch (error) {
      if (tries === 5 || !String(error).includes("address already in use")) throw error;
    }
  }
}

async function start(
  { folder, binaries, authority, issuer = "https://kubernetes.default.svc", audit = false }: Options,
  port: number,
): Promise<ControlPlane> {
  const at = (name: string) => join(folder, name);
  const server = `https://127.0.0.1:${port}`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(at("users"), { recursive: true, mode: 0o700 });
  const admin = await writeFiles(folder, authority);
  const addUser = async (user: string, identity: KeyPair) => {
    const file = at(`users/${encodeURIComponent(user)}.kubeconfig`);
    await writeFile(file, kubeconfig({ server, authority: authority.certificate, user, identity }), { mode: 0o600 });
    return file;
  };
  const adminFile = await addUser("admin", admin);

  const running: Guarded[] = [];
  const stop = async () => {
    await Promise.all(running.map((program) => program.stop()));
  };
  const failed = new AbortController();
  const run = async (program: Program, args: readonly string[]) => {
    const log = at(`${program}.log`);
    const env = { PATH: process.env.PATH, HOME: folder, TMPDIR: folder };
    const child = await spawnGuarded(binaries.program(program), args, { log, env, cwd: folder, grace: 0.3 });
    running.push(child);
    void child.exited.then(async () => failed.abort(new Error(`${program} ended:\n${await lastLines(log)}`)));
  };
  try {
    await run("etcd", flags.etcd);
    if (audit) await writeFile(at("audit-policy.json"), JSON.stringify(flags.auditPolicy));
    await run("kube-apiserver", [...flags.apiServer(port, issuer), ...(audit ? flags.audit : [])]);
    const ready = client(server, authority.certificate, admin);
    await until(failed.signal, at("kube-apiserver.log"), () => ready("/readyz"));
    await run("kube-controller-manager", flags.controllerManager(adminFile));
    await until(failed.signal, at("kube-controller-manager.log"), () => ready("/api/v1/namespaces/default/serviceaccounts/default"));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    folder,
    server,
    caFile: at("ca.crt"),
    kubeconfig: adminFile,
    addUser: async (name, groups = []) => addUser(name, await authority.issue({ commonName: name, organizations: [...groups] })),
    issue: authority.issue,
    stop,
  };
}

/** Writes the files that the programs read. @returns the administrator's identity */
async function writeFiles(folder: string, authority: Authority): Promise<KeyPair> {
  const [signing, server, kubeletClient, admin] = await Promise.all([
    createSigningKeys(),
    authority.issue({
      commonName: "kube-apiserver",
      names: ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"],
      addresses: ["127.0.0.1", "10.96.0.1"],
    }),
    authority.issue({ commonName: "kube-apiserver-kubelet-client", organizations: ["system:masters"] }),
    authority.issue({ commonName: "admin", organizations: ["system:masters"] }),
  ]);
  const files = {
    "ca.crt": authority.certificate,
    "server.crt": server.certificate,
    "server.key": server.key,
    "kubelet-client.crt": kubeletClient.certificate,
    "kubelet-client.key": kubeletClient.key,
    "service-account.pub": signing.publicKey,
    "service-account.key": signing.privateKey,
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text, { mode: 0o600 })));
  return admin;
}

/** Requests a path of the API server as `identity`. Returns whether the path exists, and false while the server does not respond. */
function client(server: string, ca: string, { certificate, key }: KeyPair): (path: string) => Promise<boolean> {
  return (path) =>
    new Promise((resolve) => {
      request(`${server}${path}`, { ca, cert: certificate, key, timeout: 5000 }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      })
        .on("error", () => resolve(false))
        .end();
    });
}

/** Waits until a condition is true, at most a minute. @throws the reason of `failed`, or an error with the end of `log` */
async function until(failed: AbortSignal, log: string, so: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await so())) {
    failed.throwIfAborted();
    if (performance.now() > end) throw new Error(`the control plane is not ready after a minute:\n${await lastLines(log)}`);
    await sleep(50);
  }
}

async function lastLines(log: string): Promise<string> {
  const text = await readFile(log, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-8).join("\n");
}
