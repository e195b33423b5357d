import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { type AzureEmulator, startAzure } from "../../sandbox/azure/emulator.ts";
import type { Grant } from "../../sandbox/azure/identities.ts";
import { role } from "../../sandbox/azure/roles.ts";
import type { GraphRole } from "../../sandbox/azure/world.ts";
import { binaries } from "../../sandbox/binaries.ts";
import { createAuthority } from "../../sandbox/pki.ts";
import { type AzureOptions, openAzure } from "../../src/azure/azure.ts";
import type { Azure, SignInOptions } from "../../src/azure/port.ts";
import type { Asked, Sources } from "../../src/credential/credential-kind.ts";
import { plugin } from "../../src/hint.ts";
import { openRegistry } from "../../src/registry/registry.ts";
import { addNamespaces, fakeWorld } from "../support/fakes/world.ts";
import { type, type World } from "../support/in-process.ts";

/** An emulated Azure for the tests of one file, and the options with which the plugin's ports are opened. */
export type TestWorld = {
  readonly azure: AzureEmulator;
  /** The lines that `-v=9` prints. */
  readonly traced: string[];
  /** The requested waits in milliseconds. No wait takes time. */
  readonly slept: number[];
  options(change?: Partial<AzureOptions>): AzureOptions;
  /** Returns the environment of a user who is signed in to az as this service principal. */
  azEnv(login: { tenantId: string; clientId: string; clientSecret: string }): Record<string, string>;
};

/** Starts the world before the tests of a file and stops it after them. Faults are turned off after each test. */
export function startTestWorld(): TestWorld {
  let azure: AzureEmulator | undefined;
  let folder = "";
  const { signal } = new AbortController();
  const traced: string[] = [];
  const slept: number[] = [];
  const started = () => {
    if (!azure) throw new Error("the emulator is started by beforeAll");
    return azure;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "acr-secret-azure-"));
    const { program } = await binaries({ need: ["registry"] });
    azure = await startAzure({ folder, authority: await createAuthority("azure tests"), registryBinary: program("registry") });
    // The pauses of these tests are shorter than the ones that Graph requires between two writes.
    azure.world.graphWriteGap = 0;
  }, 600_000);
  afterEach(() => {
    started().faults.reset();
    started().calls.reset();
    traced.length = 0;
    slept.length = 0;
  });
  afterAll(async () => {
    await azure?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  return {
    get azure() {
      return started();
    },
    traced,
    slept,
    options: (change = {}) => ({
      identity: { source: "auto" },
      env: started().env,
      trace: (_level, line) => void traced.push(line()),
      signal: () => signal,
      sleep: async (milliseconds) => {
        slept.push(milliseconds);
        started().world.ahead += milliseconds;
      },
      now: () => new Date(),
      ...change,
    }),
    azEnv: ({ tenantId, clientId, clientSecret }) => {
      const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, ...env } = started().env;
      const PATH = [join(import.meta.dirname, "../support/fake-az"), process.env.PATH ?? ""].join(":");
      return { ...env, PATH, FAKE_AZ_TENANT: tenantId, FAKE_AZ_CLIENT_ID: clientId, FAKE_AZ_CLIENT_SECRET: clientSecret };
    },
  };
}

/** Creates a service principal with these roles. @returns its ids, and the environment of its command lines */
export async function signedIn({ azure }: TestWorld, grants: readonly (string | Grant)[], graph: readonly GraphRole[] = []) {
  const login = await azure.addServicePrincipal(`sp-${randomUUID()}`, grants, graph);
  return { ...login, env: { ...azure.env, AZURE_CLIENT_ID: login.clientId, AZURE_CLIENT_SECRET: login.clientSecret } };
}

/** Creates a role with these actions. @returns its grant on the registry */
export function grantOf({ azure }: TestWorld, actions: readonly string[]): Grant {
  const guid = randomUUID();
  azure.world.customRoles.push(role(guid, `role ${guid}`, { actions }));
  return { role: guid, registry: "myregistry" };
}

