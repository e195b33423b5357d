import type { Rehearse } from "../plan/change.ts";
import { sketchConfig } from "../secret/docker-config.ts";
import { pullSecret, pullSecretPatch } from "../secret/pull-secret.ts";
import type { Tools } from "./tools.ts";

/** What is noted on a Secret that is only tried. */
const nobody = { hosts: [], kind: "rehearsal", identity: "" };

/**
 * Asks the API server whether it would take a Secret: quota, admission and rights speak, and nothing is stored.
 * @throws CliError, Conflict where another run has written it since it was looked at
 */
export async function rehearse({ to, stands, replaces }: Rehearse, { cluster, write }: Tools): Promise<void> {
  const options = { ...write, dryRun: true };
  // One that is to be replaced still stands under its name
  const at = replaces ? { ...to, name: `${to.name.slice(0, 243)}-rehearsal` } : to;
  if (stands && !replaces) await cluster(to.context).write(to, { patch: pullSecretPatch(stands.version, nobody, sketchConfig) }, options);
  else await cluster(to.context).write(at, { create: pullSecret(at, nobody, sketchConfig) }, options);
}
