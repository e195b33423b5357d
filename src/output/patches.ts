import { kinds, type Ref, type TargetKind } from "../kinds.ts";
import { yamlName } from "../manifest/text.ts";

/** A target whose list of pull secrets is to have a name, or to have it no more; `names` are those that it then has. A namespace parts it
 * from another of its name. */
export type Referring = {
  readonly act: "attach" | "detach";
  readonly to: Ref<TargetKind>;
  readonly secret: string;
  readonly names: readonly string[];
};

/** For whoever has Kustomize make the manifests: `patches` that do the same there, to put into a kustomization.yaml. */
export function kustomizePatches(referring: readonly Referring[]): string {
  const { true: whole = [], false: byName = [] } = Object.groupBy(referring, ({ to }) => String(kinds[to.kind].carries.list === "atomic"));
  const note =
    whole.length > 0 ? [`# The list of a ${kindsOf(whole)} is replaced as a whole, so each name that is to be in it stands here`] : [];
  return ["# In a kustomization.yaml", ...note, "patches:", ...[...byName, ...whole].flatMap(patch), ""].join("\n");
}

const kindsOf = (referring: readonly Referring[]) => [...new Set(referring.map(({ to }) => kinds[to.kind].kind))].join(" and a ");

function patch({ act, to, secret, names }: Referring): string[] {
  const { kind, api, carries } = kinds[to.kind];
  const name = `name: ${yamlName(to.name)}`;
  const group = api.includes("/") ? [`group: ${api.split("/")[0]}`] : [];
  const namespace = to.namespace === undefined ? [] : [`namespace: ${yamlName(to.namespace)}`];
  const items = carries.list === "atomic" ? names.map((each) => `- name: ${yamlName(each)}`) : item(act, secret);
  const last = carries.path.length - 1;
  const path = carries.path.map((step, depth) => `${"  ".repeat(depth)}${step}:${depth === last && items.length === 0 ? " []" : ""}`);
  const body = [`apiVersion: ${api}`, `kind: ${kind}`, "metadata:", `  ${name}`, ...path, ...items.map((line) => "  ".repeat(last) + line)];
  return [
    "- target:",
    ...[...group, `kind: ${kind}`, name, ...namespace].map((line) => `    ${line}`),
    "  patch: |-",
    ...body.map((line) => `    ${line}`),
  ];
}

const item = (act: Referring["act"], secret: string) => [`- name: ${yamlName(secret)}`, ...(act === "detach" ? ["  $patch: delete"] : [])];

/** For whoever has Helm make the manifests: the values by which common charts name a pull secret. */
export const helmValues = (secret: string): string => `# Charts that helm create began, and most others
imagePullSecrets:
- name: ${yamlName(secret)}
# Charts of Bitnami, and those that build on them: for every image, the subcharts' too
global:
  imagePullSecrets:
  - ${yamlName(secret)}
`;
