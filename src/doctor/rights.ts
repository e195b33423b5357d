import type { Cluster, Right } from "../cluster/port.ts";
import { explainCommand, type Finding } from "./finding.ts";

/** The rights that a verb uses in one namespace and in the whole cluster (docs/rbac.json). */
export type VerbRights = {
  readonly verb: string;
  readonly rights: readonly (Omit<Right, "namespace"> & { readonly where: string })[];
};

/**
 * Checks which verbs you have the rights for, with a review of each right: a SelfSubjectRulesReview omits the rules of webhook authorizers,
 * such as Azure RBAC on AKS.
 * @param namespace absent: in all namespaces
 */
export async function checkRights(
  verbs: readonly VerbRights[],
  cluster: Pick<Cluster, "may">,
  namespace: string | undefined,
): Promise<Finding[]> {
  const id = "cluster-rights" as const;
  const keyOf = ({ where, group, resource, verb }: VerbRights["rights"][number]) => `${verb} ${resource} ${group} ${where}`;
  const unique = new Map(verbs.flatMap(({ rights }) => rights.map((right) => [keyOf(right), right] as const)));
  const asked = [...unique].map(async ([key, { where, ...right }]) => {
    return [key, await cluster.may({ ...right, namespace: where === "namespace" ? namespace : undefined })] as const;
  });
  const has = new Map(await Promise.all(asked));
  const missing = verbs.map(({ verb, rights }) => ({ verb, rights: rights.filter((right) => has.get(keyOf(right)) === false) }));
  const complete = missing.filter(({ rights }) => rights.length === 0).map(({ verb }) => verb);
  const place = namespace === undefined ? "in all namespaces" : `in namespace ${namespace}`;
  const ok: Finding = { id, status: "ok", subject: complete.join(","), message: `you have the rights for ${complete.join(", ")} ${place}` };
  return [
    ...(complete.length > 0 ? [ok] : []),
    ...missing.flatMap(({ verb, rights }): Finding[] => {
      if (rights.length === 0) return [];
      const message = `${verb} needs more rights ${place}: ${rights.map(inWords).join(", ")}`;
      return [{ id, status: "warning", subject: verb, message, next: explainCommand(id) }];
    }),
  ];
}

const inWords = ({ verb, resource, where }: VerbRights["rights"][number]): string =>
  `${verb} ${resource}${where === "cluster" ? " in the whole cluster" : ""}`;
