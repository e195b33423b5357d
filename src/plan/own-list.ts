import { kinds, nameOf, type Ref, type TargetKind, targetKindCalled } from "../kinds.ts";
import type { Lister } from "./around.ts";
import type { Tell } from "./change.ts";
import { hasPods, saidTargets, several } from "./said.ts";

/**
 * Templates and pods that run as a ServiceAccount which gets the Secret, and have a list of their own without it: admission copies the
 * ServiceAccount's names only into a pod that has none. Told once for each ServiceAccount; those that no write mends, apart.
 *
 * @param attached the targets that carry the Secret, or are about to
 */
export function tellOwnLists(secret: string, attached: readonly Ref<TargetKind>[], listers: readonly Lister[]): Tell[] {
  const lacking = once(listers).filter(({ of, names }) => !names.includes(secret) && !attached.some((to) => isOf(of, to)));
  return attached
    .filter((to) => !hasPods(to))
    .flatMap((to) => {
      const mine = lacking.filter(({ account }) => account === to.name);
      const refs = mine.flatMap(({ of }) => refOf(of) ?? []);
      const lasting = mine.filter(({ of }) => !refOf(of)).map(({ of }) => shownMaker(of));
      return [...mendable(secret, to, refs), ...unmendable(secret, to, lasting)];
    });
}

function mendable(secret: string, to: Ref<TargetKind>, refs: readonly Ref<TargetKind>[]): Tell[] {
  if (refs.length === 0) return [];
  const fix = { verb: "attach", secret, ...saidTargets(refs) } as const;
  return [{ act: "tell", id: "own-list", to, says: sentence(refs.map(nameOf), to, `, ${secret} among them`), fix }];
}

function unmendable(secret: string, to: Ref<TargetKind>, names: readonly string[]): Tell[] {
  if (names.length === 0) return [];
  return [
    { act: "tell", id: "own-list", to, says: `${sentence(names, to, "")}: make ${names.length === 1 ? "it" : "them"} anew with ${secret}` },
  ];
}

function sentence(names: readonly string[], to: Ref, among: string): string {
  const [has, its, gets] = names.length === 1 ? ["has", "its", "gets"] : ["have", "their", "get"];
  return `${several(names)} ${has} imagePullSecrets of ${its} own, and ${gets} none of those of ${nameOf(to)}${among}`;
}

/** The target that a write mends; undefined for what keeps the list that it was made with, and for what we do not know. */
function refOf({ kind: called, name }: Lister["of"]): Ref<TargetKind> | undefined {
  const kind = targetKindCalled(called);
  return kind && kinds[kind].carries.takes !== "anew" ? { kind, name } : undefined;
}

const shownMaker = ({ kind, name }: Lister["of"]): string => `${targetKindCalled(kind) ?? kind.toLowerCase()}/${name}`;

const isOf = ({ kind, name }: Lister["of"], to: Ref<TargetKind>): boolean => targetKindCalled(kind) === to.kind && name === to.name;

/** A template that was read, and pods of it, are one. */
const once = (listers: readonly Lister[]): Lister[] => [...new Map(listers.map((one) => [shownMaker(one.of), one])).values()];
