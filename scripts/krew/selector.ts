/** A metav1.LabelSelector over the labels `os` and `arch`. */
export type Selector = {
  readonly matchLabels?: { readonly os?: string; readonly arch?: string };
  readonly matchExpressions?: readonly Expression[];
};

type Expression = { readonly key: "os" | "arch"; readonly operator: Operator; readonly values?: readonly string[] };
type Operator = "In" | "NotIn" | "Exists" | "DoesNotExist";

/** The platforms of Krew, with Go's names. */
export type Machine = { readonly os: string; readonly arch: string };

/** Every platform that Krew's own validator knows (krew 0.4, cmd/validate-krew-manifest). */
export const machines: readonly Machine[] = Object.entries({
  windows: ["386", "amd64", "arm64"],
  linux: ["386", "amd64", "arm", "arm64"],
  darwin: ["386", "amd64", "arm64"],
}).flatMap(([os, all]) => all.map((arch) => ({ os, arch })));

/** Whether a selector matches a platform, like LabelSelectorAsSelector of apimachinery: all its conditions must be true. */
export function selects({ matchLabels = {}, matchExpressions = [] }: Selector, machine: Machine): boolean {
  const labels = Object.entries(matchLabels).every(([key, value]) => machine[key as keyof Machine] === value);
  return labels && matchExpressions.every((expression) => holds(expression, machine));
}

function holds({ key, operator, values = [] }: Expression, machine: Machine): boolean {
  if (operator === "In") return values.includes(machine[key]);
  if (operator === "NotIn") return !values.includes(machine[key]);
  return operator === "Exists";
}
