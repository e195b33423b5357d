import type { Cluster } from "../cluster/port.ts";
import { Conflict } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import type { Precondition, Store } from "../plan/change.ts";
import { emptyConfig } from "../secret/docker-config.ts";
import { type ClaimAfter, replacementOf } from "../secret/pull-secret.ts";
import { rehearseBeside } from "./rehearse.ts";
import type { Tools } from "./tools.ts";

type Content = { readonly config: string; readonly claim: ClaimAfter };

/**
 * Deletes a Secret that cannot be changed in place and creates it with the new login. The API server must accept the new one in a dry run
 * first. If it rejects the new one after the deletion, the old one is created again.
 * @returns the new Secret, or the error after the deletion. `isGone`: the old Secret could not be created again either
 * @throws CliError before the deletion; Conflict if the Secret changed after it was read
 */
export async function replace(
  { to, entry, precondition, shape }: Pick<Store, "to" | "entry" | "shape"> & { readonly precondition: Precondition },
  { config, claim }: Content,
  tools: Tools,
): Promise<Secret | { readonly error: unknown; readonly isGone: boolean }> {
  const cluster = tools.cluster(to.context);
  const old = await readVersion(to, precondition, cluster);
  const next = replacementOf(old, entry, config, { shape, claim });
  const empty = replacementOf(old, entry, emptyConfig, { shape, claim });
  await rehearseBeside(to, ({ name }) =>
    cluster.write({ ...to, name }, { create: { ...empty, metadata: { ...empty.metadata, name } } }, { ...tools.write, dryRun: true }),
  );
  if (tools.write.dryRun) return next;
  await cluster.write(to, { delete: precondition }, tools.write);
  try {
    return await cluster.write(to, { create: next }, tools.write);
  } catch (error) {
    return { error, isGone: !(await tools.uninterrupted(() => restore(to, old, tools))) };
  }
}

/** Creates the old Secret again. @returns whether a Secret of that name exists: if another client has created one, that one stays */
function restore(to: Ref<"secret">, old: Secret, tools: Tools): Promise<boolean> {
  return tools
    .cluster(to.context)
    .write(to, { create: asNew(old) }, tools.write)
    .then(
      () => true,
      (error: unknown) => error instanceof Conflict,
    );
}

function asNew({ metadata: { uid, resourceVersion, creationTimestamp, managedFields, ...metadata }, ...secret }: Secret): Secret {
  return { ...secret, metadata };
}

/** Reads a Secret with its data. @throws Conflict if it changed after it was read */
export async function readVersion(to: Ref<"secret">, { version }: Precondition, cluster: Cluster): Promise<Secret> {
  const secret = await cluster.get(to);
  if (secret?.metadata.resourceVersion === version) return secret;
  throw new Conflict(`secret "${to.name}" in namespace "${to.namespace}" has been changed`);
}
