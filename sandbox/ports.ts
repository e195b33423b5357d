import { once } from "node:events";
import { createServer } from "node:net";

/** Returns a free TCP port of 127.0.0.1. Another program may take it first, so be ready to request another one. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("a TCP server without a port");
  return address.port;
}
