import type { Progress } from "../../sandbox/progress.ts";
import type { Platform } from "../platforms.ts";

/** What a channel is made for. */
export type Order = {
  readonly platforms: readonly Platform[];
  readonly version: string;
  /** the folder for what is made */
  readonly into: string;
  readonly progress: Progress;
};

/** Makes what a channel hands out, the same bytes for the same sources. @returns the paths of what was made */
export type Make = (order: Order) => Promise<string[]>;
