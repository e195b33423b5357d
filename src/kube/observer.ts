import type { Trace } from "../env.ts";
import type { Answer, Request } from "./exchange.ts";

type Observer = { readonly trace: Trace; now(): Date; onWarning(text: string): void };

/**
 * Traces exchanges, at level 6 a line for each and at level 8 the bodies, and passes their warnings on.
 * @param observer has `onWarning`, which is called with the text of each `Warning: 299` header, once per text
 */
export function observer({ trace, now, onWarning }: Observer) {
  const warned = new Set<string>();
  return async (request: Request, answering: Promise<Answer>): Promise<Answer> => {
    const began = now().getTime();
    const line = (result: string) => `${request.method} ${request.path} ${result} in ${now().getTime() - began} milliseconds`;
    try {
      const answer = withoutSecrets(await answering, request);
      trace(6, () => line(`${answer.status} ${answer.phrase}`));
      traceBodies(request, answer, trace);
      for (const text of request.isQuestion ? [] : answer.warnings.flatMap((header) => warningText(header) ?? [])) {
        if (!warned.has(text)) onWarning(text);
        warned.add(text);
      }
      return answer;
    } catch (error) {
      trace(6, () => line(error instanceof Error ? error.message : String(error)));
      throw error;
    }
  };
}

function traceBodies({ headers, body }: Request, { text }: Answer, trace: Trace): void {
  trace(8, () => "Request headers:");
  for (const [name, value] of Object.entries(headers)) trace(8, () => `    ${name}: ${secretKey.test(name) ? hidden : value}`);
  if (body !== undefined) trace(8, () => `Request body: ${redactBody(body)}`);
  trace(8, () => `Response body: ${redactBody(text)}`);
}

/** An error or a warning may repeat the request: an admission policy chooses its own text. */
function withoutSecrets(answer: Answer, { contents }: Request): Answer {
  const { status, text, warnings } = answer;
  if (contents === undefined || (status < 400 && warnings.length === 0)) return answer;
  return {
    ...answer,
    text: status >= 400 ? withoutContents(text, contents) : text,
    warnings: warnings.map((warning) => withoutContents(warning, contents)),
  };
}

/** Returns the text of a `Warning` header (RFC 7234 5.5): `299 - "v1 Foo is deprecated"`. Other codes are for caches. */
export function warningText(header: string): string | undefined {
  const text = /^299 \S+ "((?:[^"\\]|\\.)*)"/.exec(header)?.[1];
  return text?.replace(/\\(.)/g, "$1");
}

const hidden = "***";

/** Keys whose text is a secret, in any object or header. */
const secretKey = /(token|password|authorization)$/i;

/** Returns a body for the trace: Secret contents, tokens, passwords and variables become `***`. Text that is not JSON is omitted. */
export function redactBody(text: string): string {
  if (text === "") return "";
  try {
    return JSON.stringify(JSON.parse(text), redact);
  } catch {
    return `(${text.length} characters that are not JSON)`;
  }
}

/**
 * The maps of a Secret have its contents (core/v1 Secret). The annotation has the whole manifest of a Secret that `kubectl apply` created.
 */
function redact(key: string, value: unknown): unknown {
  if ((key === "data" || key === "stringData") && typeof value === "object" && value !== null)
    return Object.fromEntries(Object.keys(value).map((name) => [name, hidden]));
  if (key === "env" && Array.isArray(value)) return value.map((one) => (one?.value === undefined ? one : { ...one, value: hidden }));
  const isSecret = secretKey.test(key) || key === "kubectl.kubernetes.io/last-applied-configuration";
  return isSecret && typeof value === "string" ? hidden : value;
}

/** Removes the contents of a Secret that was sent (`data`, base64; null for a key that is deleted) from the server's response. */
export function withoutContents(answer: string, data: Readonly<Record<string, unknown>>): string {
  return Object.values(data)
    .flatMap((value) => {
      if (typeof value !== "string") return [];
      const text = Buffer.from(value, "base64").toString("utf8");
      return [value, text, JSON.stringify(text).slice(1, -1)];
    })
    .filter((text) => text.length > 3)
    .reduce((answered, text) => answered.replaceAll(text, hidden), answer);
}
