import { randomBytes, randomUUID } from "node:crypto";
import type { ClientSecret } from "./world.ts";

/** Letters and digits, so many. */
function letters(count: number): string {
  let text = "";
  while (text.length < count) text += randomBytes(count).toString("base64").replace(/[+/=]/g, "");
  return text.slice(0, count);
}

/**
 * A password as ACR makes it: 84 letters and digits, with its marks in their places.
 * Those that it made before 2023 live on: 32 characters, with `+`, `/` and `=` among them.
 */
export function newPassword(age: "new" | "old" = "new"): string {
  if (age === "old") return `${letters(9)}/${letters(9)}+${letters(10)}/=`;
  return `${letters(52)}JQQJ99${letters(18)}AZCR${letters(4)}`;
}

/** A client secret as Entra makes it: 40 characters, some of which a shell or a URL would read. */
export function newClientSecret(displayName: string | null, startDateTime: string, endDateTime: string): ClientSecret {
  const value = `${randomBytes(3).toString("base64url").slice(0, 3)}8Q~${randomBytes(32).toString("base64url").slice(0, 32)}~_`;
  return { keyId: randomUUID(), value, displayName, startDateTime, endDateTime, since: Date.now() };
}
