const names = [
  "access_?token",
  "refresh_?token",
  "id_?token",
  "client_?secret",
  "client_?assertion",
  "secret_?text",
  "password\\d?",
  "value",
  "authorization",
  "auth",
  "token",
].join("|");
const inJson = new RegExp(`("(?:${names})"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"`, "gi");
const inForm = new RegExp(`((?:^|[?&])(?:${names})=)[^&\\s]*`, "gi");
/** The signature of an Azure operation's URL (t, c, s and h): whoever has it may look at the operation. */
const signature = /([?&][tcsh]=)[^&\s"'<>]+/g;
const scheme = /\b(Basic|Bearer) +[A-Za-z0-9+/=_.~-]+/gi;
const jwt = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/** A body, URL or message without what lets anybody in: tokens, passwords, secrets, in JSON, form or header shape. */
export function redact(text: string): string {
  return text.replace(inJson, '$1"***"').replace(inForm, "$1***").replace(signature, "$1***").replace(scheme, "$1 ***").replace(jwt, "***");
}
