import { AsyncLocalStorage } from "node:async_hooks";
import { CliError, Interrupted } from "../../../src/errors.ts";
import type { Asked } from "../../support/fakes/asked.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { type Run, type } from "../../support/in-process.ts";
import { files } from "./files.ts";
import { remember } from "./stale.ts";
import { Watch } from "./watch.ts";

/** What happens to one request of a run. */
export type Fate =
  /** The run ends before, or after, the request is applied. */
  | "kill before"
  | "kill after"
  /** The run ends, and the request is applied later. */
  | "kill, delayed"
  /** The request is applied, and its response is lost. */
  | "lost"
  | "dropped"
  /** The client gets no response, and the request is applied later. */
  | "delayed"
  | "forbidden"
  | "interrupted"
  /** The same, and the request is applied, but its response is not waited for. */
  | "interrupted, lost"
  /** A read is answered as before the last write, or as before the last four. Azure answers its next reads so, too. */
  | "stale"
  | "staler";

export const kills = ["kill before", "kill after", "kill, delayed"] as const;
export const failures = ["lost", "dropped", "delayed", "forbidden", "interrupted", "interrupted, lost"] as const;

export const lags = ["stale", "staler"] as const;

/** How old a stale answer can be, and how long Azure gives it, in milliseconds. */
const longestLag = 20_000;

/** After how many milliseconds a delayed request is applied: the last moment that Azure and its client allow. */
const delay = 59_000;

/** Real milliseconds after which a program that sends no request hangs. The first one loads its modules. */
const hang = 20_000;

/** A command that runs one request at a time. */
export type Program = {
  readonly line: string;
  readonly fates: ReadonlyMap<number, Fate>;
  /** Its requests so far. */
  readonly trace: string[];
  state: "going" | "ended" | "killed";
  run?: Run;
  /** The number of the step in which it last looked at the passwords, and in which it listed the Secrets. */
  looked: number;
  listed: number;
  /** The numbers of the steps in which it listed Secrets. */
  readonly lists: number[];
};

type Live = Program & {
  /** Each starts the program, or gives it the response of a request, which was applied when it was sent. */
  readonly waiting: (() => void)[];
  interrupt(): void;
};

const current = new AsyncLocalStorage<Live>();
const never = () => new Promise<never>(() => {});

function errorOf(fate: Fate): CliError {
  if (fate === "forbidden") return new CliError("forbidden", "Error from server (Forbidden): no");
  return fate === "interrupted, lost" ? new Interrupted("cancelled") : new CliError("unreachable", "no response");
}

/** How a registry's client says what other clients throw. */
const registryFailures: Readonly<Record<string, unknown>> = { contentOf: "unknown", repositories: [], anyTag: undefined };
const unreachable = { verdict: "unreachable", message: "no response" };
const registryFailure = (call: string): unknown => (call in registryFailures ? registryFailures[call] : unreachable);

/** What a server stored before a write. */
type Past = { readonly at: number; readonly answer: ReturnType<typeof remember> };

type Delayed = { readonly at: number; readonly apply: () => Promise<unknown> };

export type Act = (play: Play) => void;

/** A world in which commands run at the same time, each a given number of requests in a row. */
export class Play {
  readonly world: FakeWorld;
  readonly watch: Watch;
  readonly programs: Program[] = [];
  readonly notes: string[] = [];
  /** Milliseconds. */
  now = Date.parse("2026-01-01T00:00:00Z");
  /** Every user may read the id of the cluster. What a run without it has made can belong to another cluster. */
  isClusterKnown = false;
  /** Milliseconds by which Azure's clock is ahead of the API server's. */
  azureAhead = 0;
  step = 0;
  #later: readonly Delayed[] = [];
  /** Before each write, the last one first. */
  readonly #past: Record<"cluster" | "azure", Past[]> = { cluster: [], azure: [] };
  /** Azure answers as of then, until `until`. */
  #lag: { readonly until: number; readonly answer: Past["answer"] } | undefined;

  /** Whether a request without an answer may be applied later. */
  get isDelaying(): boolean {
    return this.#later.length > 0;
  }

  /** Whether Azure may answer a read as before a write. */
  get isLagging(): boolean {
    return this.#lag !== undefined && this.now < this.#lag.until;
  }

