import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { main } from "../../../cmd/main.ts";
import type { AzureEmulator } from "../../../sandbox/azure/emulator.ts";
import type { Registry as AzureRegistry, World as AzureWorld } from "../../../sandbox/azure/world.ts";
import { createAuthority } from "../../../sandbox/pki.ts";
import { type AzureOptions, openAzure } from "../../../src/azure/azure.ts";
import { Interrupted } from "../../../src/errors.ts";
import type { Interruption } from "../../../src/interruption.ts";
import { openCluster } from "../../../src/kube/cluster.ts";
import { openRegistry } from "../../../src/registry/registry.ts";
import { type FakeWorld, fakeWorld } from "../fakes/world.ts";
import { open, type Run } from "../in-process.ts";
import { type ApiServer, apiHost, startApiServer } from "./api-server.ts";
import type { Mishap, Request } from "./mishaps.ts";

/** A cluster over HTTP and an emulated Azure: a fault can affect every request of a command line. */
export type FaultyWorld = {
  readonly in_: FakeWorld;
  readonly registry: AzureRegistry;
  /** Returns what exists in Entra ID and on the registry, except what the sandbox signs in with. */
  directory(): Directory;
  type(line: string, options?: TypeOptions): Promise<Run>;
  /** Returns the requests of the last command line, in the order of their arrival. */
  requests(): Request[];
};

export type Directory = Pick<AzureWorld, "applications" | "servicePrincipals" | "roleAssignments">;

export type Strike = { readonly request: Request; readonly mishap: Mishap };

type TypeOptions = {
  /** Milliseconds by which the run's clock is ahead. */
  readonly later?: number;
  readonly strike?: Strike;
};

export type FaultyServers = {
  /** Returns an empty cluster, and an Azure without created objects. */
  fresh(): FaultyWorld;
  stop(): Promise<void>;
};

/** Waits are shorter by this factor. */
const haste = 500;

export async function startFaultyServers(
  azure: AzureEmulator,
  options: (change: Partial<AzureOptions>) => AzureOptions,
): Promise<FaultyServers> {
  const folder = await mkdtemp(join(tmpdir(), "acr-secret-pod-"));
  const authority = await createAuthority("faulty cluster");
  const server = await startApiServer(await authority.issue({ commonName: apiHost, addresses: ["127.0.0.1"] }));
  for (const [name, text] of Object.entries({ token: "t", "ca.crt": authority.certificate, namespace: "demo" }))
    await writeFile(join(folder, name), text);

  const { applications, servicePrincipals, roleAssignments } = azure.world;
  const own: Directory = {
    applications: [...applications],
    servicePrincipals: [...servicePrincipals],
    roleAssignments: [...roleAssignments],
  };

  const portsFor = (interruption: Interruption, now: () => Date) => {
    const { signal } = interruption;
    const sleep = (milliseconds: number) => paused(milliseconds / haste, signal());
    const env = { KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: String(server.port) };
    const of = { env, stdin: "ignore", stderr: { write: () => {} }, podFolder: folder, now, signal, sleep, userAgent: "test" } as const;
    return {
      cluster: (kube: Parameters<typeof openCluster>[0]["kube"]) => openCluster({ ...of, kube, trace: () => {}, onWarning: () => {} }),
      azure: async () => openAzure(options({ signal, sleep, now })),
      registry: () => openRegistry(options({ signal, sleep, now })),
      sleep,
    };
  };

  async function run(line: string, { later = 0, strike }: TypeOptions): Promise<Run> {
    const now = () => new Date(Date.now() + later);
    let interrupt = () => {};
    const { context, printed } = open({
      started: (live) => {
        interrupt = live.interrupt;
      },
    });
    const ports = portsFor(context.interruption, now);
    azure.calls.reset();
    server.calls.reset();
    const heal = strike ? struck(azure, server, strike, () => interrupt()) : () => {};
    try {
      const code = await main(line.split(" "), { ...context, ...ports, now, sleep: ports.sleep });
      return { ...printed(), code };
    } finally {
      heal();
    }
  }

  return {
    fresh: () => {
      const [registry] = azure.world.registries;
      if (!registry) throw new Error("no registry");
      registry.tokens.length = 0;
      registry.scopeMaps.splice(0, registry.scopeMaps.length, ...registry.scopeMaps.filter(({ system }) => system));
      for (const name of ["applications", "servicePrincipals", "roleAssignments"] as const)
        Object.assign(azure.world, { [name]: [...own[name]] });
      const in_ = fakeWorld();
      server.serve(in_.cluster);
      return {
        in_,
        registry,
        directory: () => ({
          applications: azure.world.applications.filter((one) => !own.applications.includes(one)),
          servicePrincipals: azure.world.servicePrincipals.filter((one) => !own.servicePrincipals.includes(one)),
          roleAssignments: azure.world.roleAssignments.filter((one) => !own.roleAssignments.includes(one)),
        }),
        type: (line, more = {}) => run(line, more),
        requests: () => numbered([...server.calls.list(), ...azure.calls.list()]),
      };
    },
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until the time is over or an interruption occurs. */
async function paused(milliseconds: number, signal: AbortSignal): Promise<void> {
  await wait(milliseconds, undefined, { signal }).catch(() => {
    throw new Interrupted();
  });
}

/** Numbers requests with the same host, method and path. */
function numbered(calls: readonly { readonly method: string; readonly host: string; readonly path: string }[]): Request[] {
  const seen = new Map<string, number>();
  return calls.map(({ method, host, path: whole }) => {
    const path = stable(whole);
    const key = `${method} ${host} ${path}`;
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    return { method, host, path, nth };
  });
}

/** Removes from a path what differs between runs: identifiers of operations, times and signatures. */
const stable = (path: string) =>
  path
    .replace(/\?.*$/s, "")
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27,}/g, "*")
    .replace(/\/(operation\w+)\/[^/]+$/, "/$1/*");

function struck(azure: AzureEmulator, server: ApiServer, { request, mishap }: Strike, interrupt: () => void) {
  const { host, method, path, nth } = request;
  const escaped = path
    .split("*")
    .map((part) => part.replace(/[.+^${}()|[\]\\]/g, "\\$&"))
    .join("[^/?]*");
  const where = { host: new RegExp(`^${host.replaceAll(".", "\\.")}$`), method, path: new RegExp(`^${escaped}(\\?|$)`), after: nth };
  return (host === apiHost ? server : azure).faults.add(mishap.fault(where, interrupt));
}
