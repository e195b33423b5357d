import { absent, asCliError, CliError, Conflict, isLost } from "../errors.ts";
import type { Fix } from "../fix.ts";
import { keyOf, nameOf, type Ref, resourceOf } from "../kinds.ts";
import type { KubeObject, Pod } from "../objects.ts";
import type { Recreate, Refuse } from "../plan/change.ts";
import { accountOf, namesIn, planRefer, readTarget } from "../targets/references.ts";
import { writtenManifest } from "../targets/written-manifest.ts";
import type { Action, Env } from "./action.ts";
import type { ChangeOutcome } from "./outcome.ts";
import { refusalOf } from "./refer.ts";
import { rehearseBeside } from "./rehearse.ts";
import { update } from "./update.ts";

const readAttempts = 8;

/** How often a create is tried if its response is lost or a conflict. */
const createAttempts = 5;

/** How long to wait beyond a pod's grace period until its name is free, in seconds. */
const deleteTimeout = 30;

export const recreate: Action<Recreate> = {
  apply: recreateObject,
  preview: ({ to, after }, { objects }) => {
    const object = objects.get(keyOf(to));
    return { object: object && (writtenManifest(object as Pod, after) as KubeObject) };
  },
  message: () => "replaced",
};

/**
 * Deletes a pod and creates it with another list of pull secrets, because its list can't be changed. First saves its manifest to a
 * file in the current folder, and removes the file after the new pod exists.
 */
function recreateObject(change: Recreate, env: Env): Promise<ChangeOutcome> {
  const { tools, objects } = env;
  const { to } = change;
  return update({
    initial: objects.get(keyOf(to)) as Pod | undefined,
    read: () => tools.cluster().get(to),
    write: (object) => recreateOnce(change, object, env),
    attempts: readAttempts,
    pause: (attempt) => tools.sleep(Math.min(50 * attempt, 500) * (0.5 + tools.jitter())),
  });
}

/** @throws Conflict if the object has changed since it was read */
async function recreateOnce(change: Recreate, object: Pod | undefined, env: Env): Promise<ChangeOutcome> {
  const { to, secret } = change;
  // The plan has read the object, so another run may be between its delete and its create
  if (!object) throw new Conflict(absent(resourceOf(to.kind), to.name).message);
  const options = { recreate: true, force: change.force ?? false };
  const next = planRefer(change.does, secret, readTarget("pod", object), options);
  if (next.act === "keep") return { change: next, object };
  if (next.act !== "recreate") throw refusalOf(next as Refuse);
  const manifest = writtenManifest(object, next.after);
  await rehearseCreate(next, manifest, env);
  if (env.tools.write.dryRun) return { change: next, object: manifest as typeof object };
  return replace(next, object, manifest, env);
}

/**
 * Checks quota, admission and authorization with a dry run under another name, and checks that the new object gets the right list.
 * @throws CliError
 */
async function rehearseCreate({ to, does, secret }: Recreate, manifest: object, { tools }: Env): Promise<void> {
  const { metadata } = manifest as { metadata: object };
  const write = ({ name }: typeof to) =>
    tools.cluster().write({ ...to, name }, { create: { ...manifest, metadata: { ...metadata, name } } }, { ...tools.write, dryRun: true });
  const { spec } = await rehearseBeside(to, write);
  if (namesIn(spec.imagePullSecrets).includes(secret) === (does === "attach")) return;
  const recreated = `the recreated ${nameOf(to)}`;
  if (does === "attach") throw new CliError("invalid", `${recreated} would not list secret/${secret}: an admission controller removes it`);
  throw new CliError("invalid", `${recreated} would still list secret/${secret}: serviceaccount/${accountOf(spec)} adds it`, {
    hint: { verb: "detach", secret, serviceaccounts: [accountOf(spec)] },
  });
}

/** @throws Conflict if the object has changed since it was read, or another one was created under its name */
async function replace(change: Recreate, object: Pod, manifest: object, env: Env): Promise<ChangeOutcome> {
  const { tools } = env;
  const { to, does, secret } = change;
  const file = await save(to, writtenManifest(object), env);
  const created = await tools.during(`Recreating pod ${to.name}`, async () => {
    await deleteObject(to, object, file, env);
    return waitUntilDeleted(to, object, env)
      .then(() => create(to, manifest, env))
      .catch((error: unknown) => {
        throw withCommand(asCliError(error), to, file);
      });
  });
  await tools.files.remove(file);
  const isRight = namesIn(created.spec.imagePullSecrets).includes(secret) === (does === "attach");
  if (!isRight) throw new Conflict(`another ${nameOf(to)} was created in the meantime`);
  return { change, object: created };
}

