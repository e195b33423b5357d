import type { Login } from "../registry/port.ts";

/** Identifies a user name with its password, without their text. */
export const fingerprint = ({ username, password }: Login): string => password.hash(username);
