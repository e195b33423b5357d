import type { VerbBody } from "../verb.ts";
import type { Flag, Flags } from "./flags.ts";

/** A flag as far as it is data. */
export type ToldFlag = Omit<Flag, "read" | "refuse" | "complete"> & {
  /** Who completes its value; `asked`: somebody whom its verb has to name. */
  readonly complete?: "files" | "folders" | "asked";
};

export type ToldFlags = Readonly<Record<string, ToldFlag>>;

/** What the completion of a verb begins with, as data. */
export type Told = {
  readonly flags: ToldFlags;
  /** Whether it has words for its arguments. */
  readonly asked: boolean;
};

export const tell = ({ flags, complete }: VerbBody): Told => ({ flags: tellFlags(flags), asked: complete !== undefined });

export const tellFlags = (flags: Flags): ToldFlags =>
  Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, tellFlag(flag)]));

function tellFlag({ read: _, refuse: __, complete, ...data }: Flag): ToldFlag {
  return { ...data, ...(complete && { complete: typeof complete === "function" ? "asked" : complete }) };
}
