import { kinds, type TargetKind, targetKinds } from "../kinds.ts";

/** A kind of object whose list of pull secrets a manifest may have. */
export type ListedKind = {
  readonly name: TargetKind;
  /** Where its list stands. */
  readonly path: readonly string[];
  readonly makesPods: boolean;
};

/** The groups that Kubernetes has moved kinds away from, which manifests may still name. */
const former: Readonly<Record<string, string>> = { extensions: "apps" };

/** The kind that a manifest names; undefined for one that has no list of pull secrets. */
export function listedKind(apiVersion: string, kind: string): ListedKind | undefined {
  const group = groupOf(apiVersion);
  const name = targetKinds.find((each) => kinds[each].kind === kind && groupOf(kinds[each].api) === (former[group] ?? group));
  return name && { name, path: kinds[name].carries.path, makesPods: "podSpec" in kinds[name] };
}

const groupOf = (api: string) => (api.includes("/") ? api.slice(0, api.indexOf("/")) : "");
