import type { Right as ClusterRight } from "../../src/kube/port.ts";

/** A right of a recorded request, and its scope. */
export type Right = ClusterRight & { readonly where: "namespace" | "cluster" };

const request = /^(GET|POST|PUT|PATCH|DELETE) (\/apis?\/\S+) \d+ /gm;

/** Returns the rights that a run needed, from its lines of `-v=6`, each once and in order. */
export function rightsIn(trace: string): Right[] {
  const found = [...trace.matchAll(request)].flatMap(([, method = "", url = ""]) => rightOf(method, url) ?? []);
  const byText = new Map(found.map((right) => [textOf(right), right]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, right]) => right);
}

const textOf = ({ where, group, resource, verb }: Right) => `${where} ${group}/${resource} ${verb}`;

/** The parts of a path: the group, the namespace, the resource, the object's name, the subresource. */
const path =
  /^\/(?:api|apis\/(?<group>[^/]+))\/[^/]+\/(?:namespaces\/(?<inside>[^/]+)\/)?(?<resource>[^/?]+)(?:\/(?<name>[^/?]+))?(?:\/(?<sub>[^/?]+))?/;

const verbs: Readonly<Record<string, string>> = { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };

/** Returns the right for a request, such as GET `/apis/apps/v1/namespaces/NAMESPACE/deployments/NAME`, or undefined for other URLs. */
function rightOf(method: string, url: string): Right | undefined {
  const of = path.exec(url)?.groups;
  if (!of) return undefined;
  const { group = "", inside, resource = "", name, sub } = of;
  const verb = verbs[method] ?? (name === undefined ? "list" : "get");
  // RBAC treats a namespace object as part of that namespace.
  const where = inside !== undefined || (resource === "namespaces" && name !== undefined) ? "namespace" : "cluster";
  return { where, group, resource: sub === undefined ? resource : `${resource}/${sub}`, verb };
}
