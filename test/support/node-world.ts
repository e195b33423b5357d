import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { DataCall } from "../../sandbox/azure/calls.ts";
import type { AzureEmulator } from "../../sandbox/azure/emulator.ts";
import type { Replicated } from "../../sandbox/azure/faults.ts";
import { programLayer } from "../../sandbox/tar.ts";

/** The operations of node tests on the registries, which run in the process that started them. */
export type NodeWorld = {
  /** Pushes an image whose program waits, exits at once with success, or is a static program in a file. @returns its digest */
  push(image: string, program: "waits" | "ends" | `/${string}`): Promise<string>;
  /** Creates a token of myregistry that may pull these repositories. @returns its password */
  addToken(name: string, repositories: readonly string[]): Promise<string>;
  dataPlane(): Promise<readonly DataCall[]>;
  /** Forgets the calls that dataPlane has returned. */
  forgetCalls(): Promise<void>;
  /** Delays the replication of passwords of tokens or applications whose names contain `name`. */
  delay(of: Replicated, milliseconds: number, name: string): Promise<void>;
};

/** Serves a world on a unix socket for the processes that run the tests. */
export async function serveWorld(world: NodeWorld, socket: string): Promise<() => Promise<void>> {
  const server = createServer(async (ask, answer) => {
    try {
      let text = "";
      for await (const chunk of ask.setEncoding("utf8")) text += chunk;
      const method = ask.url?.slice(1) as keyof NodeWorld;
      const call = world[method] as (...args: unknown[]) => Promise<unknown>;
      answer.end(JSON.stringify((await call(...JSON.parse(text))) ?? null));
    } catch (error) {
      answer.writeHead(500).end(String(error));
    }
  });
  await once(server.listen(socket), "listening");
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}

/** Returns the world that `serveWorld` serves. */
export function reachWorld(socket: string): NodeWorld {
  const call =
    (method: string) =>
    async (...args: unknown[]) => {
      const ask = request({ socketPath: socket, path: `/${method}`, method: "POST" });
      ask.end(JSON.stringify(args));
      const [answer] = await once(ask, "response");
      let text = "";
      for await (const chunk of answer.setEncoding("utf8")) text += chunk;
      if (answer.statusCode !== 200) throw new Error(`${method}: ${text}`);
      return JSON.parse(text);
    };
  return {
    push: call("push"),
    addToken: call("addToken"),
    dataPlane: call("dataPlane"),
    forgetCalls: call("forgetCalls"),
    delay: call("delay"),
  };
}

/** Returns the world of an emulated Azure. `pause` is a static program that waits for a signal. */
export function worldOf(azure: AzureEmulator, pause: Buffer): NodeWorld {
  const programs: Readonly<Record<string, Buffer>> = { waits: pause, ends: exitProgram };
  return {
    async push(image, program) {
      // Each image has a layer of its own. Otherwise a node that has another image would not fetch it
      const layer = programLayer("program", Buffer.concat([programs[program] ?? (await readFile(program)), Buffer.from(image)]));
      return azure.push(image, { layer, entrypoint: ["/program"] });
    },
    async addToken(name, repositories) {
      const registry = azure.world.registries[0];
      if (!registry) throw new Error("there is no registry");
      const creationDate = new Date().toISOString();
      const actions = repositories.flatMap((repository) => [`repositories/${repository}/content/read`]);
      registry.scopeMaps.push({ name, description: "", system: false, creationDate, actions });
      const scopeMapId = `/subscriptions/${registry.subscriptionId}/resourceGroups/${registry.resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${registry.name}/scopeMaps/${name}`;
      const value = `password-of-${name}`;
      const passwords = { password1: { value, creationTime: creationDate, since: 0 } };
      registry.tokens.push({ name, creationDate, status: "enabled", scopeMapId, passwords });
      return value;
    },
    dataPlane: async () => azure.calls.dataPlane(),
    forgetCalls: async () => azure.calls.reset(),
    delay: async (of, milliseconds, name) => void azure.faults.add({ kind: "replication", of, milliseconds, name: new RegExp(name) }),
  };
}

/** A Linux program for x86-64 that only calls exit(0): an ELF header, one segment to load, three instructions. */
const exitProgram = (() => {
  const code = Buffer.from([0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05]); // mov eax, 60; xor edi, edi; syscall
  const headers = 64 + 56;
  const base = 0x400000n;
  const file = Buffer.alloc(headers + code.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // ELF, 64 bits, little endian, version 1
  file.writeUInt16LE(2, 16); // an executable
  file.writeUInt16LE(62, 18); // x86-64
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(base + BigInt(headers), 24); // entry point
  file.writeBigUInt64LE(64n, 32); // offset of the program header
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt32LE(1, 64); // load
  file.writeUInt32LE(5, 68); // readable and executable
  file.writeBigUInt64LE(base, 80);
  file.writeBigUInt64LE(base, 88);
  file.writeBigUInt64LE(BigInt(file.length), 96);
  file.writeBigUInt64LE(BigInt(file.length), 104);
  file.writeBigUInt64LE(0x1000n, 112);
  file.set(code, headers);
  return file;
})();
