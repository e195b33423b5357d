import type { Api, Call } from "./api.ts";
import { accountsNamed } from "./namespaces.ts";

/**
 * The requests of a run, for the same work to be done once more: for a Secret of another name, on the ServiceAccounts as they are now,
 * and with pages of lists that begin where they now end.
 * @returns what only looks, then what claims a Secret, and then what writes
 */
export async function afresh(
  api: Api,
  calls: readonly Call[],
  names: { readonly from: string; readonly to: string },
): Promise<readonly [looks: Call[], claims: Call[], writes: Call[]]> {
  const { items } = await accountsNamed(api, "default");
  const versions = new Map(items.map(({ metadata }) => [metadata.namespace, metadata.resourceVersion]));
  const renamed = calls.map((call) => rename(call, names));
  // What the run has claimed it looks at once more, when it is there
  const isLate = (call: Call) => changes(call) || call.path.endsWith(`/secrets/${names.to}`);
  const looks = renamed.filter((call) => !isLate(call));
  const writes = renamed.filter(isLate).map((call) => (call.method === "PATCH" ? onVersion(call, versions) : call));
  return [await withPages(api, looks), writes.filter(claims), writes.filter((call) => !claims(call))];
}

/** Whether a call makes a Secret only to claim it: another one writes to that Secret later. */
const claims = ({ method, body }: Call): boolean => method === "POST" && body?.includes('"acr-secret/claim"') === true;

const rename = (call: Call, { from, to }: { readonly from: string; readonly to: string }): Call => ({
  ...call,
  path: call.path.replaceAll(from, to),
  body: call.body?.replaceAll(from, to),
});

/** A ServiceAccount is written on its version as it now is; a Secret was made a moment ago, and is written whatever its version. */
function onVersion(call: Call, versions: ReadonlyMap<string, string>): Call {
  const [, namespace = "", kind] = /\/namespaces\/([^/]+)\/([^/]+)\//.exec(call.path) ?? [];
  const { metadata, ...body } = JSON.parse(call.body ?? "{}");
  const held = kind === "secrets" ? { uid: undefined, resourceVersion: undefined } : { resourceVersion: versions.get(namespace) };
  return { ...call, body: JSON.stringify({ metadata: { ...metadata, ...held }, ...body }) };
}

/** Every list of the calls, page by page as the server now divides it. */
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

/** Whether a call changes what the cluster keeps. */
export const changes = ({ method, path }: Pick<Call, "method" | "path">): boolean => method !== "GET" && !path.includes("dryRun=All");
