import { CliError } from "../errors.ts";
import { isInCluster } from "../kinds.ts";
import type { Make, Mint } from "../plan/change.ts";
import type { Action, Env, Result } from "./action.ts";

const because = "rolled back";

async function apply(change: Make, { tools }: Env): Promise<Result> {
  if (isInCluster(change.to)) throw new CliError("internal", `no action ${change.act}s a ${change.to.kind}`);
  if (!tools.write.dryRun) await tools.during(`Writing ${change.to.kind.split(".")[0]} ${change.to.name}`, () => tools.apply(change));
  return {};
}

export const createInAzure: Action<Make> = {
  apply,
  message: () => "created",
  rollback: ({ to, after }) => ({ act: "delete", to, before: after, because }),
};

export const updateInAzure: Action<Make> = {
  apply,
  message: () => "configured",
  rollback: ({ to, before = [], after = [] }) => ({ act: "update", to, before: after, after: before, because }),
};

export const deleteInAzure: Action<Make> = {
  apply,
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
