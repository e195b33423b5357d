import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { guardedFolder } from "../../../sandbox/guard.ts";
import type { Entry } from "../../../sandbox/tar.ts";
import { type Architecture, debianPackages, unpackDebian } from "./debian.ts";

/** Where Debian has libraries, and the loader that a program asks for by its full path. */
const libraries: Readonly<Record<Architecture, { readonly folder: string; readonly loader: string }>> = {
  amd64: { folder: "usr/lib/x86_64-linux-gnu", loader: "lib64/ld-linux-x86-64.so.2" },
  arm64: { folder: "usr/lib/aarch64-linux-gnu", loader: "lib/ld-linux-aarch64.so.1" },
};

/** What Node is linked to. */
const linked = ["libatomic.so.1", "libc.so.6", "libdl.so.2", "libgcc_s.so.1", "libm.so.6", "libpthread.so.0", "libstdc++.so.6"];

/** Nobody in particular: the number that minimal images have in common. */
export const nonroot = 65532;

/** The files of the image that are not ours: the C and C++ libraries, the authorities that browsers trust, and a user without rights. */
export async function baseEntries(architecture: Architecture): Promise<Entry[]> {
  const work = await guardedFolder("acr-secret-base-");
  try {
    await unpackDebian(architecture, work.path);
    const read = (path: string) => readFile(join(work.path, path));
    const { folder, loader } = libraries[architecture];
    const found = await Promise.all(linked.map(async (name) => ({ name: `${folder}/${name}`, content: await read(`${folder}/${name}`) })));
    const program = await read(`${folder}/${loader.slice(loader.lastIndexOf("/") + 1)}`);
    const copyrights = debianPackages.map(({ name }) => `usr/share/doc/${name}/copyright`);
    return [
      { name: "tmp/", content: Buffer.alloc(0), mode: 0o1777 },
      {
        name: "etc/passwd",
        content: Buffer.from(`root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:${nonroot}:${nonroot}::/tmp:/sbin/nologin\n`),
      },
      { name: "etc/group", content: Buffer.from(`root:x:0:\nnonroot:x:${nonroot}:\n`) },
      { name: "etc/nsswitch.conf", content: Buffer.from("hosts: files dns\n") },
      { name: "etc/ssl/certs/ca-certificates.crt", content: await authorities(join(work.path, "usr/share/ca-certificates/mozilla")) },
      { name: loader, content: program, mode: 0o755 },
      ...found,
      ...(await Promise.all(copyrights.filter(notLinked).map(async (name) => ({ name, content: await read(name) })))),
    ];
  } finally {
    await work.remove();
  }
}

/** The compiler's libraries share one copyright, which lies in a package of its own. */
const notLinked = (path: string) => !/lib(atomic1|gcc-s1|stdc\+\+6)/.test(path);

/** As update-ca-certificates puts them together. */
async function authorities(folder: string): Promise<Buffer> {
  const names = (await readdir(folder)).sort();
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))));
}
