import { createHash } from "node:crypto";
import type { Answer } from "./http.ts";

/** Objects that need time to replicate after their creation. */
export type Replicated = "secrets" | "principals" | "roles" | "tokenPasswords" | "identities" | "federated";

/** For how many milliseconds new objects stay unknown without a fault. */
export type Delays = Partial<Record<Replicated, number>>;

export const usualDelays: Delays = { identities: 1000, federated: 1000, roles: 1000, tokenPasswords: 1000 };

/** For programs that wait in real time: each `create` would take 1.5 seconds longer. */
export const quickDelays: Delays = { ...usualDelays, tokenPasswords: 0 };

/**
 * Selects requests that match all given fields. `path` is matched with its query. Skips the first `after` matches, then applies `times`
 * times.
 */
export type Where = {
  readonly host?: RegExp;
  readonly path: RegExp;
  readonly method?: string;
  readonly after?: number;
  readonly times?: number;
  /** Whether this request is one of them. */
  readonly when?: () => boolean;
};

export type Fault =
  | (Where & {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
    })
  | (Where & { readonly kind: "slow"; readonly milliseconds: number | (() => number) })
  | (Where & { readonly kind: "drop" })
  /** Azure applies the request, but its response is lost. With `half`, half of the body arrives. */
  | (Where & { readonly kind: "lose"; readonly half?: boolean })
  /** generateCredentials returns 202, as the specification allows, and the poll returns the passwords. */
  | { readonly kind: "credentialsByPolling" }
  /** A manifest's 401 names the missing action, but no error, as for registries with ABAC. */
  | { readonly kind: "unnamedScope" }
  /** Entra rejects one exchange of a federated token in this many, in the same order for the same seed. */
  | { readonly kind: "chance"; readonly oneIn: number; readonly seed: number }
  /** The token endpoints of registries reject a login without a response body. */
  | { readonly kind: "emptyUnauthorized" }
  /**
   * New secrets, principals, roles or token passwords stay unknown to the services that check them for this long. With `name`, this applies
   * only to passwords of tokens and applications with a matching name.
   */
  | { readonly kind: "replication"; readonly of: Replicated; readonly milliseconds: number; readonly name?: RegExp };

export type Faults = {
  /** Turns a fault on, for `times` requests or until it is removed. Returns the function that removes it. */
  add(fault: Fault): () => void;
  reset(): void;
};

/** The effect on one request, before or instead of its response. */
type Mishap = { readonly wait: number; readonly drop: boolean; readonly lose?: "all" | "half"; readonly answer?: Answer };

/** The read side of the faults, for the servers. */
export type FaultBox = Faults & {
  /** Returns the faults that apply to this request, and counts each of them once. */
  strike(request: { method: string; host: string; path: string }): Mishap;
  credentialsByPolling(): boolean;
  emptyUnauthorized(): boolean;
  unnamedScope(): boolean;
  /** Whether this exchange of a federated token is rejected by chance. */
  isUnlucky(): boolean;
  /** Whether an object created at `since` (epoch milliseconds) is replicated by now. `name` is the owner of a password. */
  replicated(what: Replicated, since: number, name?: string): boolean;
};

/** Adds one fault to the effect on a request. */
function afflict(mishap: Mishap, fault: Fault): Mishap {
  switch (fault.kind) {
    case "slow":
      return { ...mishap, wait: mishap.wait + (typeof fault.milliseconds === "number" ? fault.milliseconds : fault.milliseconds()) };
    case "drop":
      return { ...mishap, drop: true };
    case "lose":
      return { ...mishap, lose: fault.half ? "half" : "all" };
    case "status":
      return { ...mishap, answer: { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? null } };
    default:
      return mishap;
  }
}

export function createFaults(now: () => number, delays: Delays = {}): FaultBox {
  let faults: { fault: Fault; left: number; passes: number }[] = [];

  const remove = (entry: { fault: Fault }) => {
    faults = faults.filter((other) => other !== entry);
  };
  const hits = ({ fault }: { fault: Fault }, request: { method: string; host: string; path: string }) =>
    "path" in fault &&
    fault.path.test(request.path) &&
    (fault.host?.test(request.host) ?? true) &&
    (fault.method ?? request.method) === request.method &&
    (fault.when?.() ?? true);

  return {
    add: (fault) => {
      const { times = Number.POSITIVE_INFINITY, after = 0 } = "path" in fault ? fault : {};
      const entry = { fault, left: times, passes: after };
      faults.push(entry);
      return () => remove(entry);
    },
    reset: () => {
      faults = [];
    },
    strike: (request) => {
      const hitting = faults.filter((one) => hits(one, request) && one.passes-- <= 0);
      // One response or one drop is enough for a request. Other faults wait for the next request.
      const other = hitting.find(({ fault }) => fault.kind !== "slow");
      const struck = hitting.filter((one) => one.fault.kind === "slow" || one === other);
      for (const entry of struck) {
        entry.left--;
        if (entry.left <= 0) remove(entry);
      }
      return struck.reduce<Mishap>((mishap, { fault }) => afflict(mishap, fault), { wait: 0, drop: false });
    },
    unnamedScope: () => faults.some(({ fault }) => fault.kind === "unnamedScope"),
    isUnlucky: () =>
      faults.some((entry) => {
        if (entry.fault.kind !== "chance") return false;
        const { seed, oneIn } = entry.fault;
        entry.passes++;
        return createHash("sha256").update(`${seed} ${entry.passes}`).digest().readUInt32BE() % oneIn === 0;
      }),
    emptyUnauthorized: () => faults.some(({ fault }) => fault.kind === "emptyUnauthorized"),
    credentialsByPolling: () => faults.some(({ fault }) => fault.kind === "credentialsByPolling"),
    replicated: (what, since, name = "") => {
      const given = faults.flatMap(({ fault }) => {
        const isMeant = fault.kind === "replication" && fault.of === what && (fault.name?.test(name) ?? true);
        return isMeant ? [fault.milliseconds] : [];
      });
      return now() - since >= Math.max(...(given.length > 0 ? given : [delays[what] ?? 0]));
    },
  };
}
