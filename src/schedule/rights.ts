/** A right in the form of an RBAC rule, and its scope: a namespace, or the whole cluster. docs/rbac.json has those of each verb. */
export type Right = { readonly where: "namespace" | "cluster"; readonly group: string; readonly resource: string; readonly verb: string };

/** rbac/v1 PolicyRule. */
export type Rule = { readonly apiGroups: readonly string[]; readonly resources: readonly string[]; readonly verbs: readonly string[] };

/** Returns the rules of a role, one for each resource. */
export function rulesOf(rights: readonly Right[]): Rule[] {
  const byResource = Map.groupBy(rights, ({ group, resource }) => `${group}/${resource}`);
  return [...byResource.values()].map((of) => ({
    apiGroups: [of[0]?.group ?? ""],
    resources: [of[0]?.resource ?? ""],
    verbs: [...new Set(of.map(({ verb }) => verb))].sort(),
  }));
}
