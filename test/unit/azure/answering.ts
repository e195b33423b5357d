import { cloudOf } from "../../../src/azure/cloud.ts";
import type { Http, HttpRequest } from "../../../src/http/message.ts";
import { Sensitive } from "../../../src/sensitive.ts";

export type Answer = { readonly status?: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> };

/** Returns options with which the services of Azure get these answers, and their requests. */
export function answering(answer: (request: HttpRequest) => Answer, env: Readonly<Record<string, string>> = {}) {
  const asked: HttpRequest[] = [];
  const http: Http = async (request) => {
    asked.push(request);
    const { status = 200, body, headers = {} } = answer(request);
    return { status, text: body === undefined ? "" : JSON.stringify(body), header: (name) => headers[name] };
  };
  const identity = { source: "az", token: async () => new Sensitive("hunter2"), subscription: async () => undefined } as const;
  return { cloud: cloudOf(env), identity, http, sleep: async () => {}, asked };
}
