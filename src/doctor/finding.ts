import type { Fix } from "../fix.ts";

/** What one check of `doctor` found. `explain` has a text for each id. */
export type Finding = {
  readonly id: string;
  /** `unknown`: the check could not look, and the message says why. */
  readonly status: "ok" | "warning" | "failed" | "unknown";
  /** The object that was checked: `registry/myregistry`, `node/worker-1`, or a word such as `kubectl`. */
  readonly subject: string;
  readonly message: string;
  /** One command, or the address of a page. */
  readonly next?: string | Fix | undefined;
};
