import { absent, asCliError, CliError, Conflict, Interrupted, isLost } from "../errors.ts";
import { kubectl, plugin } from "../hint.ts";
import { nameOf, type Ref, resourceOf, type TargetKind } from "../kinds.ts";
import { type Decide, edit } from "../kube/edit.ts";
import { type KubeObject, merged, type Pod } from "../objects.ts";
import type { ListChange, Outcome } from "../outcome.ts";
import type { Tools } from "../tools.ts";
import { accountOf, namesIn } from "../usage/references.ts";
import { writtenManifest } from "./written-manifest.ts";

const attempts = 8;

/** How long to wait beyond a pod's grace period until its name is free, in seconds. */
const deleteTimeout = 30;

export type ListDecision = { readonly does: ListChange["does"]; readonly secret: string; readonly decide: Decide<TargetKind> };

type Recreation = ListDecision & { readonly to: Ref<"pod"> };

/**
 * Deletes a pod and creates it with another list of pull secrets, because its list can't be changed. First saves its manifest to a file in
 * the current folder, and removes the file after the new pod exists. Reads the pod again and decides again if it has changed.
 * @param known the pod as it was listed
 * @throws CliError; Conflict after eight conflicts in a row
 */
export async function recreatePod(known: Pod, decision: ListDecision, tools: Tools): Promise<Outcome> {
  const { name, namespace = "" } = known.metadata;
  const recreation: Recreation = { ...decision, to: { kind: "pod", name, namespace } };
  let pod: Pod | undefined = known;
  for (let attempt = 1; ; attempt++) {
    try {
      return await recreateOnce(recreation, pod, tools);
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === attempts) throw error;
      await tools.sleep(Math.min(50 * attempt, 500) * (0.5 + tools.jitter()));
    }
    pod = await tools.cluster().get(recreation.to);
  }
}

/** @throws Conflict if the pod has changed since it was read */
async function recreateOnce(recreation: Recreation, pod: Pod | undefined, tools: Tools): Promise<Outcome> {
  const { to, does, decide } = recreation;
  // Another run may be between its delete and its create
  if (!pod) throw new Conflict(absent(resourceOf(to.kind), to.name).message);
  const decision = decide(pod);
  if (decision.act === "refuse") throw decision.error;
  if (decision.act === "keep") return { to, result: "unchanged", because: decision.because, object: pod, before: pod };
  const before = namesIn(pod.spec.imagePullSecrets);
  const after = decision.act === "patch" ? namesIn(merged(pod, decision.patch).spec.imagePullSecrets) : before;
  const manifest = writtenManifest(pod, after);
  if (tools.dryRun !== "client") await rehearseCreate(recreation, manifest, tools);
  const object = tools.dryRun === "none" ? await replace(recreation, pod, manifest, tools) : (manifest as KubeObject);
  return { to, result: "replaced", object, before: pod, list: { does, before, after } };
}

/**
 * Checks quota, admission and authorization with a dry run under another name, because the pod still has its own. Checks that the new pod
 * gets the right list.
 * @throws CliError
 */
async function rehearseCreate({ to, does, secret }: Recreation, manifest: object, tools: Tools): Promise<void> {
  const { metadata } = manifest as { metadata: object };
  const name = rehearsalName(to.name);
  const { spec } = await tools
    .cluster()
    .write(
      { ...to, name },
      { create: { ...manifest, metadata: { ...metadata, name } } },
      { dryRun: true, fieldManager: tools.fieldManager },
    )
    .catch((error: unknown) => {
      throw renamed(asCliError(error), name, to.name);
    });
  if (namesIn(spec.imagePullSecrets).includes(secret) === (does === "attach")) return;
  const recreated = `the recreated ${nameOf(to)}`;
  if (does === "attach") throw new CliError("invalid", `${recreated} would not list secret/${secret}: an admission controller removes it`);
  throw new CliError("invalid", `${recreated} would still list secret/${secret}: serviceaccount/${accountOf(spec)} adds it`, {
    hint: plugin("detach", secret, "--serviceaccount", accountOf(spec)),
  });
}

const suffix = "-rehearsal";

/** Returns another name for the rehearsal. A name has at most 253 characters, and no part of it ends with a dash (RFC 1123 subdomain). */
const rehearsalName = (name: string) => `${name.slice(0, 253 - suffix.length).replace(/[-.]+$/, "")}${suffix}`;

function renamed(error: CliError, from: string, to: string): CliError {
  const message = error.message.replaceAll(from, () => to);
  if (error instanceof Interrupted) return error;
  if (error instanceof Conflict) return new Conflict(message);
  const hint = typeof error.hint === "string" ? error.hint.replaceAll(from, () => to) : error.hint;
  return new CliError(error.kind, message, { hint, cause: error });
}

