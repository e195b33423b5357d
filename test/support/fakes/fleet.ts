import { type Live, type } from "../in-process.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "./world.ts";

/** `team-0`, `team-1`, and so on. */
export const teams = (count: number): string[] => Array.from({ length: count }, (_, index) => `team-${index}`);

/** Creates a world with these namespaces and `kube-system` in every cluster. */
export function worldOf(names: readonly string[], of: Parameters<typeof fakeWorld>[0] = {}): FakeWorld {
  const world = fakeWorld(of);
  for (const cluster of world.clusters.values()) addNamespaces(cluster, "kube-system", ...names);
  return world;
}

const making = "create --registry myregistry --repository app/web";

/** Creates a world with a source in each namespace, which no ServiceAccount lists yet. */
export async function stored(...names: readonly string[]): Promise<FakeWorld> {
  const world = worldOf(names);
  for (const name of names) {
    const { code, stderr } = await type(`${making} -n ${name}`, world.ports);
    if (code !== 0) throw new Error(stderr);
  }
  world.asking.forget();
  return world;
}

/** Creates a world with a source in the first namespace and its copies in the others, which no ServiceAccount lists yet. */
export async function copied(source: string, ...copies: readonly string[]): Promise<FakeWorld> {
  const world = worldOf([source, ...copies]);
  const { code, stderr } = await type(`${making} -n ${source} --copy-to ${copies.join(",")}`, world.ports);
  if (code !== 0) throw new Error(stderr);
  world.asking.forget();
  return world;
}

/** Returns access to a run from its start. */
export function watch(): { live(): Live; started(run: Live): void } {
  let run: Live | undefined;
  return {
    live: () => {
      if (!run) throw new Error("nothing runs");
      return run;
    },
    started: (one) => {
      run = one;
    },
  };
}

export const linesOf = (text: string): string[] => text.split("\n").filter((one) => one !== "");