/** Returns the actions of a role that docs/rbac.md recommends. */
export async function actionsOf(name: "ACR pull tokens" | "ACR pull principals"): Promise<readonly string[]> {
  const page = await readFile(join(import.meta.dirname, "../../docs/rbac.md"), "utf8");
  const [, role] = new RegExp(`"Name": "${name}".*?"Actions": (\\[.*?\\])`, "s").exec(page) ?? [];
  return role === undefined ? expect.unreachable(`docs/rbac.md has no role ${name}`) : JSON.parse(role);
}

/** Returns the options of a `create` with these flags. */
export const askedFor = (flags: Asked["flags"], more: Partial<Asked> = {}): Asked & { readonly expiresAt: undefined } => ({
  flags,
  registry: "myregistry",
  identity: { source: "env" },
  verify: false,
  force: false,
  expiresAt: undefined,
  wait: 0,
  repositories: [],
  again: plugin("create", "--registry", "myregistry"),
  ...more,
});

/** Finds the registry as the identity in this environment. */
export const finder =
  (world: TestWorld) =>
  (env: Record<string, string>, source: SignInOptions["source"] = "auto", signal = new AbortController().signal) =>
    openAzure(world.options({ env, identity: { source }, signal: () => signal })).findRegistry("myregistry");

/** Returns the sources of a credential with only Azure. */
export const onlyAzure = (azure: Azure): Sources => ({
  azure: async () => azure,
  registry: () => expect.unreachable("nothing is to be proven"),
  stdin: { isTTY: false, read: () => expect.unreachable("nothing is to be read") },
  during: (_, work) => work(),
  now: () => new Date(),
  sleep: async () => {},
});

/** Waits of command lines are shorter by this factor, because the emulator runs in real time. */
const haste = 500;

/** Returns the ports of command lines that use the emulated Azure. */
export function portsOf(
  world: TestWorld,
  sleep = async (milliseconds: number): Promise<void> => {
    await wait(milliseconds / haste);
    world.azure.world.ahead += milliseconds;
  },
): World {
  return {
    azure: () => openAzure(world.options({ sleep })),
    registry: () => openRegistry(world.options({ sleep })),
    sleep,
    now: () => new Date(),
  };
}

/** Creates a fake cluster with the namespace `demo`, and deletes everything in Azure that earlier command lines and tests have created. */
export function newDemo(world: TestWorld) {
  const { azure } = world;
  const [registry] = azure.world.registries;
  if (!registry) throw new Error("there is no registry");
  registry.tokens = [];
  registry.scopeMaps = registry.scopeMaps.filter(({ system }) => system);
  const isOwner = ({ appId }: { appId: string }) => appId === azure.env.AZURE_CLIENT_ID;
  const [owner] = azure.world.servicePrincipals.filter(isOwner);
  const isOwners = ({ principalId }: { principalId: string }) => principalId === owner?.id;
  const others = () => ({
    applications: azure.world.applications.filter((one) => !isOwner(one)),
    servicePrincipals: azure.world.servicePrincipals.filter((one) => !isOwner(one)),
    roleAssignments: azure.world.roleAssignments.filter((one) => !isOwners(one)),
  });
  azure.world.applications = azure.world.applications.filter(isOwner);
  azure.world.servicePrincipals = azure.world.servicePrincipals.filter(isOwner);
  azure.world.roleAssignments = azure.world.roleAssignments.filter(isOwners);
  const in_ = fakeWorld();
  addNamespaces(in_.cluster, "demo", "kube-system");
  return {
    in_,
    registry,
    /** Returns what exists in Entra ID and on the registry, except what the sandbox signs in with. */
    directory: others,
    type: (line: string) => type(line, { ...in_.ports, ...portsOf(world) }),
  };
}
