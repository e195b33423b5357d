/** One request to an emulated host. `path` includes the query. `status` is 0 until the response, and stays 0 if the request is dropped. */
export type Call = { readonly method: string; readonly host: string; readonly path: string; status: number; readonly userAgent: string };

/** One decision of a registry, in order: a login at its token endpoint, or a request for a manifest. */
export type DataCall = {
  readonly step: "token" | "manifest";
  readonly host: string;
  /** The user name of the login, or empty without one. */
  readonly user: string;
  /** The password of the login. */
  readonly password?: string | undefined;
  /** Empty for a login that requests no repository. */
  readonly repository: string;
  /** Tag or digest, or empty for a login. */
  readonly reference: string;
  readonly verdict: "granted" | "refused" | "found" | "not found" | "invalid_token" | "insufficient_scope" | "no token";
};

export type Calls = {
  /** Returns the number of requests with this method and a matching path (including the query). */
  count(method: string, path: RegExp): number;
  list(): readonly Call[];
  /** Returns the registries' decisions, in order. */
  dataPlane(): readonly DataCall[];
  /** Returns the hosts to which the proxy refused to connect. */
  refusedHosts(): readonly string[];
  reset(): void;
};

/** The write side of the log, for the servers. */
export type CallLog = Calls & {
  add(call: Call): Call;
  addData(call: DataCall): void;
  addRefusedHost(host: string): void;
};

export function createCalls(): CallLog {
  let calls: Call[] = [];
  let data: DataCall[] = [];
  let refused: string[] = [];
  return {
    count: (method, path) => calls.filter((call) => call.method === method && path.test(call.path)).length,
    list: () => [...calls],
    dataPlane: () => [...data],
    refusedHosts: () => [...refused],
    reset: () => {
      [calls, data, refused] = [[], [], []];
    },
    add: (call) => {
      calls.push(call);
      return call;
    },
    addData: (call) => void data.push(call),
    addRefusedHost: (host) => void refused.push(host),
  };
}
