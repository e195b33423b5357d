import { once } from "node:events";
import { unlink } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * Does `work` while no other process does so for the same `path`: whoever listens on the unix socket there has the lock,
 * and a process that dies, however it dies, listens no longer. In a rare race two may have it; what they do must bear that.
 *
 * @param waiting called when another process has the lock
 */
export async function exclusively<T>(path: string, waiting: () => void, work: () => Promise<T>): Promise<T> {
  const waiters = new Set<Socket>();
  const server = createServer((waiter) => waiters.add(waiter.on("error", () => {})));
  while (!(await listens(server, path))) {
    if (await closes(path, waiting)) continue;
    await unlink(path).catch(() => {}); // left behind by one that was killed
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

/** Waits until the listener at `path` goes; false if there was none. */
async function closes(path: string, waiting: () => void): Promise<boolean> {
  const socket = connect(path);
  const closed = new Promise<void>((resolve) => socket.resume().once("close", () => resolve()));
  try {
    await once(socket, "connect");
  } catch {
    return false;
  }
  socket.on("error", () => {}); // a listener that is killed resets the connection: it is gone as well
  waiting();
  await closed;
  return true;
}
