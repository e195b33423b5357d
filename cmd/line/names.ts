import { usage } from "../../src/errors.ts";
import type { Hint } from "../../src/hint.ts";
import { isObjectName, kinds, type TargetKind, targetKinds } from "../../src/kinds.ts";

/** The kinds of objects that a command line can name, in kubectl's spellings. */
const spellings = {
  Secret: ["secret", "secrets"],
  ServiceAccount: ["sa", "serviceaccount", "serviceaccounts"],
  Namespace: ["ns", "namespace", "namespaces"],
} as const;

type Named = keyof typeof spellings;

/**
 * Returns the name of one object: `web`, or as kubectl prints it, `serviceaccount/web` or `sa/web`. Rejects a name that the API server
 * would read as another resource, as client-go does.
 * @throws CliError usage
 */
export function objectName(kind: Named, word: string): string {
  const slash = word.indexOf("/");
  const [prefix, name] = slash < 0 ? ["", word] : [word.slice(0, slash).toLowerCase(), word.slice(slash + 1)];
  const ours = slash < 0 || (spellings[kind] as readonly string[]).includes(prefix);
  if (ours && name === "") throw usage(`a ${kind} must have a name`);
  if (ours && !/[/%]|^\.\.?$/.test(name)) return name;
  throw usage(`invalid ${kind} name ${JSON.stringify(word)}`, nameHint(word, prefix, name));
}

export const secretName = (word: string) => objectName("Secret", word);

/** Whether a word names a workload as in kubectl: `deploy/web`. */
export function isWorkload(word: string): boolean {
  const kind = word.includes("/") ? kindSpelled(word.slice(0, word.indexOf("/"))) : undefined;
  return kind !== undefined && "podSpec" in kinds[kind];
}

/** The hint for a workload if the verb has no targets. */
export const noWorkloads = "use targets such as deployment/web with check, create, attach and detach";

function nameHint(word: string, prefix: string, name: string): Hint | undefined {
  if (isWorkload(word)) return noWorkloads;
  if (/[.:].*\/|\/.*[:@]/.test(word)) return `did you mean check --image ${word}?`;
  if (!isObjectName(name)) return undefined;
  if ((spellings.ServiceAccount as readonly string[]).includes(prefix)) return `did you mean --serviceaccount=${name}?`;
  return `did you mean ${JSON.stringify(name)}?`;
}

/** Returns the kind for a word in kubectl's spellings: `deploy`, `deployments`, `deployment.apps`, `deployments.v1.apps`. */
export function kindSpelled(word: string): TargetKind | undefined {
  const [name = "", ...suffix] = word.toLowerCase().split(".");
  return targetKinds.find((kind) => {
    const row: { kind: string; api: string; plural: string; short?: readonly string[] } = kinds[kind];
    const isNamed = [row.kind.toLowerCase(), row.plural, ...(row.short ?? [])].includes(name);
    return isNamed && suffixesOf(row.api).includes(suffix.join("."));
  });
}

/** Returns the valid suffixes of a kind's name: none, the group, the version and the group; for the core group the version. */
function suffixesOf(api: string): readonly string[] {
  const [group = "", version] = api.split("/");
  return version === undefined ? ["", api] : ["", group, `${version}.${group}`];
}
