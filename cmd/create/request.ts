import type { createFlags } from "../create.ts";
import type { Values } from "../flags.ts";

/** What `create` was asked, with what it cannot do without. */
export type CreateRequest = Values<typeof createFlags> & { readonly registry: string; readonly name: string };
