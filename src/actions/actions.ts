import { keyOf } from "../kinds.ts";
import type { Act, Change, ChangeOf } from "../plan/change.ts";
import type { Action, Message } from "./action.ts";
import { createInAzure, deleteInAzure, mint, updateInAzure } from "./azure.ts";
import { prove } from "./prove.ts";
import { recreate } from "./recreate.ts";
import { refer, refusalOf } from "./refer.ts";
import { rehearse } from "./rehearse.ts";
import { remove } from "./remove.ts";
import { report } from "./report.ts";
import { restart } from "./restart.ts";
import { store } from "./store.ts";
import { withdraw } from "./withdraw.ts";

const actions: { readonly [A in Act]: Action<ChangeOf<A>> } = {
  keep: {
    apply: async ({ to }, { objects }) => ({ object: objects.get(keyOf(to)) }),
    preview: ({ to }, { objects }) => ({ object: objects.get(keyOf(to)) }),
    message: () => "unchanged",
  },
  warn: { apply: async ({ message }) => ({ messages: [message] }), preview: ({ message }) => ({ messages: [message] }) },
  refuse: { apply: async (change) => ({ error: refusalOf(change) }), preview: (change) => ({ error: refusalOf(change) }) },
  create: createInAzure,
  update: updateInAzure,
  delete: deleteInAzure,
  mint,
  prove,
  rehearse,
  // The end of the run releases it
  claim: { apply: async (change, { claims }) => (claims.on(change.to) ? {} : { object: await claims.acquire(change) }) },
  store,
  report,
  withdraw,
  remove,
  attach: refer,
  detach: refer,
  recreate,
  restart,
};

export const actionOf = ({ act }: Change): Action<Change> => actions[act] as Action<Change>;

export const messageOf = (change: Change): Message | undefined => actionOf(change).message?.(change);

export const rollbackOf = (change: Change): Change | undefined => actionOf(change).rollback?.(change);
