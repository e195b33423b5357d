import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { guardedFolder } from "../../../sandbox/guard.ts";
import type { Entry } from "../../../sandbox/tar.ts";
import { type Architecture, debianPackages, unpackDebian } from "./debian.ts";

/** Debian's folder of libraries, and the path of the loader that a program names. */
const libraries: Readonly<Record<Architecture, { readonly folder: string; readonly loader: string }>> = {
  amd64: { folder: "usr/lib/x86_64-linux-gnu", loader: "lib64/ld-linux-x86-64.so.2" },
  arm64: { folder: "usr/lib/aarch64-linux-gnu", loader: "lib/ld-linux-aarch64.so.1" },
};

/** The libraries that Node is linked to. */
const linked = ["libatomic.so.1", "libc.so.6", "libdl.so.2", "libgcc_s.so.1", "libm.so.6", "libpthread.so.0", "libstdc++.so.6"];

/** The user id that minimal images use for an unprivileged user. */
export const nonroot = 65532;

/** Returns the third-party files of the image: the C and C++ libraries, the CAs that browsers trust, and an unprivileged user. */
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

/** The compiler's libraries share one copyright file, which is in a separate package. */
const notLinked = (path: string) => !/lib(atomic1|gcc-s1|stdc\+\+6)/.test(path);

/** Joins the CA certificates like update-ca-certificates. */
async function authorities(folder: string): Promise<Buffer> {
  const names = (await readdir(folder)).sort();
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))));
}
