const hidden = "***";

/** Maps whose values are Secret contents: core/v1 Secret. */
const maps = new Set(["data", "stringData"]);

/** Keys whose text is a secret, in any object or header. */
const secretKey = /(token|password|authorization)$/i;

/** Holds the whole manifest of a Secret that `kubectl apply` made. */
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** A request's or an answer's body for the eyes: Secret contents, tokens and passwords become `***`. Text that is not JSON is not shown. */
export function redactBody(text: string): string {
  if (text === "") return "";
  try {
    return JSON.stringify(redact(JSON.parse(text)));
  } catch {
    return `(${text.length} characters that are not JSON)`;
  }
}

export const redactHeaders = (headers: Readonly<Record<string, string>>): string[] =>
  Object.entries(headers).map(([name, value]) => `${name}: ${secretKey.test(name) ? hidden : value}`);

/** Takes the contents of a Secret that we have sent (`data`, base64; null for a key that goes) out of what the server answered about it. */
export function withoutContents(answer: string, data: Readonly<Record<string, string | null>>): string {
  return Object.values(data)
    .flatMap((value) => {
      if (value === null) return [];
      const text = Buffer.from(value, "base64").toString("utf8");
      return [value, text, JSON.stringify(text).slice(1, -1)];
    })
    .filter((text) => text.length > 3)
    .reduce((said, text) => said.replaceAll(text, hidden), answer);
}

function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (typeof inner === "string") return [key, secretKey.test(key) || key === lastApplied ? hidden : inner];
      return [key, maps.has(key) ? hideValues(inner) : redact(inner)];
    }),
  );
}

function hideValues(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return hidden;
  return Object.fromEntries(Object.keys(value).map((key) => [key, hidden]));
}
