import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Authority } from "../pki.ts";
import { type Calls, createCalls } from "./calls.ts";
import { startConnectProxy } from "./connect-proxy.ts";
import { createWorld, type RegistrySpec } from "./create-world.ts";
import { startMetadataService } from "./entra/metadata.ts";
import { createFaults, type Delays, type Faults, usualDelays } from "./faults.ts";
import { createFront } from "./front.ts";
import { addServicePrincipal, type Grant, type ServicePrincipalLogin } from "./identities.ts";
import { createSigner } from "./jwt.ts";
import { type PushOptions, push } from "./push.ts";
import { createDataStore } from "./registry-process.ts";
import type { State } from "./state.ts";
import { type GraphRole, timeIn, type World } from "./world.ts";

export type AzureOptions = {
  /** For the CA's file and the registries' data. Created if it does not exist. */
  readonly folder: string;
  readonly authority: Authority;
  /** The path of the program `registry` of the distribution project. */
  readonly registryBinary: string;
  /** Default: one registry that the sandbox's identities see, and one in another tenant. */
  readonly registries?: readonly RegistrySpec[];
  /** For how many milliseconds new objects stay unknown. Default: a second for those that Azure is slowest with. */
  readonly delays?: Delays;
};

export type AzureEmulator = {
  /** `http://127.0.0.1:PORT`: the HTTP CONNECT proxy that resolves Azure's own host names to the emulator. */
  readonly proxy: string;
  readonly caFile: string;
  /** The environment with which a program uses the emulator as Azure, signed in as an Owner. */
  readonly env: Readonly<Record<string, string>>;
  /** The token endpoint of managed identities. Programs find it in AZURE_POD_IDENTITY_AUTHORITY_HOST. */
  readonly metadata: string;
  readonly world: World;
  readonly calls: Calls;
  readonly faults: Faults;
  /** Creates an identity with these roles in Azure and in Microsoft Graph. */
  addServicePrincipal(name: string, roles?: readonly (string | Grant)[], graphRoles?: readonly GraphRole[]): Promise<ServicePrincipalLogin>;
  /** Pushes an image to a registry, such as `myregistry.azurecr.io/app/web:1`. Returns its digest. */
  push(image: string, options?: PushOptions): Promise<string>;
  stop(): Promise<void>;
};

/** Starts an Azure on loopback: Entra ID, Resource Manager, Microsoft Graph, and container registries with real images. */
export async function startAzure({
  folder,
  authority,
  registryBinary,
  registries,
  delays = usualDelays,
}: AzureOptions): Promise<AzureEmulator> {
  const world = createWorld(registries);
  const [entra, acr] = await Promise.all([createSigner(), createSigner()]);
  const store = createDataStore({ folder, binary: registryBinary, signer: acr });
  const state: State = { world, faults: createFaults(() => timeIn(world), delays), calls: createCalls(), entra, acr, store };
  const caFile = join(folder, "azure-ca.crt");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(caFile, authority.certificate);
  const hosts = world.registries.flatMap(({ loginServer, location }) => [loginServer, `*.${location}.data.azurecr.io`]);
  const regional = [...regions, ...world.registries.map(({ location }) => location)].map((region) => `*.${region}.geo.azurecr.io`);
  const names = [...new Set([...controlPlane, "*.azurecr.io", "*.blob.core.windows.net", ...hosts, ...regional])];
  const front = createFront(state, await authority.issue({ commonName: "sandbox azure", names }));
  const proxy = await startConnectProxy({ reaches: front.reaches, enter: front.enter, refused: state.calls.addRefusedHost });
  const metadata = await startMetadataService(state);
  const owner = addServicePrincipal(world, "sandbox-owner", ["Owner"], ["Application.ReadWrite.All"]);

  return {
    proxy: proxy.url,
    caFile,
    metadata: metadata.url,
    env: {
      HTTPS_PROXY: proxy.url,
      NO_PROXY: "localhost,127.0.0.1,::1",
      SSL_CERT_FILE: caFile,
      NODE_EXTRA_CA_CERTS: caFile,
      REQUESTS_CA_BUNDLE: caFile,
      AZURE_TENANT_ID: owner.tenantId,
      AZURE_CLIENT_ID: owner.clientId,
      AZURE_CLIENT_SECRET: owner.clientSecret,
    },
    world,
    calls: state.calls,
    faults: state.faults,
    addServicePrincipal: async (name, roles = [], graphRoles = []) => addServicePrincipal(world, name, roles, graphRoles),
    push: (image, options) => push(state, image, options),
    stop: async () => {
      await metadata.stop();
      await proxy.stop();
      await front.stop();
      await store.stop();
    },
  };
}

const controlPlane = ["login.microsoftonline.com", "management.azure.com", "graph.microsoft.com"];

/** Regions for replicas. The certificate contains their host names. */
const regions = ["eastus", "westus", "westeurope", "australiaeast"];
