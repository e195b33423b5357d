import type { Named } from "../context.ts";

export type Resource = "secrets" | "serviceaccounts" | "pods" | "namespaces";

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** The path of one core/v1 object: `/api/v1/namespaces/demo/secrets/acr?dryRun=All`. */
export function objectPath(resource: Resource, { namespace, name }: Named, query: Query = {}): string {
  return `${listPath(resource, namespace)}/${encodeURIComponent(name)}${search(query)}`;
}

/** The path of the objects of one namespace, or of all. */
export function listPath(resource: Resource, namespace: string | undefined, query: Query = {}): string {
  const scope = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/api/v1${scope}/${resource}${search(query)}`;
}

function search(query: Query): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "" && value !== false);
  return pairs.length === 0 ? "" : `?${pairs.map(([key, value]) => `${key}=${encodeURIComponent(value ?? "")}`).join("&")}`;
}
