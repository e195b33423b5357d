import type { Progress } from "../../sandbox/progress.ts";
import type { Platform } from "../platforms.ts";

/** The input of a channel. */
export type Order = {
  readonly platforms: readonly Platform[];
  readonly version: string;
  /** the destination folder */
  readonly into: string;
  readonly progress: Progress;
};

/** Creates the files of a channel. The same sources give the same bytes. @returns their paths */
export type Make = (order: Order) => Promise<string[]>;
