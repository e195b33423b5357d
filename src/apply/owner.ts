import type { Owner } from "../credential/kind.ts";
import { CliError, isForbidden } from "../errors.ts";
import type { Ground, Place } from "../fleet/places.ts";
import { idBy, noNamespace, uidOf } from "../observe/namespace.ts";
import { wordsIn } from "../secret/azure-words.ts";
import { mayBeTokenOf, tokenName } from "../secret/names.ts";

/** One Secret as the owner of a credential: its name in Azure is made of the namespace's uid, so that no other Secret has it. */
export function ownerOf({ cluster, namespace, context }: Place, secret: string): Owner {
  const ownName = once(async () => tokenName(await known(() => uidOf(cluster, namespace), namespace), namespace, secret));
  const words = `secret ${secret} in namespace ${namespace}${context === undefined ? "" : ` of context ${context}`}`;
  return {
    secret,
    words,
    wordsInCluster: once(async () => wordsIn(words, [await idBy(() => uidOf(cluster, "kube-system"))])),
    ownName,
    owns: async (name) => mayBeTokenOf(name, namespace, secret) && name === (await ownName()),
    alone: true,
  };
}

/** The Secrets of one name in many namespaces: others of that name may hold the same credential. */
export function sharedOwner(grounds: readonly Ground[], secret: string): Owner {
  const reached = grounds.filter(({ error }) => !error);
  const uids = reached.map(({ cluster }) => once(() => uidOf(cluster, "kube-system")));
  const names = uids.map((read) => once(async () => tokenName(await known(read, "kube-system"), "shared", secret)));
  const [first] = names;
  const words = `secret ${secret} in many namespaces`;
  return {
    secret,
    words,
    // One that is not reached now may hold it all the same
    wordsInCluster: once(async () => (uids.length < grounds.length ? words : wordsIn(words, await Promise.all(uids.map(idBy))))),
    ownName: async () => (first ? first() : Promise.reject(new CliError("unreachable", "no cluster of the scope can be reached"))),
    // Whichever of the clusters came first when it was made
    owns: async (name) => mayBeTokenOf(name, "shared", secret) && (await Promise.all(names.map((nameIn) => nameIn()))).includes(name),
    alone: false,
  };
}

/** The uid of a namespace. @throws CliError that names the way round where it may not be read */
async function known(read: () => Promise<string | undefined>, namespace: string): Promise<string> {
  const found = await read().catch((cause: unknown) => {
    if (!isForbidden(cause)) throw cause;
    throw new CliError("forbidden", cause.message, {
      hint: "add --acr-token NAME, or --service-principal=NAME: a name in Azure that this Secret alone is to use",
      cause,
    });
  });
  return found ?? Promise.reject(noNamespace(namespace));
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
