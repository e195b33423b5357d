import { CliError } from "../errors.ts";
import { isInCluster, keyOf } from "../kinds.ts";
import type { Make, Mint } from "../plan/change.ts";
import type { Action, Env, Result } from "./action.ts";

const because = "rolled back";

async function apply(change: Make, { tools, objects }: Env): Promise<Result> {
  const inCluster = isInCluster(change.to);
  // The API server checks a write of an object in the cluster
  if (tools.write.dryRun && !inCluster) return {};
  if (inCluster && change.act !== "delete" && !change.object)
    throw new CliError("internal", `no action ${change.act}s a ${change.to.kind}`);
  const { object } = await tools.during(`Writing ${change.to.kind.split(".")[0]} ${change.to.name}`, () => tools.apply(change));
  return { object, before: objects.get(keyOf(change.to)) };
}

const preview = ({ to, object }: Make, { objects }: Env): Result => ({ object, before: objects.get(keyOf(to)) });

export const createInAzure: Action<Make> = {
  apply,
  preview,
  message: () => "created",
  rollback: ({ to, after }) => ({ act: "delete", to, before: after, because }),
};

export const updateInAzure: Action<Make> = {
  apply,
  preview,
  message: () => "configured",
  rollback: ({ to, before = [], after = [] }) => ({ act: "update", to, before: after, after: before, because }),
};

export const deleteInAzure: Action<Make> = {
  apply,
  preview,
  message: ({ slot }) => (slot === undefined ? "deleted" : "configured"),
};

/** Generates a password. Later changes write its login. */
export const mint: Action<Mint> = {
  async apply(change, { tools, claims }) {
    if (tools.write.dryRun) return {};
    const progress = `Generating a password of ${change.to.kind.split(".")[0]} ${change.to.name}`;
    const { login, ...metadata } = await claims.forPassword(() => tools.during(progress, () => tools.apply(change)));
    return { issued: { login, metadata } };
  },
  message: ({ inNew }) => (inNew ? undefined : "configured"),
  rollback: ({ to, slot, inNew }) => (inNew ? undefined : { act: "delete", to, slot, because }),
};
