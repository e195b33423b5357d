import { createHash } from "node:crypto";
import type { Login } from "../registry/port.ts";

/** Names a login among others without its text: the same for the same user name and password, and of no other. */
export const fingerprint = ({ username, password }: Login): string =>
  createHash("sha256")
    .update(JSON.stringify([username, password.reveal()]))
    .digest("hex");
