import { minute, second } from "./duration.ts";

// By how much the clocks of two machines may differ, in milliseconds.

/** API servers of one cluster. Their times decide whether a claim has ended. */
export const skewOfServers = 5 * second;

/** The API server or this machine, and Azure, whose time a password has. */
export const skewOfAzure = minute;

/** How much longer a password may be valid than requested. In addition to the clocks, its proof delays the write of the Secret. */
export const skewOfLifetime = 5 * minute;