/** Saves a manifest for `kubectl create -f`, and prints the file name. @returns the file name @throws CliError config */
async function save(to: Ref<"pod">, manifest: object, { tools }: Env): Promise<string> {
  // A file name has at most 255 bytes. Fields of the object may contain any text, so only letters, digits, dots and dashes are kept
  const plain = ["pod", to.namespace, to.name]
    .join("-")
    .replaceAll(/[^A-Za-z0-9.-]+/g, "-")
    .slice(0, 200);
  const names = Array.from({ length: 100 }, (_, index) => (index === 0 ? `${plain}.json` : `${plain}-${index + 1}.json`));
  for (const name of names)
    if (await tools.files.create(name, `${JSON.stringify(manifest, undefined, 2)}\n`)) {
      tools.inform(`${nameOf(to)} is saved in ${name} until it is recreated`);
      return name;
    }
  throw new CliError("config", `cannot save ${nameOf(to)}: ${plain}.json and its numbered copies exist`, {
    hint: "move these files to another folder; nothing was deleted",
  });
}

/** @throws Conflict if the object has changed, or was deleted by another client, since it was read */
async function deleteObject(to: Ref<"pod">, object: Pod, file: string, { tools }: Env): Promise<void> {
  const { uid = "", resourceVersion: version } = object.metadata;
  const cluster = tools.cluster();
  const error = await cluster.write(to, { delete: { uid, version } }, tools.write).then(() => undefined, asCliError);
  if (!error) return;
  if (isLost(error)) {
    const existing = await tools
      .uninterrupted(() => cluster.get(to))
      .catch(() => {
        throw withCommand(error, to, file);
      });
    if (existing?.metadata.uid !== uid || existing.metadata.deletionTimestamp) return;
  }
  await tools.files.remove(file);
  throw error.kind === "notFound" ? new Conflict(error.message) : error;
}

/** @throws CliError timeout; cancelled */
async function waitUntilDeleted(to: Ref<"pod">, object: Pod, { tools }: Env): Promise<void> {
  for (let waited = 0, pause = 100; ; waited += pause, pause = Math.min(2 * pause, 1000)) {
    const existing = await tools.uninterrupted(() => tools.cluster().get(to));
    if (existing?.metadata.uid !== object.metadata.uid) return;
    const { deletionGracePeriodSeconds = 0, finalizers = [] } = existing?.metadata ?? {};
    const timeout = deletionGracePeriodSeconds + deleteTimeout;
    if (waited >= timeout * 1000) throw notDeleted(to, finalizers, timeout);
    await tools.sleep(pause);
  }
}

function notDeleted(to: Ref<"pod">, finalizers: readonly string[], seconds: number): CliError {
  const message = `${nameOf(to)} was deleted but still exists after ${seconds}s`;
  if (finalizers.length > 0) return new CliError("timeout", `${message}: it has finalizers: ${finalizers.join(", ")}`);
  const { namespace } = to;
  const hint = { kubectl: "delete pod", args: [to.name, "--force"], namespace };
  return new CliError("timeout", `${message}: its node has not confirmed the deletion`, { hint });
}

/** @returns the object that then exists under the name: another client may have created it */
async function create(to: Ref<"pod">, manifest: object, { tools }: Env): Promise<Pod> {
  const cluster = tools.cluster();
  for (let attempt = 1; ; attempt++) {
    const created = await tools.uninterrupted(() => cluster.write(to, { create: manifest }, tools.write)).catch(asCliError);
    if (!(created instanceof CliError)) return created;
    if (!(created instanceof Conflict || isLost(created))) throw created;
    const existing = await tools.uninterrupted(() => cluster.get(to));
    if (existing) return existing;
    if (attempt === createAttempts) throw created;
  }
}

/** Adds the command that creates the original object again, for a run that ends between delete and create. */
function withCommand(error: CliError, to: Ref<"pod">, file: string): CliError {
  const { namespace } = to;
  const command: Fix = { kubectl: "create", args: ["-f", file], namespace };
  const hints = [error.hint ?? [], `${nameOf(to)} was deleted but not recreated. When it no longer exists, run:`, command].flat();
  return error.withHint({ do: "hints", hints });
}
