import { keyOf } from "../kinds.ts";
import type { KubeObject, Pod } from "../objects.ts";
import type { Recreate } from "../plan/change.ts";
import { editLists } from "../targets/lists.ts";
import { writtenManifest } from "../targets/written-manifest.ts";
import type { Action, Env, Result } from "./action.ts";

export const recreate: Action<Recreate> = {
  apply: recreateObject,
  preview: ({ to, after }, { objects }) => {
    const object = objects.get(keyOf(to));
    return { object: object && (writtenManifest(object as Pod, after) as KubeObject) };
  },
  message: () => "replaced",
};

async function recreateObject(change: Recreate, { tools, objects }: Env): Promise<Result> {
  const { to, does, secret, force = false } = change;
  const wanted = { does, secret, recreateOptions: { recreate: true, force } };
  const known = [objects.get(keyOf(to)) as Pod];
  for await (const { error, result, because = "", object } of editLists(known, wanted, {
    ...tools,
    fieldManager: tools.write.fieldManager,
  })) {
    if (error) throw error;
    if (result === "unchanged") return { change: { act: "keep", to, because }, object };
    return { object };
  }
  return {};
}
