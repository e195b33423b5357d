import type { Answer } from "./http.ts";

/** What takes its time to be known everywhere after it was made. */
export type Replicated = "secrets" | "principals" | "roles" | "tokenPasswords";

/** Picks requests: all of the given must match; `path` is matched with its query. `after` so many of them it strikes, `times` times. */
export type Where = {
  readonly host?: RegExp;
  readonly path: RegExp;
  readonly method?: string;
  readonly after?: number;
  readonly times?: number;
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
  /** The answer is lost after the request was carried out; with `half`, half of its body arrives. */
  | (Where & { readonly kind: "lose"; readonly half?: boolean })
  /** generateCredentials answers 202, as the specification allows, and shows its passwords to who asks again. */
  | { readonly kind: "credentialsByPolling" }
  /** The token endpoints of registries refuse a login without a body. */
  | { readonly kind: "emptyUnauthorized" }
  /**
   * New secrets, principals, roles or token passwords are unknown to whoever checks them for so long after they were made; of passwords
   * only those of the tokens and applications with such a name, where one is given.
   */
  | { readonly kind: "replication"; readonly of: Replicated; readonly milliseconds: number; readonly name?: RegExp };

export type Faults = {
  /** Switches a fault on, for `times` requests or until it is taken away; gives the way to take it away. */
  add(fault: Fault): () => void;
  reset(): void;
};

/** What happens to one request instead of, or before, its answer. */
export type Mishap = { readonly wait: number; readonly drop: boolean; readonly lose?: "all" | "half"; readonly answer?: Answer };

/** The side of the switches that the servers ask. */
export type FaultBox = Faults & {
  /** Takes the faults that hit this request; each counts once. */
  strike(request: { method: string; host: string; path: string }): Mishap;
  credentialsByPolling(): boolean;
  emptyUnauthorized(): boolean;
  /** Whether something made at `since` (epoch milliseconds) is known by now; `name` is whose password it is. */
  replicated(what: Replicated, since: number, name?: string): boolean;
};

/** A request's mishap with one fault more. */
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

export function createFaults(now: () => number): FaultBox {
  let faults: { fault: Fault; left: number; passes: number }[] = [];

  const remove = (entry: { fault: Fault }) => {
    faults = faults.filter((other) => other !== entry);
  };
  const hits = ({ fault }: { fault: Fault }, request: { method: string; host: string; path: string }) =>
    "path" in fault &&
    fault.path.test(request.path) &&
    (fault.host?.test(request.host) ?? true) &&
    (fault.method ?? request.method) === request.method;

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
      // One answer or one drop is enough for a request; later ones wait for the next.
      const other = hitting.find(({ fault }) => fault.kind !== "slow");
      const struck = hitting.filter((one) => one.fault.kind === "slow" || one === other);
      for (const entry of struck) {
        entry.left--;
        if (entry.left <= 0) remove(entry);
      }
      return struck.reduce<Mishap>((mishap, { fault }) => afflict(mishap, fault), { wait: 0, drop: false });
    },
    emptyUnauthorized: () => faults.some(({ fault }) => fault.kind === "emptyUnauthorized"),
    credentialsByPolling: () => faults.some(({ fault }) => fault.kind === "credentialsByPolling"),
    replicated: (what, since, name = "") => {
      const delays = faults.flatMap(({ fault }) => {
        const isMeant = fault.kind === "replication" && fault.of === what && (fault.name?.test(name) ?? true);
        return isMeant ? [fault.milliseconds] : [];
      });
      return now() - since >= Math.max(0, ...delays);
    },
  };
}
