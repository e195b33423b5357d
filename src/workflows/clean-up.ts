import { Claims } from "../actions/claims.ts";
import type { ChangeOutcome, Done } from "../actions/outcome.ts";
import { refer } from "../actions/refer.ts";
import type { Tools } from "../actions/tools.ts";
import { secretRetries, update } from "../actions/update.ts";
import { CliError } from "../errors.ts";
import { keyOf, nameOf, type Ref } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import type { Change, Keep, Refer } from "../plan/change.ts";
import { holds, isKeyOf } from "../plan/existing-secret.ts";
import { targetArguments } from "../plan/wording.ts";
import { type Entry, fingerprint } from "../secret/entry.ts";
import { loginFor, readExisting } from "../state/existing-secret.ts";

type Written = {
  readonly act: "store";
  readonly to: Ref<"secret">;
  readonly uid: string;
  readonly entry: Entry;
  readonly login: string | undefined;
  /** The run created the Secret, and deletes it when the run ends. */
  readonly created: boolean;
};

/** A Secret that a run has written, or an `imagePullSecrets` entry that it has added. */
export type OwnedObject = Refer | Written;

/** Returns the object that a run must clean up after an outcome. @param before the earlier result for the same object */
export function ownedObjectOf({ change, object }: Done, before?: OwnedObject): OwnedObject | undefined {
  if (change.act === "attach") return change;
  if (change.act !== "store") return undefined;
  const { to, entry, precondition } = change;
  const uid = object?.metadata.uid ?? "";
  const created = !precondition || (before?.act === "store" && before.created && before.uid === uid);
  return { act: "store", to, uid, entry, login: loginIn(object as Secret | undefined, entry), created };
}

function loginIn(secret: Secret | undefined, { hosts: [host = ""] }: Entry): string | undefined {
  const login = secret && loginFor(secret, host);
  return login && fingerprint(login);
}

/**
 * Removes the entries that the run added and then the Secrets that it created, even after an interruption. Keeps a Secret that changed
 * after the run's last write, and the entries that refer to it.
 */
export function cleanUp(objects: readonly OwnedObject[], tools: Tools): Promise<ChangeOutcome[]> {
  const written = new Map(objects.flatMap((one) => (one.act === "store" ? [[keyOf(one.to), one] as const] : [])));
  const removed = objects.filter((one) => one.act !== "store" || one.created);
  return tools.uninterrupted(async () => {
    const outcomes: ChangeOutcome[] = [];
    for (const owned of removed.toReversed()) outcomes.push(await cleanUpOne(owned, written, tools));
    return outcomes;
  });
}

async function cleanUpOne(owned: OwnedObject, written: ReadonlyMap<string, Written>, tools: Tools): Promise<ChangeOutcome> {
  try {
    return await (owned.act === "store" ? remove(owned, tools) : detach(owned, written, tools));
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const { to } = owned;
    if (error.kind === "notFound") return { change: keepDeleted(to), left: "failed" };
    return { change: { act: "delete", to, because: "the run has ended" }, error, ...leftBy(owned) };
  }
}

const keepDeleted = (to: Ref): Keep => ({ act: "keep", to, because: "it was deleted" });

function leftBy(owned: OwnedObject): Required<Pick<ChangeOutcome, "messages" | "fix">> {
  if (owned.act === "store") {
    const { name } = owned.to;
    return { messages: [`secret/${name} was not deleted`], fix: { kubectl: "delete secret", args: [name] } };
  }
  const { secret, to } = owned;
  return { messages: [`secret/${secret} is still attached`], fix: { verb: "detach", secret, ...targetArguments([to]) } };
}

async function detach({ to, secret, before, after }: Refer, written: ReadonlyMap<string, Written>, tools: Tools): Promise<ChangeOutcome> {
  const { namespace, context } = to;
  const at = { kind: "secret", name: secret, namespace, context } as const;
  const last = written.get(keyOf(at));
  const now = last && (await tools.cluster(context).get(at));
  const because = now && otherThan(last, now, tools);
  if (because === undefined) {
    const change = { act: "detach", to, secret, before: after, after: before } as const;
    return { change, ...(await refer.apply(change, { tools, claims: new Claims(tools), objects: new Map() })) };
  }
  return { change: { act: "keep", to, because }, left: "failed", messages: [`${nameOf(to)} keeps secret/${secret}: ${because}`] };
}

/** Returns why a Secret is not the one that the run wrote last; undefined if it is. */
function otherThan({ entry, uid, login }: Written, secret: Secret, { write }: Tools): string | undefined {
  const [host = ""] = entry.hosts;
  const { existing } = readExisting(secret, host, write.fieldManager);
  if (existing.hosts.some((server) => !entry.hosts.some((key) => isKeyOf(key, server)))) return "it holds other logins";
  if (secret.metadata.uid !== uid) return "it was recreated";
  return holds(entry, host, existing) && loginIn(secret, entry) === login ? undefined : "another user replaced its login";
}

async function remove(last: Written, tools: Tools): Promise<ChangeOutcome> {
  const { to, uid } = last;
  const { cluster, write } = tools;
  return update<Secret | undefined, ChangeOutcome>({
    read: () => cluster(to.context).get(to),
    write: async (secret) => {
      if (!secret) return { change: keepDeleted(to), left: "failed", messages: [] };
      const because = otherThan(last, secret, tools);
      if (because !== undefined)
        return { change: { act: "keep", to, because }, left: "failed", messages: [`secret/${to.name} is kept: ${because}`] };
      await cluster(to.context).write(to, { delete: { uid, version: secret.metadata.resourceVersion ?? "" } }, write);
      return { change: { act: "delete", to, because: "the run has ended" } };
    },
    ...secretRetries(tools),
  });
}

export const ownedObjectKey = ({ act, to }: Pick<Change, "act" | "to">): string => `${act} ${keyOf(to)}`;