  constructor() {
    this.world = fakeWorld();
    const { cluster, azure, asking, files: disk } = this.world;
    addNamespaces(cluster, "kube-system", "app", "b", "c", "d", "evil");
    cluster.about.now = () => this.now;
    azure.clock.made = () => this.now + this.azureAhead;
    Object.defineProperty(azure.clock, "at", { get: () => new Date(this.now + this.azureAhead).toISOString() });
    azure.directory.clock.now = () => this.now + this.azureAhead;
    // The role of an application can be limited to repositories
    azure.facts.mode = "abac";
    Object.assign(disk, {
      look: async (path: string) => (files.has(path) ? "file" : undefined),
      read: async (path: string) => files.get(path)?.text,
    });
    asking.around((asked, next) => this.#request(asked, next));
    this.watch = new Watch(this);
    const { registry } = this.world.ports;
    Object.assign(this.world.ports, { registry: this.watch.proving(registry as never) });
  }

  /** Adds a command, which starts with its first turn. @param ahead milliseconds by which the clock of its machine is ahead */
  add(line: string, fates: Readonly<Record<number, Fate>> = {}, ahead = 0): Program {
    const program: Live = {
      line,
      fates: new Map(Object.entries(fates).map(([step, fate]) => [Number(step), fate])),
      trace: [],
      state: "going",
      looked: 0,
      listed: 0,
      lists: [],
      waiting: [],
      interrupt: () => {},
    };
    const more = {
      now: () => new Date(this.now + ahead),
      sleep: (milliseconds: number) => this.pass(milliseconds),
      started: ({ interrupt }: { interrupt(): void }) => {
        program.interrupt = interrupt;
      },
    };
    program.waiting.push(() => {
      void current
        .run(program, () => type(line, this.world.ports, more))
        .then(
          (run) => Object.assign(program, { state: "ended", run }),
          (error: unknown) => Object.assign(program, { state: "ended", run: { stdout: "", stderr: String(error), code: 99 } }),
        );
    });
    this.programs.push(program);
    this.notes.push(`${line} ${JSON.stringify(fates)}`);
    return program;
  }

  /** Lets programs run, each for a number of requests, or to its end. */
  async play(turns: readonly (readonly [program: number, requests?: number])[]): Promise<void> {
    this.notes.push(JSON.stringify(turns));
    for (const [index, requests = Number.POSITIVE_INFINITY] of turns) {
      const program = this.programs[index] as Live;
      const end = program.trace.length + requests;
      while (program.state === "going" && program.trace.length < end) {
        program.waiting.shift()?.();
        await this.#settle(program);
        if (program.trace.length > 800) this.fail("it never ends");
      }
    }
  }

  /** Runs a command to its end, or to its death. */
  async alone(line: string, fates: Readonly<Record<number, Fate>> = {}): Promise<Program> {
    const program = this.add(line, fates);
    await this.play([[this.programs.length - 1]]);
    return program;
  }

  /** Runs commands that must succeed, and watches what follows. */
  async after(...lines: readonly string[]): Promise<this> {
    for (const line of lines) if ((await this.alone(line)).run?.code !== 0) this.fail(`${line} fails`);
    this.watch.check();
    this.programs.splice(0);
    return this;
  }

  act(act: Act): void {
    this.step++;
    this.notes.push(`act: ${act.name}`);
    this.watch.acting(() => act(this));
  }

  /** Lets time pass, and applies what was delayed until then. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.now + milliseconds;
    const due = this.#later.filter(({ at }) => at <= end);
    this.#later = this.#later.filter(({ at }) => at > end);
    for (const { at, apply } of due) {
      // An act may have let time pass
      this.now = Math.max(this.now, at);
      await apply().catch(() => {});
    }
    this.now = Math.max(this.now, end);
  }

  fail(why: string): never {
    throw new Error(this.told(why));
  }

  /** What happened in this world, for a person who reads a failure. */
  told(why: string): string {
    const runs = this.programs.map(({ line, trace, state, run }) => {
      const requests = trace.map((one, at) => `  ${at + 1} ${one}`);
      return [`${line}: ${state}`, ...requests, run?.stdout, run?.stderr].join("\n");
    });
    return [why, ...this.notes, ...runs].join("\n");
  }

  /** Waits until the program waits for a response, or has ended. */
  async #settle(program: Live): Promise<void> {
    const start = performance.now();
    do {
      await new Promise(setImmediate);
      if (program.state !== "going" || program.waiting.length > 0) return;
    } while (performance.now() - start < hang);
    this.fail(`${program.line} hangs`);
  }

