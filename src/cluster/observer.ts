import type { Trace } from "../env.ts";
import type { Answer, Request } from "./exchange.ts";
import { redactBody, redactHeaders, withoutContents } from "./redact.ts";
import { warningText } from "./warnings.ts";

export type Observer = {
  readonly trace: Trace;
  now(): Date;
  /** Called with the text of each `Warning: 299` header, once per text. */
  onWarning(text: string): void;
};

/** Traces exchanges, at 6 a line for each and at 8 what was said, and passes their warnings on. */
export function observer({ trace, now, onWarning }: Observer) {
  const warned = new Set<string>();
  return async (request: Request, answering: Promise<Answer>): Promise<Answer> => {
    const began = now().getTime();
    const line = (result: string) => `${request.method} ${request.path} ${result} in ${now().getTime() - began} milliseconds`;
    try {
      const answer = discreet(await answering, request);
      trace(6, () => line(`${answer.status} ${answer.phrase}`));
      tell(request, answer, trace);
      for (const text of answer.warnings.flatMap((header) => warningText(header) ?? [])) {
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

function tell({ headers, body }: Request, { text }: Answer, trace: Trace): void {
  trace(8, () => "Request headers:");
  for (const line of redactHeaders(headers)) trace(8, () => `    ${line}`);
  if (body !== undefined) trace(8, () => `Request body: ${redactBody(body)}`);
  trace(8, () => `Response body: ${redactBody(text)}`);
}

/** A refusal or a warning may repeat what was sent: an admission policy says what it likes. */
function discreet(answer: Answer, { contents }: Request): Answer {
  const { status, text, warnings } = answer;
  if (contents === undefined || (status < 400 && warnings.length === 0)) return answer;
  return {
    ...answer,
    text: status >= 400 ? withoutContents(text, contents) : text,
    warnings: warnings.map((warning) => withoutContents(warning, contents)),
  };
}
