import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { azureCli } from "../../sandbox/python.ts";
import { startTestAzure } from "../sandbox/azure/world.ts";

const run = promisify(execFile);

export type AzWorld = Awaited<ReturnType<typeof startAzWorld>>;

/** Starts an emulated Azure and signs the real Azure CLI in to it as an Owner. */
export async function startAzWorld() {
  const folder = await azureCli();
  const azure = await startTestAzure();
  // az waits as long as Retry-After says.
  azure.world.longRunning.retryAfter = 1;
  const config = await mkdtemp(join(azure.folder, "az-"));
  const env = {
    ...azure.env,
    PATH: `${folder}:${process.env["PATH"]}`,
    HOME: config,
    AZURE_CONFIG_DIR: config,
    AZURE_CORE_COLLECT_TELEMETRY: "false",
    AZURE_CORE_ONLY_SHOW_ERRORS: "true",
  };
  /** Runs az and parses its output as JSON. Each element of `more` is one argument, even with spaces. */
  const az = async (line: string, ...more: readonly string[]) => {
    const { stdout } = await run("az", [...line.split(" "), ...more, "--output", "json"], { env });
    return stdout.trim() === "" ? undefined : JSON.parse(stdout);
  };
  const { tenantId, clientId, clientSecret } = azure.owner;
  await az(`login --service-principal --username ${clientId} --password=${clientSecret} --tenant ${tenantId}`);
  return { azure, az, env };
}
