import type { Api, Call } from "./api.ts";
import { accountsNamed } from "./namespaces.ts";

/**
 * Returns the requests of a run, changed so that they do the same work again: for a Secret with another name, with the current versions of
 * the ServiceAccounts, and with the current page boundaries of lists.
 *
 * @returns first the reads, then the requests that claim a Secret, then the other changes
 */
export async function afresh(
  api: Api,
  calls: readonly Call[],
  names: { readonly from: string; readonly to: string },
): Promise<readonly [looks: Call[], claims: Call[], writes: Call[]]> {
  const { items } = await accountsNamed(api, "default");
  const versions = new Map(items.map(({ metadata }) => [metadata.namespace, metadata.resourceVersion]));
  const renamed = calls.map((call) => rename(call, names));
  // The run reads a Secret again after it has claimed it, so this read must come after the claim.
  const isLate = (call: Call) => changes(call) || call.path.includes(`/secrets/${names.to}`);
  const looks = renamed.filter((call) => !isLate(call));
  const writes = renamed.filter(isLate).map((call) => (call.method === "PATCH" ? onVersion(call, versions) : call));
  return [await withPages(api, looks), writes.filter(claims), writes.filter((call) => !claims(call))];
}

/** Whether a call creates a Secret only to claim it. Another call writes to that Secret later. */
const claims = ({ method, body }: Call): boolean => method === "POST" && body?.includes('"acr-secret/claim"') === true;

const rename = (call: Call, { from, to }: { readonly from: string; readonly to: string }): Call => ({
  ...call,
  path: call.path.replaceAll(from, to),
  body: call.body?.replaceAll(from, to),
});

/**
 * Sets the current resourceVersion in a change to a ServiceAccount. Removes the precondition from a change to a Secret, because the Secret
 * was just created.
 */
function onVersion(call: Call, versions: ReadonlyMap<string, string>): Call {
  const [, namespace = "", kind] = /\/namespaces\/([^/]+)\/([^/]+)\//.exec(call.path) ?? [];
  const { metadata, ...body } = JSON.parse(call.body ?? "{}");
  const held = kind === "secrets" ? { uid: undefined, resourceVersion: undefined } : { resourceVersion: versions.get(namespace) };
  return { ...call, body: JSON.stringify({ metadata: { ...metadata, ...held }, ...body }) };
}

/** Returns every list of the calls, with the pages into which the server divides it now. */
async function withPages(api: Api, calls: readonly Call[]): Promise<Call[]> {
  const fresh: Call[] = [];
  for (const call of calls) {
    if (call.path.includes("&continue=")) continue;
    fresh.push(call);
    if (!call.path.includes("limit=")) continue;
    for (let next = await nextPage(api, call, call.path); next; next = await nextPage(api, next, call.path)) fresh.push(next);
  }
  return fresh;
}

async function nextPage(api: Api, call: Call, first: string): Promise<Call | undefined> {
  const { text } = await api.send(call);
  const { metadata = {} }: { metadata?: { continue?: string } } = JSON.parse(text);
  return metadata.continue ? { ...call, path: `${first}&continue=${encodeURIComponent(metadata.continue)}` } : undefined;
}

/** Whether a call changes objects in the cluster. */
export const changes = ({ method, path }: Pick<Call, "method" | "path">): boolean => method !== "GET" && !path.includes("dryRun=All");
