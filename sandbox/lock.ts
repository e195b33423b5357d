import { once } from "node:events";
import { unlink } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * Runs `work` while no other process does so for the same `path`. The process that listens on the unix socket has the lock. A process that
 * ends for any reason no longer listens. In a rare race two processes get the lock, so `work` must tolerate that.
 *
 * @param waiting called when another process has the lock
 */
export async function exclusively<T>(path: string, waiting: () => void, work: () => Promise<T>): Promise<T> {
  const waiters = new Set<Socket>();
  const server = createServer((waiter) => waiters.add(waiter.on("error", () => {})));
  while (!(await listens(server, path))) {
    if (await closes(path, waiting)) continue;
    await unlink(path).catch(() => {}); // left by a killed process
  }
  try {
    return await work();
  } finally {
    server.close();
    for (const waiter of waiters) waiter.destroy();
  }
}

async function listens(server: Server, path: string): Promise<boolean> {
  try {
    await once(server.listen(path), "listening");
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return false;
    throw error;
  }
}

/** Waits until the listener at `path` closes. Returns false if no process listens. */
async function closes(path: string, waiting: () => void): Promise<boolean> {
  const socket = connect(path);
  const closed = new Promise<void>((resolve) => socket.resume().once("close", () => resolve()));
  try {
    await once(socket, "connect");
  } catch {
    return false;
  }
  socket.on("error", () => {}); // a killed listener resets the connection, which also releases the lock
  waiting();
  await closed;
  return true;
}
