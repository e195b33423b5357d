/** One request that reached an emulated host. `path` has the query; `status` is 0 while it is not answered, and stays so when it is dropped. */
export type Call = { readonly method: string; readonly host: string; readonly path: string; status: number; readonly userAgent: string };

/** What a registry decided, in order: a login at its token endpoint, or a request for a manifest. */
export type DataCall = {
  readonly step: "token" | "manifest";
  readonly host: string;
  /** The user name that was offered; empty for none. */
  readonly user: string;
  /** Empty for a login that asks for no repository. */
  readonly repository: string;
  /** Tag or digest; empty for a login. */
  readonly reference: string;
  readonly verdict: "granted" | "refused" | "found" | "not found" | "invalid_token" | "insufficient_scope" | "no token";
};

export type Calls = {
  /** How many requests had this method and a path (with query) that matches. */
  count(method: string, path: RegExp): number;
  list(): readonly Call[];
  /** The registries' decisions, in order. */
  dataPlane(): readonly DataCall[];
  /** Hosts that the proxy was asked for and refused to reach. */
  refusedHosts(): readonly string[];
  reset(): void;
};

/** The side of the log that the servers write to. */
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
