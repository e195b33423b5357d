import { usage } from "../../src/errors.ts";
import type { Fix } from "../../src/fix.ts";
import { kinds, type TargetKind, targetKinds } from "../../src/kinds.ts";

/** The kinds of object that a command line names, in kubectl's spellings of them. */
const spellings = {
  Secret: ["secret", "secrets"],
  ServiceAccount: ["sa", "serviceaccount", "serviceaccounts"],
  Namespace: ["ns", "namespace", "namespaces"],
} as const;

export type Named = keyof typeof spellings;

/**
 * The name of one object: `web`, or as kubectl prints it, `serviceaccount/web` or `sa/web`.
 * What the API server could not take for a name is refused here, since it would ask for another resource: client-go refuses the same.
 *
 * @throws CliError usage
 */
export function objectName(kind: Named, word: string): string {
  const slash = word.indexOf("/");
  const [prefix, name] = slash < 0 ? ["", word] : [word.slice(0, slash).toLowerCase(), word.slice(slash + 1)];
  const ours = slash < 0 || (spellings[kind] as readonly string[]).includes(prefix);
  if (ours && name === "") throw usage(`the name of a ${kind} is empty`);
  if (ours && !/[/%]|^\.\.?$/.test(name)) return name;
  throw usage(`invalid ${kind} name ${JSON.stringify(word)}`, meant(word, prefix, name));
}

/** The name of a Secret, which is what an argument of a verb means. */
export const secretName = (word: string) => objectName("Secret", word);

/** Whether a word names a workload as kubectl does: `deploy/web`. */
export function isWorkload(word: string): boolean {
  const kind = word.includes("/") ? kindSpelled(word.slice(0, word.indexOf("/"))) : undefined;
  return kind !== undefined && "podSpec" in kinds[kind];
}

/** What is said of one to a verb that is about no target. */
export const noWorkloads = "check looks at every pod of the namespace; attach, detach and create take targets such as deployment/web";

/** What somebody may have meant who put a slash into a name. */
function meant(word: string, prefix: string, name: string): string | Fix | undefined {
  if (isWorkload(word)) return noWorkloads;
  if (/[.:].*\/|\/.*[:@]/.test(word)) return { verb: "check", images: [word] };
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)) return undefined;
  if ((spellings.ServiceAccount as readonly string[]).includes(prefix)) return `did you mean --serviceaccount=${name}?`;
  return `did you mean ${JSON.stringify(name)}?`;
}

/** The kind that kubectl knows by a word: `deploy`, `deployments`, `deployment.apps`, `deployments.v1.apps`. */
export function kindSpelled(word: string): TargetKind | undefined {
  const [name = "", ...suffix] = word.toLowerCase().split(".");
  return targetKinds.find((kind) => {
    const row: { kind: string; api: string; plural: string; short?: readonly string[] } = kinds[kind];
    const isNamed = [row.kind.toLowerCase(), row.plural, ...(row.short ?? [])].includes(name);
    return isNamed && suffixesOf(row.api).includes(suffix.join("."));
  });
}

/** What may stand behind a name: nothing, the group, the version and the group; of the core group the version. */
function suffixesOf(api: string): readonly string[] {
  const [group = "", version] = api.split("/");
  return version === undefined ? ["", api] : ["", group, `${version}.${group}`];
}
