import type { Http } from "../http/message.ts";

/** An {@link Http} that compares each host's clock with this machine's. */
export type Clocked = {
  readonly http: Http;
  /** Milliseconds; undefined before a host's first answer. */
  aheadBy(host: string): number | undefined;
};

/** Reads the time of each answer from its Date header (RFC 9110, 6.6.1), which has whole seconds. */
export function clocked(http: Http, now: () => Date): Clocked {
  const ahead = new Map<string, number>();
  return {
    http: async (request) => {
      const answer = await http(request);
      const at = Date.parse(answer.header("Date") ?? "");
      if (!Number.isNaN(at)) ahead.set(new URL(request.url).host, at - now().getTime());
      return answer;
    },
    aheadBy: (host) => ahead.get(host),
  };
}
