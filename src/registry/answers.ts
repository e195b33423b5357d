/** One error of a registry: `{"errors":[{"code","message","detail"}]}` (OCI distribution spec). */
export type RegistryError = { readonly code: string; readonly message: string };

/** The first error of a registry's answer; undefined when the body is something else. */
export function readRegistryError(body: string): RegistryError | undefined {
  const parsed = parseJson(body);
  const errors = typeof parsed === "object" && parsed !== null && "errors" in parsed ? parsed.errors : undefined;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (typeof first !== "object" || first === null) return undefined;
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  const { code, message } = first as Record<string, unknown>;
  return { code: text(code), message: text(message) };
}

/** The token of a token endpoint; ACR says `access_token`, others `token`. */
export function readToken(body: string): string | undefined {
  const parsed = parseJson(body);
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const { access_token: first, token: second } = parsed as Record<string, unknown>;
  return [first, second].find((it): it is string => typeof it === "string" && it !== "");
}

/** The registry's own token in the answer of ACR's /oauth2/exchange. */
export function readRefreshToken(body: string): string | undefined {
  const parsed = parseJson(body);
  const token = typeof parsed === "object" && parsed !== null && "refresh_token" in parsed ? parsed.refresh_token : undefined;
  return typeof token === "string" && token !== "" ? token : undefined;
}

/** The first tag of a tag list, in the shape of ACR (`{tags:[{name}]}`) or of the distribution spec (`{tags:["1"]}`). */
export function readFirstTag(body: string): string | undefined {
  const parsed = parseJson(body);
  const tags = typeof parsed === "object" && parsed !== null && "tags" in parsed ? parsed.tags : undefined;
  const first: unknown = Array.isArray(tags) ? tags[0] : undefined;
  const name = typeof first === "object" && first !== null && "name" in first ? first.name : first;
  return typeof name === "string" ? name : undefined;
}

/** The names of a catalog: `{"repositories":["app/web"]}` (OCI distribution). */
export function readRepositories(body: string): readonly string[] {
  const parsed = parseJson(body);
  const names = typeof parsed === "object" && parsed !== null && "repositories" in parsed ? parsed.repositories : undefined;
  return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
