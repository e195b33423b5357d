import { randomBytes, randomUUID } from "node:crypto";
import type { ClientSecret } from "./world.ts";

/** Returns this many random letters and digits. */
function letters(count: number): string {
  let text = "";
  while (text.length < count) text += randomBytes(count).toString("base64").replace(/[+/=]/g, "");
  return text.slice(0, count);
}

/** Generates a password in ACR's format: 84 letters and digits, with ACR's fixed markers at their positions. */
export const newPassword = (): string => `${letters(52)}JQQJ99${letters(18)}AZCR${letters(4)}`;

/** Generates a client secret in Entra's format: 40 characters, some of which are special in a shell or a URL. */
export function newClientSecret(displayName: string | null, startDateTime: string, endDateTime: string): ClientSecret {
  const value = `${randomBytes(3).toString("base64url").slice(0, 3)}8Q~${randomBytes(32).toString("base64url").slice(0, 32)}~_`;
  return { keyId: randomUUID(), value, displayName, startDateTime, endDateTime, since: Date.now() };
}
