import { kinds, type Ref, type TargetKind } from "../kinds.ts";
import type { Format, Writer } from "./format.ts";

export const kustomize: Format = { outcomes: () => targetList(kustomizePatches) };

export const helm: Format = { outcomes: () => targetList(([one]) => (one ? helmValues(one.secret) : "")) };

/** Prints the changes of lists at the end. */
function targetList(text: (changes: readonly TargetChange[]) => string): Writer {
  const changes: TargetChange[] = [];
  return {
    each: ({ to, list, result, error }) => {
      if (!error && list && result === "patched")
        changes.push({ act: list.does, to: to as Ref<TargetKind>, secret: list.secret, names: list.after });
      return "";
    },
    end: () => (changes.length > 0 ? text(changes) : ""),
  };
}

/** A target that gets or loses a name in its list of pull secrets. `names` is the list afterwards. */
export type TargetChange = {
  readonly act: "attach" | "detach";
  readonly to: Ref<TargetKind>;
  readonly secret: string;
  readonly names: readonly string[];
};

/**
 * Returns `patches` for a kustomization.yaml. The targets have no namespace: a base usually has none, and a target with one does not select
 * its objects.
 */
export function kustomizePatches(changes: readonly TargetChange[]): string {
  const { true: whole = [], false: byName = [] } = Object.groupBy(changes, ({ to }) =>
    String(kinds[to.kind].pullSecretList.list === "atomic"),
  );
  const note = whole.length > 0 ? [`# Kustomize replaces the whole list of a ${kindsOf(whole)}, so the patch contains all names`] : [];
  const patches = [...byName, ...whole].flatMap(patch);
  return ["# In a kustomization.yaml", ...note, "patches:", ...patches, ""].join("\n");
}

const kindsOf = (changes: readonly TargetChange[]) => [...new Set(changes.map(({ to }) => kinds[to.kind].kind))].join(" and a ");

function patch({ act, to, secret, names }: TargetChange): string[] {
  const { kind, api, pullSecretList } = kinds[to.kind];
  const name = `name: ${yamlName(to.name)}`;
  const group = api.includes("/") ? [`group: ${api.split("/")[0]}`] : [];
  const items = pullSecretList.list === "atomic" ? names.map((each) => `- name: ${yamlName(each)}`) : item(act, secret);
  const last = pullSecretList.path.length - 1;
  const path = pullSecretList.path.map(
    (step, depth) => `${"  ".repeat(depth)}${step}:${depth === last && items.length === 0 ? " []" : ""}`,
  );
  const body = [`apiVersion: ${api}`, `kind: ${kind}`, "metadata:", `  ${name}`, ...path, ...items.map((line) => "  ".repeat(last) + line)];
  return [
    "- target:",
    ...[...group, `kind: ${kind}`, name].map((line) => `    ${line}`),
    "  patch: |-",
    ...body.map((line) => `    ${line}`),
  ];
}

const item = (act: TargetChange["act"], secret: string) => [
  `- name: ${yamlName(secret)}`,
  ...(act === "detach" ? ["  $patch: delete"] : []),
];

/** Returns the Helm values that set a pull secret in common charts. */
export const helmValues = (secret: string): string => `# Charts created with helm create, and most others.
imagePullSecrets:
- name: ${yamlName(secret)}
# Bitnami charts, and charts that depend on them: all images, including those of subcharts.
global:
  imagePullSecrets:
  - ${yamlName(secret)}
`;

/** Words that a YAML reader reads as another type than text (YAML 1.1, which kubectl's library follows). */
const notText = /^(?:null|true|false|yes|no|on|off|y|n)$/;

/** Returns a name as YAML text. It has quotation marks and escapes unless it is plain text in each YAML version. */
const yamlName = (name: string): string =>
  /^[a-z][a-z0-9.-]*$/.test(name) && !notText.test(name) ? name : JSON.stringify(name).replace(/[\u007f-\uffff]/g, escaped);

const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
