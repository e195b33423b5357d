import { CliError } from "../errors.ts";
import type { Secret } from "../objects.ts";
import { isChangeable, type Target } from "../plan/references.ts";
import type { Place } from "../scope/cluster-scopes.ts";
import { secretsOf } from "./pull-secrets.ts";
import { type TargetObject, targetOf } from "./targets.ts";

/** What a name in a list leads to. */
export type NamedSecret = { readonly name: string; readonly secret: Secret | undefined };

/** More names are not looked at. */
const most = 5;

/**
 * Asks what other names lead to, in the lists that a Secret's is to be added to. Nothing but a warning depends on it, so what cannot be
 * read is left out, and nobody has to wait for it before anything is written.
 */
export async function secretsBeside(
  { cluster, namespace }: Pick<Place, "cluster" | "namespace">,
  secret: string,
  targets: readonly TargetObject[],
): Promise<readonly NamedSecret[]> {
  const secrets = secretsOf(cluster, namespace);
  const one = async (name: string): Promise<NamedSecret[]> => {
    try {
      return [{ name, secret: await secrets.get(name) }];
    } catch (error) {
      if (error instanceof CliError) return [];
      throw error;
    }
  };
  const names = otherNames(secret, targets.map((object) => targetOf(object)).filter(isChangeable));
  return (await Promise.all(names.slice(0, most).map(one))).flat();
}

const otherNames = (secret: string, targets: readonly Target[]): string[] => [
  ...new Set(targets.filter(({ names }) => !names.includes(secret)).flatMap(({ names }) => names.filter((name) => name !== ""))),
];