  async #request(asked: Asked, next: () => Promise<unknown>): Promise<unknown> {
    const program = current.getStore();
    if (!program) return next();
    if (program.state !== "going") return never();
    program.trace.push(`${asked.call} ${asked.at}${asked.dryRun ? " (dry run)" : ""}`);
    const drawn = program.fates.get(program.trace.length);
    const fate = this.isClusterKnown && drawn === "forbidden" && asked.at === "namespace kube-system" ? undefined : drawn;
    if (fate) this.notes.push(`${fate}: ${program.trace.at(-1)}`);
    try {
      return await this.#answer(fate, program, asked, next);
    } finally {
      if (program.state === "going") await new Promise<void>((go) => program.waiting.push(go));
      if (program.state !== "going") await never();
    }
  }

  #answer(fate: Fate | undefined, program: Live, asked: Asked, next: () => Promise<unknown>): Promise<unknown> {
    if (fate === "stale" || fate === "staler") return this.#lagged(fate, asked, () => this.#perform(program, asked, next));
    return fate ? this.#meet(fate, program, asked, next) : this.#perform(program, asked, next);
  }

  async #perform(program: Program, asked: Asked, next: () => Promise<unknown>): Promise<unknown> {
    this.step++;
    if (asked.writes && !asked.dryRun) this.#remember(asked.port);
    if (/^put(ScopeMap|Token)$/.test(asked.call)) this.#noteTime(asked.at);
    if (/^(token|applications)$/.test(asked.call)) program.looked = this.step;
    const { until = 0, answer } = this.#lag ?? {};
    if (answer && asked.port === "azure" && !asked.writes && this.now < until) return answer(() => this.watch.around(program, asked, next));
    if (asked.call === "list" && asked.at.startsWith("secret")) {
      program.listed = this.step;
      program.lists.push(this.step);
    }
    return this.watch.around(program, asked, next);
  }

  /** When a token or its scope map was created or changed. */
  #noteTime(of: string): void {
    const at = new Date(this.now + this.azureAhead).toISOString();
    const { times } = this.world.azure;
    times.set(of, { madeAt: times.get(of)?.madeAt ?? at, changedAt: at });
  }

  #remember(port: Asked["port"]): void {
    if (port === "registry") return;
    const { rows } = this.world.cluster;
    const { tokens, scopeMaps, directory, identities } = this.world.azure;
    const { applications, principals, assignments } = directory;
    const stores = port === "cluster" ? [rows] : [tokens, scopeMaps, identities.all, applications, principals, assignments];
    this.#past[port].unshift({ at: this.now, answer: remember(stores as Parameters<typeof remember>[0]) });
  }

  /** Answers a read as before one of the last writes. Others' writes are none of them. */
  #lagged(fate: Fate, { port, writes }: Asked, read: () => Promise<unknown>): Promise<unknown> {
    if (port === "registry" || writes) return read();
    const recent = this.#past[port].filter(({ at }) => at > this.now - longestLag);
    const past = recent[fate === "stale" ? 0 : Math.min(3, recent.length - 1)];
    if (!past) return read();
    if (port === "cluster") return past.answer(read);
    this.#lag = { until: this.now + longestLag, answer: past.answer };
    return read();
  }

  async #meet(fate: Fate, program: Live, asked: Asked, next: () => Promise<unknown>): Promise<unknown> {
    const perform = () => this.#perform(program, asked, next);
    if (fate.endsWith("delayed") && asked.writes) this.#later = [...this.#later, { at: this.now + delay, apply: perform }];
    if (fate.startsWith("kill")) {
      program.state = "killed";
      return fate === "kill after" ? perform().then(never, never) : never();
    }
    if (fate.startsWith("interrupted")) program.interrupt();
    if (fate === "interrupted") return perform();
    if (fate.endsWith("lost")) await perform().catch(() => {});
    if (asked.port === "registry") return registryFailure(asked.call);
    throw errorOf(fate);
  }
}
