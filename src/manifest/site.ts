import type { Listed } from "./objects.ts";
import { refusal, type Source } from "./source.ts";
import { type ListTree, type MapTree, meant, memberOf, type Pair, type ScalarTree } from "./tree.ts";

/** Where a list of pull secrets stands, or is to stand. */
export type Site = {
  /** The map that has the list, or is to have it: a pod's spec, or a ServiceAccount. */
  readonly holder: MapTree;
  /** Its pair, and what it says: nothing (`imagePullSecrets:`), or names. */
  readonly precondition: { readonly pair: Pair; readonly list: ListTree | ScalarTree } | undefined;
};

/** @throws CliError invalid for an object in which no list can be */
export function siteOf(source: Source, { kind, map }: Listed): Site {
  const steps = kind.path.slice(0, -1);
  const holder = steps.reduce((at, step) => stepInto(source, at, step), map);
  const member = memberOf(holder, kind.path.at(-1) ?? "");
  if (!member) return { holder, precondition: undefined };
  const list = meant(member.pair.value);
  if (!list || list.is === "map" || (list.is === "scalar" && list.value !== null))
    throw refusal(source, member.pair.key.from, `${member.pair.key.text} is no list`);
  return { holder: member.holder, precondition: { pair: member.pair, list } };
}

function stepInto(source: Source, map: MapTree, step: string): MapTree {
  const member = memberOf(map, step);
  const next = meant(member?.pair.value);
  if (next?.is === "map" && next.pairs.length > 0) return next;
  throw refusal(source, member?.pair.key.from ?? map.from, member ? `${step} is empty` : `${step} is missing`);
}
