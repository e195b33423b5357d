import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { binaries } from "../../sandbox/binaries.ts";
import { guardedFolder } from "../../sandbox/guard.ts";
import { download, findReleases, type Publishers } from "../../sandbox/releases.ts";
import { tar } from "../../sandbox/tar.ts";

const os = process.platform;
const arch = process.arch === "x64" ? "amd64" : process.arch;
const goMod = `
	go.etcd.io/etcd/server/v3 v3.7.0 // indirect
	k8s.io/kubernetes v1.37.2
	github.com/distribution/distribution/v3 v3.1.2 // indirect
	github.com/google/go-containerregistry v0.22.1 // indirect
`;

const etcd = `etcd-v3.7.0-${os}-${arch}`;
const kubectlPath = `/release/v1.37.2/bin/${os}/${arch}/kubectl`;
const etcdPath = `/etcd-io/etcd/releases/download/v3.7.0/${etcd}.tar.gz`;
const registryPath = `/distribution/distribution/releases/download/v3.1.2/registry_3.1.2_${os}_${arch}.tar.gz`;
const craneName = `go-containerregistry_${os === "darwin" ? "Darwin" : "Linux"}_${arch === "amd64" ? "x86_64" : arch}.tar.gz`;
const cranePath = `/google/go-containerregistry/releases/download/v0.22.1/${craneName}`;

const script = Buffer.from("#!/bin/sh\necho downloaded\n");
const archive = (name: string) =>
  gzipSync(
    tar([
      { name: "LICENSE", content: Buffer.from("MIT") },
      { name, content: script },
    ]),
  );
const sum = (content: Buffer) => createHash("sha256").update(content).digest("hex");
const lines = (name: string, content: Buffer) => Buffer.from(`${"0".repeat(64)}  another.tar.gz\n${sum(content)}  ${name}\n`);

const etcdArchive = archive(`${etcd}/etcd`);
const registryArchive = archive("registry");
const craneArchive = archive("crane");

type Answer = Buffer | "silence" | "half";
const good: Readonly<Record<string, Answer>> = {
  [kubectlPath]: script,
  [`${kubectlPath}.sha256`]: Buffer.from(sum(script)),
  [etcdPath]: etcdArchive,
  [join(dirname(etcdPath), "SHA256SUMS")]: lines(`${etcd}.tar.gz`, etcdArchive),
  [registryPath]: registryArchive,
  [`${registryPath}.sha256`]: Buffer.from(`${sum(registryArchive)} *registry_3.1.2_${os}_${arch}.tar.gz\n`),
  [cranePath]: craneArchive,
  [join(dirname(cranePath), "checksums.txt")]: lines(craneName, craneArchive),
};

