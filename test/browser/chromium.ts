import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { chromiumPath } from "../../scripts/prepare.ts";

const flags = [
  ..."headless no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-component-update".split(" "),
  ..."disable-sync hide-scrollbars remote-debugging-pipe".split(" "),
];

type View = {
  readonly width: number;
  readonly height: number;
  readonly scheme: "light" | "dark";
  readonly media?: "print";
};

/** A tab of a browser. */
export type Tab = {
  /** Opens a page, and waits until it is loaded. */
  open(url: string): Promise<void>;
  look(view: View): Promise<void>;
  /** Runs a script in the page, even if the page's policy forbids scripts. @returns its value, or that of its promise */
  evaluate(script: string): Promise<unknown>;
};

/** Runs a headless Chromium with a new profile. It is controlled through a pipe (Chrome DevTools Protocol). */
export async function withChromium<T>(work: (tab: Tab) => Promise<T>): Promise<T> {
  const profile = await mkdtemp(join(tmpdir(), "acr-secret-chromium-"));
  const stdio = ["ignore", "ignore", "ignore", "pipe", "pipe"] as const;
  const child = spawn(chromiumPath, [...flags.map((flag) => `--${flag}`), `--user-data-dir=${profile}`, "about:blank"], {
    stdio: [...stdio],
  });
  const ended = once(child, "exit");
  try {
    return await work(await tabOf(connect(child.stdio[3] as Writable, child.stdio[4] as Readable)));
  } finally {
    child.kill("SIGKILL");
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

type Answer = { readonly id?: number; readonly method?: string; readonly result?: unknown; readonly error?: { readonly message: string } };
type Connection = ReturnType<typeof connect>;

function connect(to: Writable, from: Readable) {
  const pending = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  const events = new Map<string, () => void>();
  let rest = "";
  let id = 0;
  from.setEncoding("utf8").on("data", (text: string) => {
    const messages = (rest + text).split("\0");
    rest = messages.pop() ?? "";
    for (const message of messages) receive(JSON.parse(message));
  });
  from.on("end", () => {
    for (const { reject } of pending.values()) reject(new Error("chromium has ended"));
  });
  const receive = (answer: Answer) => {
    const waiting = pending.get(answer.id ?? 0);
    pending.delete(answer.id ?? 0);
    if (answer.error) waiting?.reject(new Error(answer.error.message));
    else waiting?.resolve(answer.result);
    events.get(answer.method ?? "")?.();
  };
  return {
    call<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
      to.write(`${JSON.stringify({ id: ++id, method, params, sessionId })}\0`);
      return new Promise((resolve, reject) => pending.set(id, { resolve: (result) => resolve(result as T), reject }));
    },
    event: (method: string) => new Promise<void>((resolve) => events.set(method, resolve)),
  };
}

async function tabOf({ call, event }: Connection): Promise<Tab> {
  const { targetId } = await call<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await call<{ sessionId: string }>("Target.attachToTarget", { targetId, flatten: true });
  const ask = <T>(method: string, params: object = {}) => call<T>(method, params, sessionId);
  await ask("Page.enable");
  return {
    async open(url) {
      const loaded = event("Page.loadEventFired");
      await ask("Page.navigate", { url });
      await loaded;
    },
    async look({ width, height, scheme, media = "" }) {
      await ask("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
      await ask("Emulation.setEmulatedMedia", { media, features: [{ name: "prefers-color-scheme", value: scheme }] });
    },
    async evaluate(expression) {
      const answer = await ask<{ result: { value: unknown }; exceptionDetails?: { text: string; exception?: { description?: string } } }>(
        "Runtime.evaluate",
        { expression, awaitPromise: true, returnByValue: true },
      );
      const failure = answer.exceptionDetails;
      if (failure) throw new Error(failure.exception?.description ?? failure.text);
      return answer.result.value;
    },
  };
}
