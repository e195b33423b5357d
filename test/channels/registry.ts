import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";
import { text } from "node:stream/consumers";

/** The package.json of a version of a package, with the fields that the registry adds. */
export type Published = { readonly name: string; readonly version: string; readonly dist?: object };

/** The body of `npm publish`. */
type Publication = { readonly versions: Record<string, Published>; readonly _attachments: Record<string, { readonly data: string }> };

/** An npm registry on loopback with the requests of `npm publish` and `npm install` (github.com/npm/registry docs/REGISTRY-API.md). */
export type Registry = {
  readonly address: string;
  /** The downloaded tarballs by file name, in order. */
  readonly fetched: string[];
  /** Adds packages with only their metadata, as if they were published. */
  know(...versions: Published[]): void;
  stop(): Promise<void>;
};

export async function startRegistry(): Promise<Registry> {
  const versions = new Map<string, Record<string, Published>>();
  const tarballs = new Map<string, Buffer>();
  const fetched: string[] = [];
  const add = (one: Published) => void versions.set(one.name, { ...versions.get(one.name), [one.version]: one });

  /** Stores the body of `npm publish`. */
  async function take(request: IncomingMessage): Promise<void> {
    const { versions: sent, _attachments: files }: Publication = JSON.parse(await text(request));
    for (const [name, { data }] of Object.entries(files)) tarballs.set(basename(name), Buffer.from(data, "base64"));
    for (const one of Object.values(sent))
      add({ ...one, dist: { ...one.dist, tarball: `${address}/${one.name}/-/${basename(one.name)}-${one.version}.tgz` } });
  }

  /** Returns the content of a path: a tarball, or all versions of a package. */
  function answer(path: string): Buffer | string | undefined {
    if (path.endsWith(".tgz")) {
      fetched.push(basename(path));
      return tarballs.get(basename(path));
    }
    const known = versions.get(path);
    return known && JSON.stringify({ name: path, versions: known, "dist-tags": { latest: Object.keys(known).at(-1) } });
  }

  const server = createServer(async (request, response) => {
    if (request.method === "PUT") {
      await take(request);
      response.writeHead(201).end("{}");
      return;
    }
    const found = answer(decodeURIComponent(request.url?.slice(1) ?? ""));
    response.writeHead(found ? 200 : 404).end(found ?? "{}");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    fetched,
    know: (...all) => all.forEach(add),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