/** Starts a publisher on loopback. It answers other paths with 404. */
async function publish(answers: Readonly<Record<string, Answer>>): Promise<{ from: Publishers; requests: string[] }> {
  const requests: string[] = [];
  const server = createServer(({ url = "" }, response) => {
    requests.push(url);
    const answer = answers[url];
    if (answer === "silence") return;
    if (answer === "half") {
      response.writeHead(200, { "content-length": script.length });
      response.write(script.subarray(0, 10), () => response.destroy());
      return;
    }
    response.writeHead(answer ? 200 : 404).end(answer ?? "<h1>Not found</h1>");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { from: { kubernetes: url, github: url }, requests };
}

async function newFolder(): Promise<string> {
  const folder = await guardedFolder("releases-test-");
  onTestFinished(folder.remove);
  return folder.path;
}

/** Finds and downloads programs. Returns the printed lines that stay, and the files. */
async function get(program: string, answers: Readonly<Record<string, Answer>>) {
  const { from } = await publish(answers);
  const into = await newFolder();
  const kept: string[] = [];
  const releases = await findReleases([program], goMod, from);
  await download(releases, { into, progress: (line, stays) => stays && kept.push(line.replace(from.github, "")) });
  return { found: releases.length, kept, files: await readdir(into), into };
}

test.for(["kubectl", "etcd", "registry", "crane"])("downloads %s if it has the published checksum", async (program) => {
  const { kept, files, into } = await get(program, good);

  expect({ kept, files }).toEqual({ kept: [], files: [program] });
  expect((await promisify(execFile)(join(into, program))).stdout).toBe("downloaded\n");
});

test.for<{ when: string; program: string; answers: Record<string, Answer>; kept?: RegExp }>([
  { when: "its publisher serves no checksum", program: "kubectl", answers: { [kubectlPath]: script } },
  { when: "the checksums lack its name", program: "etcd", answers: { [join(dirname(etcdPath), "SHA256SUMS")]: lines("x", script) } },
  { when: "no module pins its version", program: "oras", answers: {} },
  {
    when: "its checksum is wrong",
    program: "kubectl",
    answers: { [kubectlPath]: Buffer.from("#!/bin/sh\necho evil\n") },
    kept: /^kubectl is built from source: .*kubectl does not have the checksum that its publisher serves$/,
  },
  {
    when: "the checksum of its archive is wrong",
    program: "crane",
    answers: { [cranePath]: registryArchive },
    kept: /^crane is built from source: .* does not have the checksum that its publisher serves$/,
  },
  {
    when: "it is empty",
    program: "registry",
    answers: { [registryPath]: Buffer.alloc(0) },
    kept: /^registry is built from source: .* does not have the checksum/,
  },
  { when: "the connection breaks", program: "kubectl", answers: { [kubectlPath]: "half" }, kept: /^kubectl is built from source: / },
  {
    when: "its archive is truncated",
    program: "registry",
    answers: {
      [registryPath]: registryArchive.subarray(0, 40),
      [`${registryPath}.sha256`]: Buffer.from(sum(registryArchive.subarray(0, 40))),
    },
    kept: /^registry is built from source: Command failed: tar /,
  },
])("leaves out a program if $when", async ({ program, answers, kept }) => {
  const withChecksums = kept ? { ...good, ...answers } : answers;

  const got = await get(program, withChecksums);

  expect(got.found).toBe(kept ? 1 : 0);
  expect(got.files).toEqual([]);
  expect(got.kept).toEqual(kept ? [expect.stringMatching(kept)] : []);
});

test("says that a program is built if its publisher lost it", async () => {
  const { [cranePath]: _, ...answers } = good;

  expect((await get("crane", answers)).kept).toEqual([`crane is built from source: ${cranePath} answered 404`]);
});

test("waits two seconds for all publishers together, and not for a refused connection", async () => {
  const { from } = await publish({ [`${kubectlPath}.sha256`]: "silence", [`${registryPath}.sha256`]: "silence" });
  const start = performance.now();
  expect(await findReleases(["kubectl", "registry"], goMod, from)).toEqual([]);
  const end = performance.now();
  expect(end - start).toBeGreaterThan(1900);
  expect(end - start).toBeLessThan(6000);

  const refused = { kubernetes: "http://127.0.0.1:1", github: "http://127.0.0.1:1" };
  expect(await findReleases(["kubectl", "registry"], goMod, refused)).toEqual([]);
  expect(performance.now() - end).toBeLessThan(1500);
});

/** Adds a `go` that builds scripts and records its commands, each with the programs that it builds. */
async function fakeGo() {
  const folder = await newFolder();
  const go = `case $1 in
  env) printf 'go1.26.8\\nlinux\\namd64\\n' ;;
  build) into=$4; mkdir -p $into; shift 7; for path; do built="$built \${path##*/}"; echo built >$into\${path##*/}; chmod 755 $into*; done; set build ;;
esac
echo $1$built >>${folder}/calls`;
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "bin/go"), `#!/bin/sh\n${go}\n`, { mode: 0o755 });
  const env = { PATH: `${folder}/bin:/usr/bin:/bin`, XDG_CACHE_HOME: join(folder, "cache") };
  return { env, calls: async () => (await readFile(join(folder, "calls"), "utf8")).trim().split("\n") };
}

test("builds nothing that was downloaded, and asks no publisher once the programs are in the cache", async () => {
  const { from, requests } = await publish(good);
  const { env, calls } = await fakeGo();

  const { program, folder } = await binaries({ need: ["registry", "crane"], env, from });

  expect(await readFile(program("crane"), "utf8")).toBe(script.toString());
  expect(await readdir(folder)).toEqual(["crane", "registry"]);
  expect(await calls()).toEqual(["env"]);

  const before = requests.length;
  await binaries({ need: ["registry", "crane"], env, from });
  expect(requests).toHaveLength(before);
});

test("builds a program whose checksum is wrong, and says so", async () => {
  const { from } = await publish({ ...good, [cranePath]: registryArchive });
  const { env, calls } = await fakeGo();
  const kept: string[] = [];

  const { program } = await binaries({ need: ["registry", "crane"], env, from, progress: (line, stays) => stays && kept.push(line) });

  expect(await readFile(program("crane"), "utf8")).toBe("built\n");
  expect(kept).toEqual([expect.stringMatching(/^crane is built from source: .* does not have the checksum/)]);
  expect(await calls()).toEqual(["env", "list", "build crane"]);
});

test("builds only the programs that are needed, and another one when it is needed", async () => {
  const { from } = await publish({});
  const { env, calls } = await fakeGo();

  await binaries({ need: ["kubectl", "kube-apiserver"], env, from });
  const { folder } = await binaries({ need: ["kubectl", "kubelet"], env, from });

  expect(await calls()).toEqual(["env", "list", "build kube-apiserver kubectl", "env", "list", "build kubelet"]);
  expect(await readdir(folder)).toEqual(["kube-apiserver", "kubectl", "kubelet"]);
});
