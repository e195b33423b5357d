import { CliError } from "../errors.ts";
import { type ClusterKind, kinds, type Ref } from "../kinds.ts";

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * Returns the path of one object: `/api/v1/namespaces/demo/secrets/acr?dryRun=All`. @throws CliError invalid for a name that would select
 * another path
 */
export function objectPath({ kind, namespace, name }: Ref<ClusterKind>, query: Query = {}, subresource = ""): string {
  const below = subresource === "" ? "" : `/${subresource}`;
  return `${listPath(kind, namespace)}/${segment(name)}${below}${search(query)}`;
}

/** Returns the path of the objects of one namespace, or of all namespaces. */
export function listPath(kind: ClusterKind, namespace: string | undefined, query: Query = {}): string {
  const { api, plural, namespaced } = kinds[kind];
  const scope = namespace === undefined || !namespaced ? "" : `/namespaces/${segment(namespace)}`;
  return `${root(api)}${scope}/${plural}${search(query)}`;
}

/** One segment of a path. `.` and `..` can't be encoded, and an empty name selects the list itself (RFC 3986 5.2.4). */
function segment(name: string): string {
  if (["", ".", ".."].includes(name)) throw new CliError("invalid", `${JSON.stringify(name)} is no name of an object`);
  return encodeURIComponent(name);
}

/** The core group has a root of its own. */
const root = (api: string) => (api.includes("/") ? `/apis/${api}` : `/api/${api}`);

function search(query: Query): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "" && value !== false);
  return pairs.length === 0 ? "" : `?${pairs.map(([key, value]) => `${key}=${encodeURIComponent(value ?? "")}`).join("&")}`;
}
