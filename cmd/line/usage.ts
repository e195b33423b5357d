import { CliError } from "../../src/errors.ts";
import type { Fix } from "../../src/fix.ts";

/** The error for a command line that cannot be meant. Without a hint, the help of the verb is named. */
export const usage = (message: string, hint?: string | Fix) => new CliError("usage", message, { hint });
