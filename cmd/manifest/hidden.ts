import { inside, type Listed, namesIn } from "../../src/manifest/objects.ts";
import { plain } from "../../src/manifest/tree.ts";
import { shownAs } from "./choose.ts";

/**
 * What a person should know of templates that get their first name: pods with a list of their own get nothing of their
 * ServiceAccount's (apiserver admission, serviceaccount), as far as that is in the manifests too.
 */
export function hiddenLists(changed: readonly Listed[], all: readonly Listed[], secret: string): string[] {
  const accounts = all.filter(({ kind }) => !kind.makesPods);
  return changed.flatMap((object) => {
    if (!object.kind.makesPods || namesIn(object).length > 0) return [];
    const account = accounts.find((one) => one.name === accountOf(object) && one.namespace === object.namespace);
    const names = account ? namesIn(account).filter((name) => name !== secret) : [];
    if (!account || names.length === 0) return [];
    return [`${shownAs(object)} has a list of its own with this, so its pods no longer get ${names.join(", ")} from ${shownAs(account)}`];
  });
}

function accountOf({ kind, map }: Listed): string {
  const name = inside(plain(map), [...kind.path.slice(0, -1), "serviceAccountName"]);
  return typeof name === "string" && name !== "" ? name : "default";
}