/** @throws Conflict if the pod has changed since it was read, or another one was created under its name */
async function replace({ to, does, secret }: Recreation, pod: Pod, manifest: object, tools: Tools): Promise<Pod> {
  const file = await save(to, writtenManifest(pod), tools);
  const created = await tools.during(`Recreating pod ${to.name}`, async () => {
    await deletePod(to, pod, file, tools);
    return waitUntilDeleted(to, pod, tools)
      .then(() => create(to, manifest, tools))
      .catch((error: unknown) => {
        throw withCommand(asCliError(error), to, file);
      });
  });
  await tools.files.remove(file);
  const isRight = namesIn(created.spec.imagePullSecrets).includes(secret) === (does === "attach");
  if (!isRight) throw new Conflict(`another ${nameOf(to)} was created in the meantime`);
  return created;
}

/** Saves a manifest for `kubectl create -f`, and prints the file name. @returns the file name @throws CliError config */
async function save(to: Ref<"pod">, manifest: object, tools: Tools): Promise<string> {
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

/** @throws Conflict if the pod has changed, or was deleted by another client, since it was read */
async function deletePod(to: Ref<"pod">, pod: Pod, file: string, tools: Tools): Promise<void> {
  const { uid, resourceVersion } = pod.metadata;
  const isDeleted = (old: Pod | undefined) => old?.metadata.uid !== uid || old?.metadata.deletionTimestamp !== undefined;
  const decide: Decide<"pod"> = (old) => {
    if (isDeleted(old)) return { act: "keep", because: "it was deleted" };
    if (old?.metadata.resourceVersion === resourceVersion) return { act: "delete", because: "it is recreated" };
    return { act: "refuse", error: new Conflict(`another client has changed ${nameOf(to)}`) };
  };
  const edited = await edit(to, decide, tools, { object: pod }).catch(asCliError);
  if (!(edited instanceof CliError) && edited.did === "delete") return;
  if (edited instanceof CliError && isLost(edited)) {
    const unread = () => Promise.reject(withCommand(edited, to, file));
    if (isDeleted(await tools.uninterrupted(() => tools.cluster().get(to)).catch(unread))) return;
  }
  await tools.files.remove(file);
  throw edited instanceof CliError ? edited : new Conflict(`another client has deleted ${nameOf(to)}`);
}

/** @throws CliError timeout; cancelled */
async function waitUntilDeleted(to: Ref<"pod">, pod: Pod, tools: Tools): Promise<void> {
  for (let waited = 0, pause = 100; ; waited += pause, pause = Math.min(2 * pause, 1000)) {
    const existing = await tools.uninterrupted(() => tools.cluster().get(to));
    if (existing?.metadata.uid !== pod.metadata.uid) return;
    const { deletionGracePeriodSeconds = 0, finalizers = [] } = existing?.metadata ?? {};
    const timeout = deletionGracePeriodSeconds + deleteTimeout;
    if (waited >= timeout * 1000) throw notDeleted(to, finalizers, timeout);
    await tools.sleep(pause);
  }
}

function notDeleted(to: Ref<"pod">, finalizers: readonly string[], seconds: number): CliError {
  const message = `${nameOf(to)} was deleted but still exists after ${seconds}s`;
  if (finalizers.length > 0) return new CliError("timeout", `${message}: it has finalizers: ${finalizers.join(", ")}`);
  const hint = "if the node is lost, delete the pod with --force";
  return new CliError("timeout", `${message}: its node has not confirmed the deletion`, { hint });
}

/** @returns the pod that then exists under the name: another client may have created it */
async function create(to: Ref<"pod">, manifest: object, tools: Tools): Promise<Pod> {
  const decide: Decide<"pod"> = (old) => (old ? { act: "keep", because: "it exists" } : { act: "create", object: manifest });
  const { object } = await tools.uninterrupted(() => edit(to, decide, tools, { object: undefined }));
  if (!object) throw new TypeError("a pod that was created is absent");
  return object;
}

/** Adds the command that creates the original pod again, for a run that ends between delete and create. */
function withCommand(error: CliError, to: Ref<"pod">, file: string): CliError {
  const { namespace } = to;
  const when = `${nameOf(to)} was deleted but not recreated. When it no longer exists, run`;
  const known = typeof error.hint === "string" ? [error.hint] : [];
  return error.withHint({ ...kubectl("create", "-f", file), namespace, when: [...known, when].join("; ") });
}
